import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { Api } from './api.ts';

let server: Server | undefined;

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function apiTo(answer: RequestListener): Promise<Api> {
  server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return new Api(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, 'sp_test');
}

test('the token goes along and JSON comes back', async () => {
  const api = await apiTo((request, response) => {
    request.setEncoding('utf8').once('data', (body: string) => {
      response.end(JSON.stringify({ method: request.method, url: request.url, authorization: request.headers.authorization, body }));
    });
  });
  await expect(api.post('/api/v1/connect', { target: 'db' })).resolves.toEqual({
    method: 'POST',
    url: '/api/v1/connect',
    authorization: 'Bearer sp_test',
    body: '{"target":"db"}',
  });
});

test.each([
  [403, '{"error":{"code":"self_approval","message":"Not your own."}}', { code: 'self_approval', message: 'Not your own.', exit: 3 }],
  [404, '{"error":{"code":"not_found","message":"Nothing there."}}', { code: 'not_found', message: 'Nothing there.', exit: 1 }],
  [502, '<html>proxy</html>', { code: 'unreadable', message: 'The gateway answered with HTTP status 502.', exit: 1 }],
])('%d becomes an error with code, sentence and exit code', async (status, body, expected) => {
  const api = await apiTo((_, response) => response.writeHead(status).end(body));
  await expect(api.get('/')).rejects.toMatchObject(expected);
});

test('events are cut at empty lines, however they arrive, and comments are passed over', async () => {
  const stream = ': open\n\ndata: {"n":1}\n\n:\n\ndata: {"n":\ndata: 2}\n\n';
  const api = await apiTo((_, response) => void Readable.from(stream.split('')).pipe(response));
  const seen: unknown[] = [];
  for await (const event of api.events('/', new AbortController().signal)) seen.push(event);
  expect(seen).toEqual([{ n: 1 }, { n: 2 }]);
});

test('an aborted stream ends in peace', async () => {
  const api = await apiTo((_, response) => response.write('data: 1\n\n'));
  const stop = new AbortController();
  const seen: unknown[] = [];
  for await (const event of api.events('/', stop.signal)) {
    seen.push(event);
    stop.abort();
  }
  expect(seen).toEqual([1]);
});

test('nobody there is one sentence', async () => {
  const api = new Api('http://127.0.0.1:1', 'sp_test');
  await expect(api.get('/')).rejects.toThrow(/^No answer from the gateway at http:\/\/127\.0\.0\.1:1 \(ECONNREFUSED\)/);
});
