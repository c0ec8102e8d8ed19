import fc from 'fast-check';
import { diceOf } from '../../../test-fixtures/dice.ts';
import { type Gateway, startGateway } from '../../../test-fixtures/servers/gateway.ts';
import { keptBy } from '../../../test-fixtures/servers/kept-data.ts';
import { type PostgresServer, startPostgres } from '../../../test-fixtures/servers/postgres.ts';
import { encodeBind, encodeExecute, encodeParse, SYNC } from '../src/codec/extended-query.ts';
import { BACKEND } from '../src/codec/message-types.ts';
import { encodeQuery } from '../src/codec/query.ts';
import { CANARY, CANARY_DIGITS, randomConversation, randomTables, schemaOf } from './random-queries.ts';
import { targetAt } from './test-target.ts';
import { WireClient } from './wire-client.ts';

/** How many conversations; more by SALLYPORT_RANDOM_QUERIES=5000. The same ones again by SALLYPORT_RANDOM_SEED. */
const RUNS = Number(process.env['SALLYPORT_RANDOM_QUERIES'] ?? 150);
const SEED = Number(process.env['SALLYPORT_RANDOM_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const TABLES = 4;

let server: PostgresServer;
let gateway: Gateway;
let tables: ReturnType<typeof randomTables>;

beforeAll(async () => {
  process.stdout.write(`random queries: seed ${SEED}, ${RUNS} conversations\n`);
  tables = randomTables(diceOf(SEED), TABLES);
  server = await startPostgres({ version: 15 });
  const seeder = await WireClient.connect(targetAt(server));
  await seeder.run(schemaOf(tables));
  seeder.close();
  const hidden = tables.flatMap(({ name, columns }) => columns.filter((one) => one.hidden).map((one) => `public.${name}."${one.name}"`));
  const masked = hidden.filter((_, index) => index % 3 !== 0);
  const masking = [{ name: 'hashed', columns: hidden.filter((_, index) => index % 3 === 0), method: 'hash' }];
  gateway = await startGateway({ target: server, durability: 'fast', masked, masking });
}, 120_000);

afterAll(async () => {
  await gateway?.stop();
  await server?.stop();
});

function connect(through: boolean): Promise<WireClient> {
  return WireClient.connect(through ? targetAt({ ...server, ...gateway }, { tls: { mode: 'require' } }) : targetAt(server));
}

/** Everything that comes back, in a transaction that is undone. */
async function answers(through: boolean, groups: readonly (readonly Buffer[])[]): Promise<string> {
  const client = await connect(through);
  const seen: Buffer[] = [];
  try {
    for (const group of [[encodeQuery('BEGIN')], ...groups]) {
      client.send(...group);
      seen.push(...(await client.until(BACKEND.ReadyForQuery)));
    }
  } finally {
    client.close();
  }
  return Buffer.concat(seen).toString('latin1');
}

function shows(bytes: string): boolean {
  return bytes.toLowerCase().includes(CANARY) || bytes.includes(CANARY_DIGITS);
}

/** What stands around a trace; nothing where there is none. */
function excerptOf(text: string): string {
  const places = [text.toLowerCase().indexOf(CANARY), text.indexOf(CANARY_DIGITS)].filter((at) => at >= 0);
  return places.length === 0 ? '' : text.slice(Math.max(0, Math.min(...places) - 300), Math.min(...places) + 60);
}

const inBinary = (sql: string): Buffer[] => [
  encodeParse({ statement: '', sql, parameterTypes: [] }),
  encodeBind({ portal: '', statement: '', parameterFormats: [], parameters: [], resultFormats: [1] }),
  encodeExecute('', 0),
  SYNC,
];

test('no query shows what is hidden', async () => {
  let [tried, good, ran] = [0, 0, 0];
  const property = fc.asyncProperty(fc.nat(), async (seed) => {
    const messages = randomConversation(diceOf(seed), tables);
    const simple = messages.map((sql) => [encodeQuery(sql)]);
    tried += 1;
    if (shows(await answers(false, simple))) good += 1;
    const seen = await answers(true, simple);
    expect([messages, shows(seen)]).toEqual([messages, false]);
    if (/(SELECT|FETCH|COPY|UPDATE|DELETE) [1-9]\d*\0/.test(seen)) ran += 1;
    if (!messages.some((sql) => sql.includes(';')))
      expect([messages, shows(await answers(true, messages.map(inBinary)))]).toEqual([messages, false]);
  });
  await fc.assert(property, { seed: SEED, numRuns: RUNS, endOnFailure: true });
  expect(good).toBeGreaterThan(tried / 2); // most of them would show it …
  expect(ran).toBeGreaterThan(tried / 2); // … and are answered all the same
}, 3_600_000);

test('nor does anything that the gateway keeps or logs', async () => {
  let kept = 0;
  for await (const bytes of keptBy(gateway)) {
    kept += 1;
    expect(excerptOf(bytes.toString('latin1'))).toBe('');
  }
  expect(kept).toBeGreaterThan(RUNS);
}, 120_000);
