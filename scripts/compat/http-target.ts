import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createHttp, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createSecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { WebSocketServer } from '../../protocols/http/test/ws.ts';
import { startGitTarget } from './git-target.ts';

const pem = (name: string): Buffer => readFileSync(new URL(`../../test-fixtures/certificates/${name}`, import.meta.url));
const CUSTOMER = { id: 7, name: 'Ada', email: 'ada@example.com' };
const BLOCK = Buffer.alloc(1 << 16, 'a');
/** A page that asks over a WebSocket, and shows what it is told. */
const PAGE = `<!doctype html><title>shop</title><p id="said"></p><script>
const socket = new WebSocket(location.href.replace('http', 'ws').replace('/page', '/socket'));
socket.onopen = () => socket.send('to ada@example.com');
socket.onmessage = ({ data }) => { document.getElementById('said').textContent = data; };
socket.onerror = () => { document.getElementById('said').textContent = 'failed'; };
</script>`;

export interface HttpTarget {
  readonly http: number;
  /** HTTP/2 and HTTP/1.1. */
  readonly https: number;
  stop(): Promise<void>;
}

/**
 * A server that does what clients of HTTP ask servers for; it wants its own key.
 *
 * @param key as a bearer token, GitHub's or Basic's.
 * @param scheme by which clients reach what is served as plain HTTP.
 */
export async function startHttpTarget(key: string, scheme: 'http' | 'https' = 'http'): Promise<HttpTarget> {
  const repository = await startGitTarget(scheme);
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    if (letsIn(request, key) && request.url?.startsWith('/git/') === true)
      repository.serve(request, response).catch(() => response.destroy());
    else if (letsIn(request, key)) serve(request, response);
    else response.writeHead(401, { 'www-authenticate': 'Basic realm="target"' }).end('who?');
  };
  const plain = createHttp(answer);
  const secure = createSecureServer({ allowHTTP1: true, cert: pem('localhost.pem'), key: pem('localhost.key') }, (request, response) =>
    answer(request as unknown as IncomingMessage, response as unknown as ServerResponse),
  ) as unknown as Server;
  const sockets = new WebSocketServer({ server: plain, path: '/socket' });
  sockets.on('connection', (socket) => socket.on('message', (data, binary) => socket.send(data, { binary })));
  for (const server of [plain, secure]) await once(server.listen(0, '127.0.0.1'), 'listening');
  const portOf = (server: Server): number => (server.address() as AddressInfo).port;
  return {
    http: portOf(plain),
    https: portOf(secure),
    async stop() {
      sockets.close();
      plain.close();
      plain.closeAllConnections();
      secure.close();
      await repository.stop();
    },
  };
}

function letsIn({ headers, url }: IncomingMessage, key: string): boolean {
  const { authorization = '' } = headers;
  const basic = Buffer.from(authorization.replace(/^basic /i, ''), 'base64').toString();
  // Browsers ask for an icon without being told to.
  return url === '/favicon.ico' || /^(?:bearer|token) (.*)$/i.exec(authorization)?.[1] === key || basic.endsWith(`:${key}`);
}

function serve(request: IncomingMessage, response: ServerResponse): void {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://x');
  const pages: Readonly<Record<string, () => unknown>> = {
    '/page': () => response.writeHead(200, { 'content-type': 'text/html' }).end(PAGE),
    '/large': () => large(request, response, Number(searchParams.get('bytes'))),
    '/upload': () => upload(request, response),
    '/events': () => events(response),
    '/packed': () =>
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(gzipSync(JSON.stringify(CUSTOMER))),
    '/missing': () => response.writeHead(404).end(),
    '/api/v3/repos/shop/web/pulls/1/merge': () => json(response, { merged: request.method === 'PUT' }),
    '/api/v3/repos/shop/web': () => json(response, { full_name: 'shop/web', owner: { login: 'shop' } }),
    '/api/graphql': () => json(response, { data: { viewer: { login: 'shop-bot' } } }),
  };
  (pages[pathname] ?? (() => json(response, CUSTOMER)))();
}

function events(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (let each = 1; each <= 5; each += 1) {
    setTimeout(() => response.write(`data: ${each}\n\n`, () => each === 5 && response.end()), each * 50);
  }
}

function json(response: ServerResponse, value: object): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

/** Bytes, or the range of them that is asked for. */
function large({ headers }: IncomingMessage, response: ServerResponse, bytes: number): void {
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '') ?? [];
  const [start, end] = [Number(from ?? 0), to === undefined || to === '' ? bytes - 1 : Number(to)];
  const head = { 'content-type': 'application/octet-stream', 'content-length': end - start + 1, 'accept-ranges': 'bytes' };
  if (from === undefined) response.writeHead(200, head);
  else response.writeHead(206, { ...head, 'content-range': `bytes ${start}-${end}/${bytes}` });
  let left = end - start + 1;
  const more = (): void => {
    while (left > 0) {
      const block = BLOCK.subarray(0, left);
      left -= block.length;
      if (!response.write(block)) return void response.once('drain', more);
    }
    response.end();
  };
  more();
}

function upload(request: IncomingMessage, response: ServerResponse): void {
  const digest = createHash('sha256');
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    digest.update(chunk);
    bytes += chunk.length;
  });
  request.on('end', () => json(response, { bytes, sha256: digest.digest('hex') }));
}
