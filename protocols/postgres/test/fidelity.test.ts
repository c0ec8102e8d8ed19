import type { Target } from '@sallyport/core';
import { type PostgresServer, startPostgres } from '../../../test-fixtures/servers/postgres.ts';
import { CONVERSATIONS } from './conversations.ts';
import { redact } from './playbook-kit.ts';
import { startTestGateway, type TestGateway, TOKEN } from './test-gateway.ts';
import { targetAt } from './test-target.ts';
import { WireClient } from './wire-client.ts';

const CREATE = 'CREATE TABLE numbers (n int PRIMARY KEY, word text); CREATE TABLE deferred (a int UNIQUE DEFERRABLE INITIALLY DEFERRED)';
const RESET = "TRUNCATE numbers, deferred; INSERT INTO numbers VALUES (1,'one'),(2,'two'),(3,'three'),(4,'four'),(5,'five')";
/** Where masks apply, the words of code and of other sessions do not pass. */
const BLANKED = ['notices', 'LISTEN and NOTIFY'];

let server: PostgresServer;
let direct: Target;
const gateways: TestGateway[] = [];

beforeAll(async () => {
  server = await startPostgres({ version: 15 });
  direct = targetAt(server);
  await prepare(CREATE);
  const target = targetAt(server, { options: { database: 'postgres' } });
  gateways.push(await startTestGateway(target));
  // Masks of another table: results must be looked at, and nothing may change.
  gateways.push(await startTestGateway(target, { masks: { 'public.elsewhere.secret': redact } }));
}, 60_000);

afterAll(async () => {
  for (const gateway of gateways) await gateway.close();
  await server.stop();
});

function through(gateway: TestGateway): Target {
  return { ...direct, port: gateway.port, tls: { mode: 'require' }, credentials: { username: 'alice', password: TOKEN } };
}

async function prepare(sql: string): Promise<void> {
  const client = await WireClient.connect(direct);
  await client.run(sql);
  client.close();
}

async function answers(target: Target, messages: readonly Buffer[]): Promise<string[]> {
  await prepare(RESET);
  const client = await WireClient.connect(target);
  try {
    return await client.converse(messages);
  } finally {
    client.close();
  }
}

/** Where masks apply, what a write or code says of its failure passes only as its SQLSTATE. */
function withoutWords(answer: string): string {
  return answer.startsWith('E ') ? `E ${/\["C","(\w+)"\]/.exec(answer)?.[1]}` : answer;
}

describe.each([
  ['without masks', 0],
  ['with masks elsewhere', 1],
])('the gateway %s answers as the server does:', (_name, which) => {
  test.each(Object.keys(CONVERSATIONS).filter((name) => which === 0 || !BLANKED.includes(name)))('%s', async (name) => {
    const messages = CONVERSATIONS[name] ?? [];
    const gateway = gateways[which] as TestGateway;
    const expected = await answers(direct, messages);
    const compared = which === 0 ? (answer: string) => answer : withoutWords;
    expect((await answers(through(gateway), messages)).map(compared)).toEqual(expected.map(compared));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(gateway.ends.at(-1)?.error).toBeUndefined();
  });
});
