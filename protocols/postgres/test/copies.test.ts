import { type PostgresServer, startPostgres } from '../../../test-fixtures/servers/postgres.ts';
import { encodeBind, encodeExecute, encodeParse, SYNC } from '../src/codec/extended-query.ts';
import { BACKEND } from '../src/codec/message-types.ts';
import { encodeQuery } from '../src/codec/query.ts';
import { redact } from './playbook-kit.ts';
import { startTestGateway, type TestGateway, TOKEN } from './test-gateway.ts';
import { targetAt } from './test-target.ts';
import { WireClient } from './wire-client.ts';

const SEED = `CREATE TABLE people (id int PRIMARY KEY, card text, note text, pin int);
  INSERT INTO people VALUES (1, '4111', 'plain', 1234), (2, NULL, NULL, NULL), (3, '', '', 0), (4, E'a\\tb\\nc\\r\\\\d', E'x\\ty\\nz\\r\\\\w', 5),
    (5, '\\.', '\\.', 6), (6, '\\N', '\\N', 7), (7, '"q", ''r''', '"q", ''r''', 8), (8, 'ä€𝄞;|', 'ä€𝄞;|', 9), (9, repeat('long ', 500000), repeat('n"', 400000), 1);
  CREATE TABLE narrow (card text); INSERT INTO narrow VALUES ('\\.'), (''), (NULL), ('x');
  CREATE TABLE made (a int, card text, b int GENERATED ALWAYS AS (a * 2) STORED); INSERT INTO made VALUES (1, '4111');
  CREATE SCHEMA other; CREATE TABLE other.people (card text, free text); INSERT INTO other.people VALUES ('4111', 'f')`;

let server: PostgresServer;
let gateway: TestGateway;
let direct: WireClient;
let through: WireClient;

beforeAll(async () => {
  server = await startPostgres({ version: 15 });
  direct = await WireClient.connect(targetAt(server));
  await direct.run(SEED);
  gateway = await startTestGateway(targetAt(server, { options: { database: 'postgres' } }), {
    masks: { 'public.people.card': redact, 'public.people.pin': redact, 'public.narrow.card': redact, 'public.made.card': redact },
  });
  const target = { ...server, port: gateway.port, user: 'alice', password: TOKEN };
  through = await WireClient.connect(targetAt(target, { tls: { mode: 'require' } }));
}, 60_000);

afterAll(async () => {
  direct.close();
  through.close();
  await gateway.close();
  await server.stop();
});

async function answer(client: WireClient, sql: string): Promise<string[]> {
  client.send(encodeQuery(sql));
  return (await client.until(BACKEND.ReadyForQuery)).map((raw) => raw.toString('latin1'));
}

const MASKED = "CASE WHEN card IS NOT NULL THEN '***' END";
const COPIES: readonly (readonly [string, string])[] = [
  ['COPY people TO STDOUT', `COPY (SELECT id, ${MASKED}, note, null FROM people) TO STDOUT`],
  ['COPY people (note, card) TO STDOUT', `COPY (SELECT note, ${MASKED} FROM people) TO STDOUT`],
  [
    'COPY (SELECT p.note, p.card AS x FROM people p ORDER BY id) TO STDOUT',
    `COPY (SELECT note, ${MASKED} FROM people ORDER BY id) TO STDOUT`,
  ],
  [
    'COPY (SELECT lower(card), count(*) FROM narrow WHERE card IS NOT NULL GROUP BY 1) TO STDOUT',
    'COPY (SELECT null, count(*) FROM narrow WHERE card IS NOT NULL GROUP BY card) TO STDOUT',
  ],
  ['COPY narrow TO STDOUT', `COPY (SELECT ${MASKED} FROM narrow) TO STDOUT`],
];
const OPTIONS = [
  '',
  '(HEADER)',
  "(DELIMITER ';', NULL '\\nil')",
  '(FORMAT csv)',
  "(FORMAT csv, HEADER, DELIMITER ';', NULL 'none')",
  `(FORMAT csv, QUOTE '''', ESCAPE '\\')`,
  "CSV DELIMITER AS '|' NULL AS 'x'",
];

test.each(COPIES.flatMap(([masked, plain]) => OPTIONS.map((options) => [`${masked} ${options}`, `${plain} ${options}`])))(
  '%s',
  async (masked, plain) => {
    const header = masked.includes('HEADER');
    const want = await answer(direct, plain);
    const got = await answer(through, masked);
    expect(got.length).toBe(want.length);
    for (const [at, message] of got.entries()) if (!(header && at === 1)) expect(message === want[at]).toBe(true);
  },
);

test.each(COPIES.slice(1))('in binary: %s', async (masked, plain) => {
  const text = plain.replaceAll(MASKED, `(${MASKED})::text`).replaceAll('null,', 'null::text,');
  expect(await answer(through, `${masked} (FORMAT binary)`)).toEqual(await answer(direct, `${text} (FORMAT binary)`));
});

test('generated columns are not copied: without a list of columns everything is hidden', async () => {
  expect((await answer(through, 'COPY made TO STDOUT')).join('\n')).toContain('\\N\t\\N\n');
  expect((await answer(through, 'COPY made (a, card) TO STDOUT')).join('\n')).toContain('1\t***\n');
});

test('names mean what they mean to the session', async () => {
  await through.run('SET search_path TO other');
  expect((await answer(through, 'COPY people TO STDOUT')).join('\n')).toContain('4111\tf\n');
  await through.run('SET search_path TO public');
  expect((await answer(through, 'COPY people TO STDOUT')).join('\n')).not.toContain('4111');
  await through.run('CREATE TEMP TABLE people (card text); INSERT INTO people VALUES ($$9$$)');
  expect((await answer(through, 'COPY people TO STDOUT')).join('\n')).toContain('\\N\n');
  await through.run('DROP TABLE pg_temp.people; RESET search_path');
});

test('in a transaction, failing, and in the extended protocol', async () => {
  expect((await answer(through, 'BEGIN')).at(-1)).toContain('T');
  expect((await answer(through, 'COPY people TO STDOUT')).join('\n')).toContain('1\t***\tplain\t\\N\n');
  const failed = await answer(through, 'COPY nobody TO STDOUT');
  expect(failed[0]).toContain('relation "nobody" does not exist');
  expect(failed.at(-1)).toContain('E');
  expect((await answer(through, 'COPY people TO STDOUT'))[0]).toContain('25P02');
  await through.run('ROLLBACK');
  const bind = encodeBind({ portal: '', statement: '', parameterFormats: [], parameters: [], resultFormats: [] });
  through.send(encodeParse({ statement: '', sql: 'COPY narrow TO STDOUT', parameterTypes: [] }), bind, encodeExecute('', 0), SYNC);
  const seen = await through.until(BACKEND.ReadyForQuery);
  expect(seen.map((raw) => String.fromCharCode(raw[0] ?? 0)).join('')).toBe('12HddddcCZ');
  expect(Buffer.concat(seen).toString('latin1')).toContain('***\n');
});

test('what was masked is in no record', () => {
  const seen = Buffer.concat(gateway.gate.seen).toString('latin1');
  expect(seen).not.toContain('a\\tb');
  expect(gateway.gate.notes).toContainEqual(expect.objectContaining({ type: 'result', masked: { 'test redact': expect.any(Number) } }));
});
