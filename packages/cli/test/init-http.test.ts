import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../../test-fixtures/servers/postgres.ts';
import { startLanguageModel } from '../src/demo/language-model/language-model.ts';
import { type Outcome, startCommand } from './site.ts';

const certificate = (name: string): string => fileURLToPath(new URL(`../../../test-fixtures/certificates/${name}`, import.meta.url));
const KEY = 's3cr3t-of-the-service';

let folder: string;
let servers: Server[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-init-http-'));
});
afterEach(async () => {
  for (const server of servers) server.close().closeAllConnections();
  servers = [];
  await rm(folder, { recursive: true, force: true });
});

async function listening(server: Server): Promise<number> {
  servers.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return (server.address() as AddressInfo).port;
}

function sallyport(args: readonly string[], token?: string): ReturnType<typeof startCommand> {
  const env = { NO_COLOR: '1', XDG_CONFIG_HOME: folder, SALLYPORT_CONFIG: '', SERVICE_KEY: KEY };
  return startCommand(args, token === undefined ? {} : { token }, env);
}

const file = (): string => join(folder, 'sallyport.yaml');

async function init(...args: readonly string[]): Promise<Outcome> {
  const addresses = ['--listen', `127.0.0.1:${await freePort()}`, '--admin', `127.0.0.1:${await freePort()}`];
  const fixed = ['--out', file(), ...addresses, '--person', 'alice', '--password-env', 'SERVICE_KEY', '--yes'];
  return sallyport(['init', ...args, ...fixed]).outcome;
}

async function valid(): Promise<string> {
  const { stdout } = await sallyport(['config', 'check', file(), '--json']).outcome;
  expect(JSON.parse(stdout)).toEqual({ ok: true, problems: [], warnings: [] });
  return readFile(file(), 'utf8');
}

test('from a URL to a masked answer of a service with TLS', async () => {
  const [key, cert] = await Promise.all([readFile(certificate('localhost.key')), readFile(certificate('localhost.pem'))]);
  const port = await listening(
    createHttps({ key, cert }, ({ headers, url }, response) => {
      response.writeHead(headers.authorization !== `Bearer ${KEY}` ? 401 : url === '/people/1' ? 200 : 404, {
        'content-type': 'application/json',
      });
      response.end('{"id":1,"email":"ada@example.com"}');
    }),
  );
  const { code, stdout, stderr } = await init(`https://localhost:${port}`, '--ca', certificate('ca.pem'), '--name', 'people');
  expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining('the token comes from the variable SERVICE_KEY') });
  expect(stdout).toContain(`An HTTP service at localhost:${port}.`);
  expect(stdout).toContain('exec people -- GET /');
  const text = await valid();
  expect(text).toContain('    tls: verify-full');
  expect(text).toContain('      token: "${env:SERVICE_KEY}"');
  expect(stdout + stderr + text).not.toContain(KEY);

  const gateway = sallyport(['serve', '--config', file()]);
  await gateway.heard(/Sallyport is ready/);
  const made = await sallyport(['token', 'create', '--config', file(), '--user', 'alice', '--ttl', '1h']).outcome;
  const ask = (...words: readonly string[]): Promise<Outcome> =>
    sallyport(['exec', 'people', '--config', file(), '--wait', '0s', '--', ...words], made.stdout.trim()).outcome;
  expect(await ask('GET', '/people/1')).toMatchObject({ code: 0, stdout: expect.not.stringContaining('ada@example.com') });
  gateway.child.kill('SIGTERM');
  await gateway.outcome;
});

test('a language model that nobody knows by its name, and its rules', async () => {
  const model = await startLanguageModel({ key: KEY });
  const { code, stdout } = await init(`http://127.0.0.1:${model.port}`, '--name', 'model');
  await model.stop();
  expect(code).toBe(0);
  expect(stdout).toContain('llm: true will stand in the file.');
  const text = await valid();
  expect(text).toContain('    llm: true\n');
  expect(text).toContain('requests: true');
  expect(text).not.toContain('$..email');
});

test('a service that takes its key in a header of its own', async () => {
  const port = await listening(
    createServer(({ headers }, response) => void response.writeHead(headers['x-api-key'] === KEY ? 200 : 401).end('{}')),
  );
  const { code, stdout } = await init(`http://localhost:${port}`);
  expect(code).toBe(0);
  expect(stdout).toContain('It takes its token in x-api-key');
  expect(stdout).toMatch(/curl .* -H "x-api-key: \$SALLYPORT_TOKEN"/);
  expect(await valid()).toMatch(/token_header: x-api-key.*\n +credentials:.*\n +token: .*\n +header: x-api-key\n/);
});

test('a service that is not there, or proves nothing, leaves nothing behind', async () => {
  expect(await init('https://localhost:1')).toMatchObject({ code: 1, stderr: expect.stringContaining('localhost:1') });
  await expect(readFile(file())).rejects.toThrow('ENOENT');
});
