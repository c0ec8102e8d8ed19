import { type PostgresServer, startPostgres } from '../../../test-fixtures/servers/postgres.ts';
import { COPY_DONE, encodeCopyData } from '../src/codec/copy.ts';
import { encodeBind, encodeExecute, encodeParse, SYNC } from '../src/codec/extended-query.ts';
import { BACKEND } from '../src/codec/message-types.ts';
import { encodeQuery } from '../src/codec/query.ts';
import { findKeys } from './playbook-kit.ts';
import { startTestGateway, type TestGateway, TOKEN } from './test-gateway.ts';
import { targetAt } from './test-target.ts';
import { WireClient } from './wire-client.ts';

/** No column is masked here: the value is found by its form, wherever it stands. */
const SECRET = 'key-123';
const SEED = `CREATE EXTENSION citext; CREATE TYPE pair AS (a int, b text);
  CREATE TABLE notes (id int, t text, v varchar, c char(9), n name, ci citext, j json, jb jsonb, x xml, a text[], ja jsonb[], p pair, b bytea);
  INSERT INTO notes SELECT 1, k, k, k, k, k, q, q, k::xml, ARRAY[k, 'b'], ARRAY[q::jsonb], ROW(1, k)::pair, k::bytea
    FROM (VALUES ('${SECRET}', '{"a": "${SECRET}"}'::json)) s (k, q);
  INSERT INTO notes (id, j) VALUES (2, '{"a": "\\u006bey-123"}');
  CREATE FUNCTION tell() RETURNS void LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE '%', (SELECT t FROM notes WHERE id = 1) USING DETAIL = '${SECRET}', HINT = '${SECRET}'; END $$;
  CREATE FUNCTION fail() RETURNS void LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '%', (SELECT t FROM notes WHERE id = 1) USING DETAIL = '${SECRET}'; END $$`;

let server: PostgresServer;
let gateway: TestGateway;

beforeAll(async () => {
  server = await startPostgres({ version: 15 });
  const direct = await WireClient.connect(targetAt(server));
  await direct.run(SEED);
  direct.close();
  gateway = await startTestGateway(targetAt(server, { options: { database: 'postgres' } }), { textMask: findKeys });
}, 60_000);

afterAll(async () => {
  await gateway.close();
  await server.stop();
});

async function bytesFor(...messages: readonly Buffer[]): Promise<string> {
  const target = targetAt({ ...server, port: gateway.port, user: 'alice', password: TOKEN }, { tls: { mode: 'require' } });
  const client = await WireClient.connect(target);
  client.send(...messages);
  const seen = await client.until(BACKEND.ReadyForQuery);
  client.close();
  return Buffer.concat(seen).toString('latin1');
}

const COLUMNS = 't, v, c, n, ci, j, jb, x, a, ja, p';
const QUERIES = [
  `SELECT ${COLUMNS} FROM notes`,
  `SELECT t || '', lower(t), '${SECRET}', concat('key-', 123), ROW(t, 1), ARRAY[ARRAY[t]], array_agg(p), string_agg(t, ','), (SELECT row_to_json(r) FROM notes r WHERE id = 1) FROM notes WHERE id = 1 GROUP BY t`,
  `SELECT r FROM notes r WHERE id = 1`,
  `SELECT p FROM notes WHERE false UNION ALL SELECT ROW(1, '${SECRET}')::pair`,
  `COPY notes (${COLUMNS}) TO STDOUT`,
  `COPY notes (${COLUMNS}) TO STDOUT (FORMAT csv, FORCE_QUOTE *)`,
  `COPY notes (${COLUMNS}) TO STDOUT (FORMAT binary)`,
  `COPY (SELECT t || t FROM notes) TO STDOUT (DELIMITER '-')`,
  'SELECT tell()',
  'SELECT fail()',
  `SELECT '${SECRET}'::int`,
  `INSERT INTO notes (t) VALUES ('${SECRET}') RETURNING t`,
  `EXPLAIN SELECT * FROM notes WHERE t = '${SECRET}'`,
  `LISTEN c; SELECT pg_notify('c', '${SECRET}')`,
  `BEGIN; DECLARE d BINARY CURSOR FOR SELECT ${COLUMNS} FROM notes; FETCH ALL FROM d; COMMIT`,
];

test.each(QUERIES)('%s', async (sql) => {
  const seen = await bytesFor(encodeQuery(sql));
  expect(seen).not.toContain(SECRET);
  expect(seen).toContain('[found]');
});

test.each(QUERIES.filter((sql) => !sql.includes(';')))('in binary, without Describe: %s', async (sql) => {
  const bind = encodeBind({ portal: '', statement: '', parameterFormats: [], parameters: [], resultFormats: [1] });
  const seen = await bytesFor(encodeParse({ statement: '', sql, parameterTypes: [] }), bind, encodeExecute('', 0), SYNC);
  expect(seen).not.toContain(SECRET);
  // A row of a named type has parts that the gateway does not know: the whole of it is hidden.
  expect(seen).toContain(/SELECT [rp] FROM/.test(sql) ? '\xff\xff\xff\xffC' : '[found]');
});

test('characters that are written in another way are found by what they say', async () => {
  expect(await bytesFor(encodeQuery('SELECT j FROM notes WHERE id = 2'))).toContain('{"a": "[found]"}');
});

test('rows without a hit pass to the byte, and bytea is not searched', async () => {
  const sql = "SELECT 1, 'nothing', b, 2.5 FROM notes WHERE id = 1";
  const direct = await WireClient.connect(targetAt(server));
  direct.send(encodeQuery(sql));
  expect(await bytesFor(encodeQuery(sql))).toBe(Buffer.concat(await direct.until(BACKEND.ReadyForQuery)).toString('latin1'));
  direct.close();
});

test('what is copied in reaches the target as it is', async () => {
  await bytesFor(
    encodeQuery('COPY notes (id, t) FROM STDIN'),
    encodeCopyData(Buffer.from('3\tke')),
    encodeCopyData(Buffer.from('y-9\n')),
    COPY_DONE,
  );
  const direct = await WireClient.connect(targetAt(server));
  direct.send(encodeQuery('SELECT t FROM notes WHERE id = 3'));
  expect(Buffer.concat(await direct.until(BACKEND.ReadyForQuery)).toString()).toContain('key-9');
  direct.close();
  expect(Buffer.concat(gateway.gate.recorded).toString()).toContain('3\t[found]\n');
});

test('parameters, statements, messages and data are recorded without it', async () => {
  const bind = encodeBind({ portal: '', statement: '', parameterFormats: [], parameters: [Buffer.from(SECRET)], resultFormats: [] });
  await bytesFor(encodeParse({ statement: '', sql: `SELECT $1, '${SECRET}'`, parameterTypes: [25] }), bind, encodeExecute('', 0), SYNC);
  const { commands, notes, seen, recorded } = gateway.gate;
  expect(commands.at(-1)).toMatchObject({ text: "SELECT $1, '[found]'", parameters: ['[found]'] });
  expect(notes.at(-1)).toMatchObject({ type: 'result', masked: { keys: 2 } });
  for (const record of [
    JSON.stringify(commands),
    JSON.stringify(notes),
    ...[seen, recorded].map((raw) => Buffer.concat(raw).toString('latin1')),
  ])
    expect(record).not.toContain(SECRET);
});
