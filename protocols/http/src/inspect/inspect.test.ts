import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcp, type Server as TcpServer } from 'node:net';
import type { Target } from '@sallyport/core';
import { targetSchema } from '../target-schema.ts';
import { inspect } from './inspect.ts';

const servers: (Server | TcpServer)[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function looked(server: Server | TcpServer, about: Partial<Target> = {}, options: object = {}): Promise<string[]> {
  servers.push(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');
  const target = {
    ...{ name: 'api', protocol: 'http', host: '127.0.0.1', port: (server.address() as AddressInfo).port, tls: { mode: 'disable' } },
    ...{ credentials: { username: '', token: 'the-key' }, labels: {}, options: targetSchema.parse(options) },
    ...about,
  } as Target;
  const { results } = await inspect(target, { sample: false }, AbortSignal.timeout(30_000));
  expect(JSON.stringify(results)).not.toContain('the-key');
  return results.map(({ check, level }) => `${check} ${level}`);
}

const api = (): Server =>
  createServer(
    ({ headers, method }, response) =>
      void response.writeHead(headers.authorization === 'Bearer the-key' && method === 'HEAD' ? 404 : 401).end(),
  );

test('a server that takes the credential, and one that refuses it', async () => {
  expect(await looked(api())).toEqual(['tls warning', 'login ok']);
  expect(await looked(api(), { credentials: { username: '', token: 'another' } })).toEqual(['tls warning', 'login problem']);
  expect(await looked(api(), { credentials: { username: '' } })).toEqual(['tls warning', 'login ok']);
});

test('no HTTP, no TLS, nobody there', async () => {
  expect(await looked(createTcp((socket) => void socket.end('SSH-2.0-x\r\n')))).toEqual(['tls warning', 'connect problem']);
  expect(await looked(api(), { tls: { mode: 'verify-full' } })).toEqual(['connect problem']);
  expect(await looked(api(), { port: 1 })).toEqual(['connect problem']);
});

test('a tunnel is only reached', async () => {
  expect(await looked(createTcp(), {}, { forward: 'tunnel' })).toEqual([]);
});
