import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { createServer as createHttps } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { connect as connectTls, type SecureContextOptions, type TLSSocket } from 'node:tls';
import type { Target } from '@sallyport/core';
import { ProxyAgent, request } from 'undici';
import { WebSocket, WebSocketServer } from 'ws';
import { type TestGateway, type TestGatewayOptions, TOKEN, targetAt, testGateway } from './test-gateway.ts';

const pem = (name: string): string => readFileSync(new URL(`../../../test-fixtures/certificates/${name}`, import.meta.url), 'utf8');
/** In place of the forward CA's: good for localhost and 127.0.0.1. */
const LEAF: SecureContextOptions = { key: pem('localhost.key'), cert: pem('localhost.pem') };
const PROOF = `Basic ${Buffer.from(`alice:${TOKEN}`).toString('base64')}`;

const server = createHttps(LEAF, (request, response) => {
  headers = request.headers;
  reached.push(`${request.method} ${request.headers.host}${request.url}`);
  response.setHeader('connection', 'close').end('from the server');
});
const reached: string[] = [];
const minted: string[] = [];
let headers: IncomingHttpHeaders = {};
let port: number;
let gateway: TestGateway;

beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  port = (server.address() as AddressInfo).port;
});
afterAll(() => server.close());
beforeEach(() => {
  reached.length = 0;
  minted.length = 0;
});
afterEach(() => gateway.close());

async function serve(options: Record<string, unknown>, host: TestGatewayOptions['host'] = {}): Promise<void> {
  const tls = { mode: 'verify-full', ca: pem('ca.pem') } as const;
  const target = targetAt(port, options, { host: 'localhost', tls });
  const forwardCertificate = (name: string): Promise<SecureContextOptions> => {
    minted.push(name);
    return Promise.resolve(LEAF);
  };
  gateway = await testGateway(port, { targets: [target], host: { forwardCertificate, isOwnAddress: () => false, ...host } });
}

/** A CONNECT, and the head of its answer. */
async function ask(authority: string, proof = PROOF): Promise<{ readonly status: number; readonly socket: Socket; readonly text: string }> {
  const socket = connect(gateway.port, '127.0.0.1');
  socket.on('error', () => undefined);
  const line = proof === '' ? '' : `proxy-authorization: ${proof}\r\n`;
  socket.write(`CONNECT ${authority} HTTP/1.1\r\nhost: ${authority}\r\n${line}\r\n`);
  const [first] = (await once(socket, 'data')) as [Buffer];
  const text = first.toString();
  return { status: Number(text.split(' ')[1]), socket, text };
}

async function secured(authority: string): Promise<TLSSocket> {
  const { socket } = await ask(authority);
  const client = connectTls({ socket, servername: 'localhost', ca: pem('ca.pem'), checkServerIdentity: () => undefined });
  await once(client, 'secureConnect');
  return client;
}

async function exchange(client: TLSSocket, head: string): Promise<string> {
  client.write(`${head}\r\nconnection: close\r\n\r\n`);
  const parts: Buffer[] = [];
  for await (const part of client) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}

test('no certificate is made for who is not in, nor for what no target stands for', async () => {
  await serve({ forward: true });
  expect((await ask(`localhost:${port}`, '')).status).toBe(407);
  expect((await ask(`localhost:${port}`, 'Basic YWxpY2U6d3Jvbmc=')).status).toBe(407);
  expect((await ask(`evil.test:${port}`)).status).toBe(403);
  expect(minted).toEqual([]);
  (await ask(`LOCALHOST.:${port}`)).socket.destroy();
  expect(minted).toEqual(['localhost']);
});

test('nor for a host that leads to where clients may not go', async () => {
  await serve({ forward: true }, { isOwnAddress: (_, at) => at === port });
  const { status, text } = await ask(`localhost:${port}`);
  expect([status, text]).toEqual([403, expect.stringContaining('is the gateway itself')]);
  expect(minted).toEqual([]);
});

test('from another machine, the token is not taken over plain HTTP', async () => {
  await serve({ forward: true, hosts: ['localhost:1'] }, { client: '192.0.2.1:4711' });
  expect(await ask(`localhost:${port}`)).toMatchObject({ status: 403, text: expect.stringContaining('over https') });
  expect(gateway.gate.signIns).toEqual([]);
});

test('a client that speaks no TLS in a tunnel to a server with TLS is cut off', async () => {
  await serve({ forward: true });
  const { socket } = await ask(`localhost:${port}`);
  socket.write(`GET / HTTP/1.1\r\nhost: localhost:${port}\r\n\r\n`);
  await once(socket, 'close');
  expect(reached).toEqual([]);
});

test.each(['http/1.1', 'h2'])('what is approved for one host of a target is not for another: %s', async (alpn) => {
  await serve({ forward: true, hosts: [`127.0.0.1:${port}`] });
  for (const host of ['localhost', '127.0.0.1']) {
    const { socket } = await ask(`${host}:${port}`);
    const servername = host === 'localhost' ? host : '';
    const client = connectTls({ socket, servername, ca: pem('ca.pem'), host, ALPNProtocols: [alpn] });
    await once(client, 'secureConnect');
    if (alpn === 'h2') {
      const session = connectHttp2(`https://${host}:${port}`, { createConnection: () => client });
      const stream = session.request({ ':method': 'DELETE', ':path': '/a' });
      await once(stream, 'response');
      session.destroy();
    } else expect(await exchange(client, `DELETE /a HTTP/1.1\r\nhost: ${host}:${port}`)).toContain('from the server');
  }
  const [one, other] = gateway.gate.commands;
  expect(one).toMatchObject({ text: `DELETE https://localhost:${port}/a`, objects: { hosts: ['localhost'] } });
  expect(other).toMatchObject({ text: `DELETE https://127.0.0.1:${port}/a`, objects: { hosts: ['127.0.0.1'] } });
  expect(one?.digest).not.toBe(other?.digest);
  expect(one?.shape).not.toBe(other?.shape);
});

test('requests of one connection are one session, and stay with its host', async () => {
  await serve({ forward: true });
  const client = await secured(`localhost:${port}`);
  client.write(`GET /one HTTP/1.1\r\nhost: localhost:${port}\r\n\r\n`);
  await once(client, 'data');
  expect(await exchange(client, 'GET /two HTTP/1.1\r\nhost: evil.test')).toMatch(/^HTTP\/1\.1 421 .*the request is for evil\.test/s);
  expect(reached).toEqual([`GET localhost:${port}/one`]);
  expect(gateway.gate.signIns).toHaveLength(1);
  expect(gateway.gate.signIns[0]).toMatchObject({ user: 'alice', facts: { forward: `localhost:${port}` } });
});

test('a gateway token reaches no server, in whatever header it stands', async () => {
  await serve({ forward: true });
  const client = await secured(`localhost:${port}`);
  const token = `sp_${'a'.repeat(49)}`;
  const basic = Buffer.from(`alice:${token}`).toString('base64');
  await exchange(
    client,
    `GET / HTTP/1.1\r\nhost: localhost:${port}\r\nx-api-key: ${token}\r\nx-login: Basic ${basic}\r\nx-other: sp_getcustomers`,
  );
  expect(reached).toHaveLength(1);
  expect(headers).toMatchObject({ 'x-other': 'sp_getcustomers' });
  expect(Object.keys(headers)).not.toEqual(expect.arrayContaining(['x-api-key']));
  expect(Object.keys(headers)).not.toEqual(expect.arrayContaining(['x-login']));
});

test('another CONNECT within a tunnel is refused', async () => {
  await serve({ forward: true });
  const client = await secured(`localhost:${port}`);
  client.write(`CONNECT localhost:${port} HTTP/1.1\r\nhost: localhost:${port}\r\nproxy-authorization: ${PROOF}\r\n\r\n`);
  const [answer] = (await once(client, 'data')) as [Buffer];
  expect(answer.toString()).toMatch(/^HTTP\/1\.1 405 /);
  client.destroy();
});

test('a tunnel that a pattern means is no way round another target', async () => {
  const other = { name: 'shop-db' } as Target;
  await serve(
    { forward: 'tunnel', hosts: [`*:${port}`] },
    { targetAt: (name, at) => (name === 'db.test' && at === port ? other : undefined) },
  );
  const refused = await ask(`db.test:${port}`);
  expect(refused).toMatchObject({ status: 403, text: expect.stringContaining('is the target shop-db, which has rules of its own') });
  const { status, socket } = await ask(`localhost:${port}`);
  expect(status).toBe(200);
  socket.destroy();
});

test.each([
  [['h2', 'http/1.1'], 'http/1.1'],
  [['h2'], 'h2'],
])('with TLS to the proxy, a client that offers %j gets %s', async (offered, chosen) => {
  await serve({ forward: true });
  const client = connectTls({ port: gateway.port, host: '127.0.0.1', ca: pem('ca.pem'), servername: 'localhost', ALPNProtocols: offered });
  await once(client, 'secureConnect');
  expect(client.alpnProtocol).toBe(chosen);
  client.destroy();
});

test('undici reaches the server through its ProxyAgent', async () => {
  await serve({ forward: true });
  const dispatcher = new ProxyAgent({ uri: `http://127.0.0.1:${gateway.port}`, token: PROOF, requestTls: { ca: pem('ca.pem') } });
  const answer = await request(`https://localhost:${port}/a`, { dispatcher });
  expect(await answer.body.text()).toBe('from the server');
  await dispatcher.close();
});

test('WebSockets pass, from pages of any origin', async () => {
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(`${data}!`)));
  await serve({ forward: true });
  const client = await secured(`localhost:${port}`);
  const socket = new WebSocket(`wss://localhost:${port}/`, { createConnection: () => client, origin: 'https://page.test' } as object);
  await once(socket, 'open');
  socket.send('hello');
  const [data] = (await once(socket, 'message')) as [Buffer];
  expect(data.toString()).toBe('hello!');
  socket.close();
  await once(socket, 'close');
  sockets.close();
});
