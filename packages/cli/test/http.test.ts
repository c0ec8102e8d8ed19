import { once } from 'node:events';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../../test-fixtures/servers/postgres.ts';
import { type Outcome, serveSite, type TestSite } from './site.ts';
import { runProgram } from './ssh-site.ts';

const CUSTOMER = {
  id: 7,
  name: 'Ada',
  email: 'ada@example.com',
  card: '4111 1111 1111 1111',
  account: { iban: 'GB82 WEST 1234 5698 7654 32' },
};

let target: Server;
let served: string[] = [];
let site: TestSite;
let token: string;
let lead: string;
beforeAll(async () => {
  target = createServer((request, response) => {
    served.push(`${request.method} ${request.url} ${request.headers['x-api-key']}`);
    request.resume().on('end', () => {
      if (request.url === '/slow') return void response.write('begun');
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(CUSTOMER));
    });
  }).listen(0, '127.0.0.1');
  await once(target, 'listening');
  const [port, adminPort] = [await freePort(), await freePort()];
  const text = `data_dir: ./data
admin: { listen: "127.0.0.1:${adminPort}" }
identity: { users: { alice: { groups: [developers] }, dana: { groups: [leads] } } }
targets:
  shop-api:
    protocol: http
    listen: 127.0.0.1:${port}
    address: 127.0.0.1:${(target.address() as AddressInfo).port}
    tls: disable
    credentials: { token: "\${env:SHOP_KEY}", header: x-api-key }
    hold_seconds: 1
access: [{ groups: [developers], targets: ["*"] }]
rules:
  - { name: nothing is deleted, match: { verb: DELETE }, action: deny, message: ask the shop team }
  - { name: prices wait, match: { verb: PUT, paths: [/prices/*] }, action: hold, approval: { groups: [leads], timeout: 5m } }
masking:
  - { name: contact data, fields: ["$..email"], method: partial }
  - { name: cards, detect: [card, iban], method: redact }
`;
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-cli-http-'));
  const stopTarget = (): Promise<void> => {
    target.closeAllConnections();
    target.close();
    return Promise.resolve();
  };
  site = await serveSite({ folder, text, port, adminPort, env: { SHOP_KEY: 'the-shop-key' }, stopTarget });
  [token, lead] = [await site.token('alice'), await site.token('dana', '--can', 'approve')];
});
afterAll(() => site?.stop());
beforeEach(() => {
  served = [];
});

function curl(path: string, ...flags: readonly string[]): Promise<Outcome> {
  const scheme = flags.includes('--cacert') ? 'https' : 'http';
  return runProgram('curl', ['-sS', '-u', `alice:${token}`, ...flags, `${scheme}://localhost:${site.port}${path}`]);
}

async function last(): Promise<{ readonly id: string; readonly events: readonly Readonly<Record<string, unknown>>[] }> {
  for (;;) {
    const [session] = JSON.parse((await site.run(['sessions', 'list', '--json'])).stdout) as { id: string; state: string }[];
    if (session !== undefined && session.state !== 'live')
      return JSON.parse((await site.run(['sessions', 'show', session.id, '--json'])).stdout) as Awaited<ReturnType<typeof last>>;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test.each([
  ['HTTP/1.1', []],
  ['HTTP/2 without TLS', ['--http2-prior-knowledge']],
  ['HTTP/2 in TLS', ['--cacert']],
])("curl reads a masked customer over %s; the key is the gateway's, and the record says all that the client saw", async (_, flags) => {
  const more = flags.includes('--cacert') ? [join(site.folder, 'data', 'keys', 'ca.pem')] : [];
  const { stdout, code } = await curl('/customers/7?full=1', ...flags, ...more);
  expect(code).toBe(0);
  const seen = JSON.parse(stdout) as typeof CUSTOMER;
  expect(seen).toMatchObject({ id: 7, name: 'Ada', card: '[redacted]', account: { iban: '[redacted]' } });
  expect(seen.email).not.toBe(CUSTOMER.email);
  expect(served).toEqual(['GET /customers/7?full=1 the-shop-key']);
  const { id, events } = await last();
  expect(events.find(({ type }) => type === 'command')).toMatchObject({
    text: 'GET /customers/7?full=1',
    class: ['read'],
    verb: 'GET',
    ruling: 'allow',
    state: 'completed',
    status: 200,
    masked: { 'contact data': 1, cards: 2 },
  });
  const { stdout: shown } = await site.run(['replay', id, '--no-wait']);
  expect(shown).toContain('[redacted]');
  for (const secret of [CUSTOMER.email, CUSTOMER.card, token, 'the-shop-key']) expect(shown).not.toContain(secret);
  expect(await site.run(['verify', id])).toMatchObject({ code: 0 });
});

test('a DELETE is denied with the reason, and reaches nobody; the record has what was answered', async () => {
  const { stdout } = await curl('/customers/7', '-X', 'DELETE', '-w', '%{http_code}');
  expect(stdout).toContain('ask the shop team');
  expect(stdout).toMatch(/403$/);
  expect(served).toEqual([]);
  const { id, events } = await last();
  expect(events.find(({ type }) => type === 'command')).toMatchObject({
    ruling: 'deny',
    rule: ['nothing is deleted'],
    state: 'intended',
  });
  const { stdout: shown } = await site.run(['replay', id, '--no-wait']);
  expect(shown).toMatch(
    /#0 DELETE \/customers\/7\n.*deny by nothing is deleted\n.*#0 403\n.*"message": "sallyport: shop-api: ask the shop team"/s,
  );
  const { log } = JSON.parse((await site.run(['sessions', 'export', '--format', 'har', id])).stdout) as {
    log: { entries: { request: object; response: { status: number; content: { text: string } } }[] };
  };
  expect(log.entries.map(({ response: { status, content } }) => [status, content.text])).toEqual([[403, stdout.slice(0, -3)]]);
  for (const secret of [token, 'the-shop-key']) expect(shown + JSON.stringify(log)).not.toContain(secret);
});

test('a held PUT is told to come back, and passes once after a yes', async () => {
  const put = (): Promise<Outcome> => curl('/prices/7', '-X', 'PUT', '-d', '{"price":9}', '-w', '%{http_code}');
  const first = await put();
  expect(first.stdout).toMatch(/403$/);
  const { approval } = JSON.parse(first.stdout.replace(/403$/, '')) as { approval: string };
  expect((await last()).events).toContainEqual(expect.objectContaining({ type: 'deferred', approval }));
  expect(await site.run(['approvals', 'approve', approval], { token: lead })).toMatchObject({ code: 0 });
  expect((await put()).stdout).toMatch(/200$/);
  expect(served).toEqual(['PUT /prices/7 the-shop-key']);
  expect((await last()).events.find(({ type }) => type === 'command')).toMatchObject({ ruling: 'hold', approval, state: 'completed' });
  expect((await put()).stdout).toMatch(/403$/);
});

test('another body is another request: the yes of one is worth nothing to it', async () => {
  const put = (body: string): Promise<Outcome> => curl('/prices/8', '-X', 'PUT', '-d', body, '-w', '%{http_code}');
  const { approval } = JSON.parse((await put('{"price":9}')).stdout.replace(/403$/, '')) as { approval: string };
  expect(await site.run(['approvals', 'approve', approval], { token: lead })).toMatchObject({ code: 0 });
  expect((await put('{"price":900}')).stdout).toMatch(/403$/);
  expect(served).toEqual([]);
});

/** A live session. */
async function live(): Promise<string> {
  for (;;) {
    const sessions = JSON.parse((await site.run(['sessions', 'list', '--json'])).stdout) as { id: string; state: string }[];
    const found = sessions.find(({ state }) => state === 'live');
    if (found !== undefined) return found.id;
  }
}

test('a session that is killed ends its answer, as does a token that is revoked, which then signs nobody in', async () => {
  const killed = curl('/slow', '-N');
  expect(await site.run(['sessions', 'kill', await live(), '--reason', 'lunch'])).toMatchObject({ code: 0 });
  expect((await killed).code).not.toBe(0);
  expect(JSON.stringify((await last()).events)).toContain('lunch');
  const revoked = curl('/slow', '-N');
  await live();
  const tokens = JSON.parse((await site.run(['token', 'list', '--json'])).stdout) as { id: string; user: string }[];
  for (const { id, user } of tokens) if (user === 'alice') await site.run(['token', 'revoke', id]);
  expect((await revoked).code).not.toBe(0);
  expect((await curl('/x', '-w', '%{http_code}')).stdout).toMatch(/401$/);
});

test('a configuration says what is wrong with an HTTP target', async () => {
  const file = join(site.folder, 'wrong.yaml');
  const wrong = `data_dir: ./data2
targets: { api: { protocol: http, address: "api.example.com", credentials: { token: "\${env:A}", username: bob }, forward: maybe } }
access: []
`;
  await writeFile(file, wrong);
  const { code, stderr } = await site.run(['config', 'check', '--config', file]);
  expect(code).not.toBe(0);
  expect(stderr).toContain('forward');
});
