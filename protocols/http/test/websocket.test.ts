import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { WebSocket, WebSocketServer } from 'ws';
import { masksOf } from './body-masks.ts';
import { findWords } from './find-words.ts';
import { type TestGateway, TOKEN, testGateway, testTarget } from './test-gateway.ts';

const AUTHORISED = { headers: { authorization: `Bearer ${TOKEN}` } };

describe('a WebSocket', () => {
  let target: Awaited<ReturnType<typeof testTarget>>;
  let gateway: TestGateway;

  beforeEach(async () => {
    target = await testTarget((_request, response) =>
      response.writeHead(200, { 'content-type': 'text/plain', 'x-owner': 'ada@example.com' }).end('of ada@example.com'),
    );
    const server = new WebSocketServer({ server: target.server, path: '/chat', perMessageDeflate: true });
    server.on('connection', (socket, request) => {
      socket.send(JSON.stringify({ authorization: request.headers.authorization, extensions: socket.extensions }));
      socket.on('message', (data: Buffer, binary: boolean) => {
        if (String(data) === 'leave') socket.close(1000, 'ask ada@example.com');
        else socket.send(data, { binary });
      });
    });
    gateway = await testGateway(target.port, { textMask: findWords });
  });
  afterEach(async () => {
    target.close();
    await gateway.close();
  });

  const url = (path = '/chat'): string => `ws://127.0.0.1:${gateway.port}${path}`;
  const next = async (socket: WebSocket): Promise<Buffer> => (await once(socket, 'message'))[0] as Buffer;

  test('carries messages both ways, masked and recorded, with the credential of the target', async () => {
    const socket = new WebSocket(url(), AUTHORISED);
    expect(JSON.parse(String(await next(socket)))).toEqual({ authorization: 'Bearer *************', extensions: '' });
    socket.send('to ada@example.com now');
    expect(String(await next(socket))).toBe('to *** now');
    const large = Buffer.alloc(3_000_000, 7);
    socket.send(large);
    expect((await next(socket)).equals(large)).toBe(true);
    socket.ping('there?');
    expect(String((await once(socket, 'pong'))[0])).toBe('there?');
    socket.close(1000, 'done');
    expect((await once(socket, 'close'))[0]).toBe(1000);
    await until(() => gateway.gate.notes.length > 0);
    expect(gateway.gate.commands[0]).toMatchObject({ class: ['read', 'write'], verbs: ['GET', 'WEBSOCKET'], text: 'GET /chat' });
    const texts = (['client', 'target'] as const).map((from) =>
      gateway.gate
        .recorded(from)
        .flatMap((message) => (message.type === 'websocket' && message.opcode === 1 ? [String(message.data)] : [])),
    );
    expect(texts[0]).toEqual(['to *** now']);
    expect(texts[1]?.[1]).toBe('to *** now');
    expect(gateway.gate.notes).toContainEqual(
      expect.objectContaining({ type: 'result', state: 'completed', status: 101, masked: { words: 1 } }),
    );
  });

  test('is refused with a sentence without a token, by a rule, and from a page of another site', async () => {
    const refused = async (options: object, path?: string): Promise<number> => {
      const socket = new WebSocket(url(path), options);
      const [, response] = (await once(socket, 'unexpected-response')) as [unknown, { statusCode: number; resume(): void }];
      response.resume();
      return response.statusCode;
    };
    expect(await refused({})).toBe(401);
    expect(await refused({ headers: { ...AUTHORISED.headers, origin: 'https://evil.example' } })).toBe(403);
    expect(await refused(AUTHORISED, '/other')).toBe(400);
    gateway.gate.rule = () => 'deny';
    expect(await refused(AUTHORISED)).toBe(403);
  });

  test('that the target does not agree to is an answer like others: masked, blanked and recorded', async () => {
    const port = await portWithout();
    const plain = await testGateway(port, { textMask: findWords });
    const request = httpRequest({
      port: plain.port,
      headers: {
        ...AUTHORISED.headers,
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-key': 'x',
        'sec-websocket-version': '13',
      },
    }).end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    expect([response.statusCode, response.headers['x-owner'], await text(response)]).toEqual([200, '***', 'of ***']);
    expect(plain.gate.bodies('target')).toBe('of ***');
    await plain.close();
  });

  test('says why it closes as masked as all else', async () => {
    const socket = new WebSocket(url(), AUTHORISED);
    await next(socket);
    socket.send('leave');
    expect((await once(socket, 'close')).map(String)).toEqual(['1000', 'ask ***']);
  });

  test('is not opened for a page that hides where it is from', async () => {
    const socket = new WebSocket(url(), { headers: { ...AUTHORISED.headers, origin: 'null' } });
    const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage];
    expect(response.resume().statusCode).toBe(403);
  });

  test('is in the record without what places hide, and no cut lets the half of a secret in', async () => {
    const { fields: fieldMasks } = masksOf({ fields: ['$.pin'], method: 'redact' });
    const small = await testGateway(target.port, { textMask: findWords, gate: { fieldMasks }, options: { record_body_kib: 1 } });
    const socket = new WebSocket(`ws://127.0.0.1:${small.port}/chat`, AUTHORISED);
    await next(socket);
    for (const said of [`${'x '.repeat(506)} 4111111111111111`, '{"pin":"9876"}', '{"pin" 9876}']) {
      socket.send(said);
      if (said !== '{"pin" 9876}') await next(socket);
    }
    await until(() => small.gate.recorded('client').filter(({ type }) => type === 'websocket').length >= 3);
    socket.terminate();
    await until(() => small.gate.ends.length > 0);
    const kept = small.gate.recorded('client').flatMap((message) => (message.type === 'websocket' ? [String(message.data)] : []));
    expect(kept.slice(1, 3)).toEqual(['{"pin":"[redacted]"}', '[redacted]']);
    expect(kept.join()).not.toMatch(/4111|9876/);
    await small.close();
  });

  /** Of a server of the same answers that knows no WebSocket. */
  async function portWithout(): Promise<number> {
    target.server.removeAllListeners('upgrade');
    return target.port;
  }

  test('waits for an approval, and ends with the session', async () => {
    gateway.gate.rule = () => 'hold';
    const socket = new WebSocket(url(), AUTHORISED);
    await until(() => gateway.gate.holds.length > 0);
    gateway.gate.holds[0]?.approve();
    await next(socket);
    gateway.gate.ending.abort(new Error('over'));
    expect((await once(socket, 'close'))[0]).toBe(1008);
    await until(() => gateway.gate.ends.length > 0);
  });
});

async function until(what: () => boolean): Promise<void> {
  while (!what()) await new Promise((resolve) => setTimeout(resolve, 5));
}
