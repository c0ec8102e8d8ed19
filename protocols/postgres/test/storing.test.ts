import { readFileSync } from 'node:fs';
import { type PostgresServer, startPostgres } from '../../../test-fixtures/servers/postgres.ts';
import { BACKEND } from '../src/codec/message-types.ts';
import { encodeQuery } from '../src/codec/query.ts';
import { redact } from './playbook-kit.ts';
import { startTestGateway, type TestGateway, TOKEN } from './test-gateway.ts';
import { targetAt } from './test-target.ts';
import { WireClient } from './wire-client.ts';

const fixture = (name: string): string => readFileSync(new URL(`../../../test-fixtures/postgres/${name}`, import.meta.url), 'utf8');
const ATTEMPTS = fixture('storing.sql')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('--'));

const SECRET = '4111222233334444';
/** The secret, and the half of it that pg_locks shows of a lock on it. */
const TRACES = [SECRET, String(BigInt(SECRET) & 0xffff_ffffn)];
/** What a rule must allow: L-26. */
const NEEDS_RULE = new Set(['unknown', 'admin', 'privilege']);

let server: PostgresServer;
let gateway: TestGateway;

beforeAll(async () => {
  server = await startPostgres({ version: 15 });
  const seeder = await WireClient.connect(targetAt(server));
  await seeder.run(`${fixture('storing-seed.sql')} ALTER DATABASE postgres SET app.password = '${server.password}'`);
  seeder.close();
  gateway = await startTestGateway(targetAt(server, { options: { database: 'postgres' } }), {
    masks: { 'public.customers.card': redact },
    rule: ({ class: classes, launders }) => (launders || classes.some((one) => NEEDS_RULE.has(one)) ? 'deny' : 'allow'),
  });
}, 60_000);

afterAll(async () => {
  await gateway.close();
  await server.stop();
});

/** What comes back for the messages of an attempt, one after the other. */
async function answers(client: WireClient, messages: readonly string[]): Promise<string> {
  const seen: Buffer[] = [];
  for (const message of messages) {
    client.send(encodeQuery(message));
    seen.push(...(await client.until(BACKEND.ReadyForQuery)));
  }
  client.close();
  return Buffer.concat(seen).toString('latin1');
}

const RESET = "DELETE FROM notes; INSERT INTO notes VALUES (1, 'n'); SELECT setval('counter', 1)";

async function reset(): Promise<void> {
  const client = await WireClient.connect(targetAt(server));
  await client.run(RESET);
  client.close();
}

const tracesIn = (bytes: string): string[] => TRACES.filter((trace) => bytes.includes(trace));

test.each(ATTEMPTS)('%s', async (attempt) => {
  await reset();
  const messages = attempt.split(' ;; ');
  const direct = await WireClient.connect(targetAt(server));
  const bare = await answers(direct, ['BEGIN', ...messages, 'ROLLBACK']);
  expect(tracesIn(bare)).not.toEqual([]); // a good attempt
  await reset();
  const client = await WireClient.connect(
    targetAt({ ...server, port: gateway.port, user: 'alice', password: TOKEN }, { tls: { mode: 'require' } }),
  );
  expect(tracesIn(await answers(client, messages))).toEqual([]);
});

test('nothing of it is in what was recorded', () => {
  expect(tracesIn(JSON.stringify(gateway.gate.commands) + JSON.stringify(gateway.gate.notes))).toEqual([]);
  expect(tracesIn(Buffer.concat(gateway.gate.seen).toString('latin1'))).toEqual([]);
});
