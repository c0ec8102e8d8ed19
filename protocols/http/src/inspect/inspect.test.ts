import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcp, type Server as TcpServer } from 'node:net';
import type { Inspection, Target } from '@sallyport/core';
import { targetSchema } from '../target-schema.ts';
import { inspect } from './inspect.ts';

const servers: (Server | TcpServer)[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function inspected(server: Server | TcpServer, about: Partial<Target> = {}, options: object = {}): Promise<Inspection> {
  servers.push(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');
  const target = {
    ...{ name: 'api', protocol: 'http', host: '127.0.0.1', port: (server.address() as AddressInfo).port, tls: { mode: 'disable' } },
    ...{ credentials: { username: '', token: 'the-key' }, labels: {}, options: targetSchema.parse(options) },
    ...about,
  } as Target;
  const seen = await inspect(target, { sample: false }, AbortSignal.timeout(30_000));
  expect(JSON.stringify(seen)).not.toContain('the-key');
  return seen;
}

async function looked(...about: Parameters<typeof inspected>): Promise<string[]> {
  return (await inspected(...about)).results.map(({ check, level }) => `${check} ${level}`);
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
  expect(await looked(createTcp((socket) => void socket.on('error', () => undefined).end('SSH-2.0-x\r\n')))).toEqual([
    'tls warning',
    'connect problem',
  ]);
  expect(await looked(api(), { tls: { mode: 'verify-full' } })).toEqual(['connect problem']);
  expect(await looked(api(), { port: 1 })).toEqual(['connect problem']);
});

test('a tunnel is only reached', async () => {
  expect(
    await looked(
      createTcp((socket) => void socket.on('error', () => undefined)),
      {},
      { forward: 'tunnel' },
    ),
  ).toEqual([]);
});

describe('what the service is', () => {
  const json = (body: object, status = 200, headers: object = {}): Server =>
    createServer(({ url }, response) => {
      const known = url === '/v1/models' || url === '/api/v3/meta';
      response.writeHead(known ? status : 404, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
    });

  test.each([
    ['a list of models', json({ object: 'list', data: [{ id: 'm' }] })],
    ['the error of a wrong key', json({ type: 'error', error: { type: 'authentication_error', message: 'no' } }, 401)],
  ])('an API of language models, by %s', async (_, server) => {
    const { inside, results } = await inspected(server, { credentials: { username: '' } });
    expect(inside).toMatchObject({ kind: 'language model', options: { llm: true } });
    expect(results).toContainEqual(expect.objectContaining({ check: 'kind', level: 'warning', mend: 'llm: true' }));
  });

  test('one whose entry says so already is told nothing', async () => {
    const { inside, results } = await inspected(json({ data: [] }), {}, { llm: true });
    expect(inside).toMatchObject({ kind: 'language model' });
    expect(inside?.options).toBeUndefined();
    expect(results.map(({ check }) => check)).toEqual(['tls', 'login']);
  });

  test('GitHub Enterprise Server, by its fields', async () => {
    const { inside } = await inspected(json({}, 200, { 'x-github-enterprise-version': '3.17.0', server: 'GitHub.com' }));
    expect(inside).toMatchObject({ product: 'GitHub (GitHub.com)', kind: 'GitHub', options: { github: true } });
  });

  test.each([[{ data: [1, null] }], [{ data: 'models' }], ['no object'], [{ models: [] }]])('none of them: %j', async (body) => {
    const { inside } = await inspected(json(body as object));
    expect([inside?.product, inside?.kind, inside?.options]).toEqual(['An HTTP service', undefined, undefined]);
  });

  test('the header that a service takes its token in', async () => {
    const server = createServer(
      ({ headers }, response) => void response.writeHead(headers['x-api-key'] === 'the-key' ? 200 : 401).end('{"data":[{"id":"m"}]}'),
    );
    const { inside, results } = await inspected(server);
    expect(inside).toMatchObject({ tokenHeader: 'x-api-key' });
    expect(results).toContainEqual(
      expect.objectContaining({ check: 'login', level: 'problem', mend: 'credentials: { header: x-api-key }' }),
    );
  });
});
