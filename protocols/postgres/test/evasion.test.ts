import { type PostgresServer, startPostgres } from '../../../test-fixtures/servers/postgres.ts';
import { encodeBind, encodeExecute, encodeParse, SYNC } from '../src/codec/extended-query.ts';
import { BACKEND } from '../src/codec/message-types.ts';
import { encodeQuery } from '../src/codec/query.ts';
import { redact } from './playbook-kit.ts';
import { startTestGateway, type TestGateway, TOKEN } from './test-gateway.ts';
import { targetAt } from './test-target.ts';
import { WireClient } from './wire-client.ts';

const SECRET = '4111222233334444';
/** The secret as such, backwards, in hexadecimal, in base64, and as a number in binary format. */
const TRACES = [
  SECRET,
  [...SECRET].reverse().join(''),
  Buffer.from(SECRET).toString('hex'),
  Buffer.from(SECRET).toString('base64').slice(0, 16),
  Buffer.from(BigInt(SECRET).toString(16).padStart(16, '0'), 'hex').toString('latin1'),
  SECRET.slice(4, 12),
];
const SEED = `CREATE TABLE customers (id int PRIMARY KEY, name text, card text);
  INSERT INTO customers VALUES (1, 'Ann', '${SECRET}');
  CREATE TABLE orders (id int PRIMARY KEY, note text); INSERT INTO orders VALUES (1, 'n');
  CREATE VIEW cards AS SELECT id, card FROM customers;
  CREATE VIEW derived AS SELECT id, 'x' || card AS derived, upper(card) AS name FROM cards;
  CREATE MATERIALIZED VIEW stored AS SELECT card FROM customers;
  CREATE TABLE parts (id int, card text) PARTITION BY RANGE (id); CREATE TABLE part PARTITION OF parts FOR VALUES FROM (0) TO (9);
  INSERT INTO parts VALUES (1, '${SECRET}');
  CREATE TABLE child () INHERITS (customers); INSERT INTO child VALUES (2, 'Kid', '${SECRET}');
  CREATE FUNCTION card_of(int) RETURNS text STABLE LANGUAGE sql AS 'SELECT card FROM customers WHERE id = $1';
  CREATE FUNCTION loud() RETURNS void LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '%', (SELECT card FROM customers WHERE id = 1); END $$;
  CREATE FUNCTION lower(varchar) RETURNS text IMMUTABLE LANGUAGE sql AS $$ SELECT card FROM public.customers WHERE id = 1 $$;
  CREATE FUNCTION same(text, text) RETURNS text IMMUTABLE LANGUAGE sql AS $$ SELECT card FROM public.customers WHERE id = 1 $$;
  CREATE TYPE tint AS ENUM ('a'); CREATE FUNCTION leak(tint) RETURNS text IMMUTABLE LANGUAGE sql AS $$ SELECT card FROM public.customers WHERE id = 1 $$;
  CREATE CAST (tint AS text) WITH FUNCTION leak(tint);
  CREATE TABLE counts (id int); INSERT INTO counts VALUES (1);
  CREATE VIEW by_call AS SELECT id, card_of(1) AS called FROM counts;
  CREATE VIEW by_xml AS SELECT query_to_xml('SELECT card FROM customers', true, true, '')::text AS doc;
  CREATE FUNCTION rows_of() RETURNS TABLE (a int, b text) STABLE LANGUAGE sql AS 'SELECT id, card FROM customers';
  CREATE VIEW by_rows AS SELECT a, b, b || '' AS c FROM rows_of();
  CREATE VIEW over_rows AS SELECT b, upper(c) AS d FROM by_rows;
  CREATE TABLE countries (id int PRIMARY KEY, name text); INSERT INTO countries VALUES (1, 'x');
  CREATE TABLE visitors (country int NOT NULL REFERENCES countries ON DELETE SET NULL, card text); INSERT INTO visitors VALUES (1, '${SECRET}');
  CREATE FUNCTION tells() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF NEW.id = 2 THEN RAISE NOTICE '%', (SELECT card FROM customers WHERE id = 1); RETURN NEW; END IF;
    RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = (SELECT card FROM customers WHERE id = 1); END $$;
  CREATE TABLE watched (id int); CREATE TRIGGER tells BEFORE INSERT ON watched FOR EACH ROW EXECUTE FUNCTION tells();
  CREATE OPERATOR ### (LEFTARG = text, RIGHTARG = text, FUNCTION = same);
  ANALYZE`;

let server: PostgresServer;
let gateway: TestGateway;

beforeAll(async () => {
  server = await startPostgres({ version: 15 });
  const seeder = await WireClient.connect(targetAt(server));
  await seeder.run(SEED);
  seeder.close();
  gateway = await startTestGateway(targetAt(server, { options: { database: 'postgres' } }), {
    masks: { 'public.customers.card': redact, 'public.parts.card': redact, 'public.visitors.card': redact },
  });
}, 60_000);

afterAll(async () => {
  await gateway.close();
  await server.stop();
});

function connect(): Promise<WireClient> {
  return WireClient.connect(targetAt({ ...server, port: gateway.port, user: 'alice', password: TOKEN }, { tls: { mode: 'require' } }));
}

/** All bytes that the client gets for these messages, each behind the answer to the one before. */
async function bytesFor(...groups: readonly (readonly Buffer[])[]): Promise<string> {
  const client = await connect();
  const seen: Buffer[] = [];
  try {
    for (const group of groups) {
      client.send(...group);
      seen.push(...(await client.until(BACKEND.ReadyForQuery)));
    }
  } finally {
    client.close();
  }
  return Buffer.concat(seen).toString('latin1');
}

function expectNoTrace(bytes: string): void {
  expect(TRACES.filter((trace) => bytes.includes(trace))).toEqual([]);
}

const QUERIES = [
  'SELECT card FROM customers',
  'SELECT * FROM customers',
  'SELECT c.card AS name FROM customers c',
  "SELECT card || '' FROM customers",
  'SELECT substring(card from 1) FROM customers',
  "SELECT encode(card::bytea, 'hex'), encode(card::bytea, 'base64') FROM customers",
  'SELECT reverse(card), card::bigint, card::varchar, left(card, 12), overlay(card placing $$$$ from 1) FROM customers',
  'SELECT to_json(card), row_to_json(c), to_jsonb(c), json_build_object(1, card), json_agg(c), jsonb_object_agg(name, card) FROM customers c GROUP BY card, c.*, name',
  'SELECT c FROM customers c',
  'SELECT c::text, (c.*)::text, ROW(c.*), ROW(card) FROM customers c',
  'SELECT (c).card, (SELECT (d).card FROM customers d LIMIT 1) FROM customers c',
  'SELECT array_agg(card), string_agg(card, $$,$$), min(card), max(card), ARRAY[card] FROM customers GROUP BY card',
  'SELECT unnest(ARRAY[card]) FROM customers',
  'SELECT name FROM customers UNION SELECT card FROM customers',
  'SELECT note FROM orders UNION ALL SELECT card FROM customers',
  'WITH x AS (SELECT card AS note FROM customers) SELECT note FROM x',
  'WITH x AS (SELECT lower(card) AS note FROM customers) SELECT note, upper(note) FROM x',
  'SELECT note FROM (SELECT card AS note FROM customers) orders',
  'SELECT note FROM (SELECT card || $$$$ AS note FROM customers) orders',
  'SELECT x FROM orders, LATERAL (SELECT card AS x FROM customers) y',
  'SELECT x.* FROM orders LEFT JOIN LATERAL (SELECT upper(card) FROM customers) x ON true',
  'SELECT CASE WHEN true THEN card END, coalesce(card), nullif(card, $$$$), greatest(card, $$$$) FROM customers',
  'SELECT first_value(card) OVER (), lag(card, 0) OVER () FROM customers',
  'SELECT (SELECT card FROM customers LIMIT 1)',
  'SELECT ARRAY(SELECT card FROM customers)',
  'SELECT card FROM customers JOIN (SELECT card FROM customers) o USING (card)',
  'SELECT card FROM customers NATURAL FULL JOIN (SELECT card FROM customers) o',
  'SELECT card FROM cards',
  'SELECT derived, name FROM derived',
  'SELECT card FROM stored',
  'SELECT card FROM child',
  'SELECT card FROM parts; SELECT card FROM part; SELECT lower(card) FROM part',
  'TABLE customers',
  'VALUES ((SELECT card FROM customers LIMIT 1))',
  'SELECT DISTINCT ON (card) card FROM customers ORDER BY card',
  'SELECT card FROM customers GROUP BY ROLLUP (card)',
  "UPDATE customers SET name = name RETURNING card, card || 'x', *",
  "INSERT INTO customers (id, name) VALUES (7, 'x') RETURNING (SELECT card FROM customers WHERE id = 1)",
  'DELETE FROM customers WHERE id = 7 RETURNING customers',
  'SELECT card_of(1)',
  "SELECT lower('x'::varchar)",
  "SELECT 'a' ### 'b'",
  'SELECT name ### name FROM customers',
  'SELECT loud()',
  'SELECT card::int FROM customers',
  "SELECT 1 / (CASE WHEN card = '' THEN 1 ELSE 0 END), card::date FROM customers",
  'SELECT card::xml, xmlforest(card), xmlelement(name a, card) FROM customers',
  "SELECT query_to_xml('SELECT card FROM customers', true, true, ''), table_to_xml('customers', true, true, '')",
  "DO $$ BEGIN RAISE NOTICE '%', (SELECT card FROM customers WHERE id = 1); END $$",
  "DO $$ BEGIN RAISE EXCEPTION '%', (SELECT card FROM customers WHERE id = 1); END $$",
  "DO $$ BEGIN PERFORM pg_notify('c', (SELECT card FROM customers WHERE id = 1)); END $$",
  "INSERT INTO customers VALUES (1, 'x', (SELECT card FROM customers WHERE id = 1))",
  `INSERT INTO customers (id, card) VALUES (1, '${'4111'}' || '222233334444')`,
  'ALTER TABLE customers ADD CONSTRAINT c CHECK (length(card) < 2)',
  'CREATE UNIQUE INDEX x ON customers ((length(card) * 0))',
  'SELECT most_common_vals, histogram_bounds FROM pg_stats',
  'SELECT stavalues1 FROM pg_statistic',
  'SELECT query FROM pg_stat_activity',
  "SELECT * FROM customers WHERE card = '4111'; SELECT query FROM pg_stat_activity",
  'COPY customers TO STDOUT',
  'COPY (SELECT card FROM customers) TO STDOUT',
  "COPY customers TO STDOUT (FORMAT csv, NULL '4111222233334444')",
  "COPY customers TO STDOUT (NULL '4111222233334444')",
  'COPY customers (card) TO STDOUT (FORMAT binary)',
  'COPY (SELECT upper(card) FROM customers) TO STDOUT (FORMAT csv, FORCE_QUOTE *, HEADER)',
  'COPY (SELECT c FROM customers c) TO STDOUT',
  'COPY (TABLE customers) TO STDOUT (FORMAT binary)',
  'COPY (SELECT note FROM orders UNION SELECT card FROM customers) TO STDOUT',
  "COPY (UPDATE customers SET name = 'x' RETURNING card) TO STDOUT",
  'COPY stored TO STDOUT',
  'COPY (SELECT * FROM by_rows) TO STDOUT',
  'COPY pg_statistic TO STDOUT',
  'COPY (SELECT card FROM customers) TO STDOUT; COPY customers TO STDOUT',
  'SET search_path TO pg_temp, public; COPY customers TO STDOUT',
  'CREATE TABLE orders2 AS SELECT card AS note FROM customers; SELECT * FROM orders2',
  'CREATE TEMP TABLE orders AS SELECT card AS note FROM customers; SELECT lower(note) FROM orders',
  'SELECT card AS note INTO orders3 FROM customers; SELECT * FROM orders3',
  'INSERT INTO orders SELECT 5, card FROM customers WHERE id = 1; SELECT * FROM orders',
  'UPDATE orders SET note = card FROM customers; SELECT * FROM orders',
  'UPDATE customers SET name = card; SELECT name FROM customers',
  'WITH w AS (INSERT INTO orders SELECT 6, card FROM customers WHERE id = 1 RETURNING note) SELECT note FROM w; SELECT * FROM orders',
  'MERGE INTO orders USING customers c ON orders.id = c.id WHEN MATCHED THEN UPDATE SET note = card; SELECT * FROM orders',
  'INSERT INTO orders VALUES (1) ON CONFLICT (id) DO UPDATE SET note = (SELECT card FROM customers LIMIT 1); SELECT * FROM orders',
  'CREATE VIEW leak AS SELECT card AS x FROM customers; SELECT x FROM leak',
  'CREATE TEMP VIEW orders AS SELECT card AS note FROM customers; SELECT note, upper(note) FROM orders',
  'PREPARE p AS SELECT card FROM customers; EXECUTE p',
  'PREPARE q AS SELECT upper(card) AS name FROM customers; EXECUTE q; CREATE TABLE orders4 AS EXECUTE q',
  'BEGIN; DECLARE d CURSOR FOR SELECT upper(card), card FROM customers; FETCH ALL FROM d; COMMIT',
  'BEGIN; ALTER TABLE customers RENAME COLUMN card TO name2; SELECT name2, upper(name2) FROM customers; ROLLBACK',
  'BEGIN; ALTER TABLE customers RENAME TO orders9; SELECT upper(card), card FROM orders9; ROLLBACK',
  'BEGIN; ALTER TABLE orders RENAME TO old; ALTER TABLE customers RENAME TO orders; ALTER TABLE orders RENAME COLUMN card TO note; SELECT upper(note), note FROM orders; ROLLBACK',
  'EXPLAIN (ANALYZE, VERBOSE) SELECT * FROM customers WHERE card = (SELECT card FROM customers WHERE id = 1)',
  'SELECT json_each_text(to_json(c)), jsonb_each(to_jsonb(c)) FROM customers c',
  "SELECT * FROM json_populate_record(null::orders, (SELECT json_build_object('note', card) FROM customers WHERE id = 1))",
  'SELECT x FROM customers, regexp_split_to_table(card, $$,$$) x',
  "SELECT format('%s', card), concat(card), quote_literal(card), md5(card), to_hex(card::bigint) FROM customers",
  'SELECT pg_column_size(card), length(card), card > $$4$$ FROM customers',
  "SELECT set_config('my.var', card, false) FROM customers; SELECT current_setting('my.var')",
  "SELECT set_config('application_name', card, false) FROM customers",
  'SELECT * FROM by_call',
  'SELECT lower(called), called AS note FROM by_call',
  'SELECT doc FROM by_xml',
  'SELECT a, b, c FROM by_rows',
  'SELECT upper(b), c FROM by_rows',
  'SELECT * FROM over_rows',
  'CREATE TABLE kept AS SELECT b FROM over_rows; SELECT b FROM kept',
  "SELECT 'a'::tint::text",
  'DELETE FROM countries',
  'INSERT INTO watched VALUES (1)',
  'INSERT INTO watched VALUES (2)',
  'SELECT current_setting(card) FROM customers',
  'SELECT set_config(card, $$x$$, false) FROM customers',
  "SELECT (card || 'x')::regoper FROM customers",
  "SELECT (card || 'x')::regcollation FROM customers",
  "SELECT (card || '.x')::regclass FROM customers",
  "SELECT has_table_privilege(card || '.x', 'select') FROM customers",
  "SELECT has_table_privilege(card, 'select'), to_regclass(card) FROM customers",
  'LOCK TABLE customers; SELECT card FROM ONLY customers FOR UPDATE',
  'SELECT card FROM customers TABLESAMPLE SYSTEM (100)',
];

test('the attempts are good ones: most of them show the secret where nothing is masked', async () => {
  let shown = 0;
  for (const sql of QUERIES) {
    const client = await WireClient.connect(targetAt(server));
    client.send(encodeQuery('BEGIN'), encodeQuery(sql), encodeQuery('ROLLBACK'));
    const seen: Buffer[] = [];
    for (let answers = 0; answers < 3; answers += 1) seen.push(...(await client.until(BACKEND.ReadyForQuery)));
    client.close();
    const bytes = Buffer.concat(seen).toString('latin1');
    if (TRACES.some((trace) => bytes.includes(trace))) shown += 1;
  }
  expect(shown).toBeGreaterThan(70);
});

test.each(QUERIES)('%s', async (sql) => {
  expectNoTrace(await bytesFor([encodeQuery(sql)]));
});

test.each(QUERIES.filter((sql) => !sql.includes(';')))('in binary, without Describe: %s', async (sql) => {
  const bind = encodeBind({ portal: '', statement: 's', parameterFormats: [], parameters: [], resultFormats: [1] });
  const parse = encodeParse({ statement: 's', sql, parameterTypes: [] });
  expectNoTrace(await bytesFor([parse, bind, encodeExecute('', 0), SYNC], [bind, encodeExecute('', 0), SYNC], [encodeQuery('ROLLBACK')]));
});

test('statements of one breath', async () => {
  const client = await connect();
  const breath = [
    'BEGIN',
    'ALTER TABLE orders RENAME TO old',
    'ALTER TABLE customers RENAME TO orders',
    'ALTER TABLE orders RENAME COLUMN card TO note',
    'SELECT upper(note) FROM orders',
    'PREPARE leak AS SELECT upper(note) FROM orders',
    'EXECUTE leak',
    'ROLLBACK',
    'EXECUTE leak',
  ];
  const answers = await client.converse(breath.map(encodeQuery));
  client.close();
  expectNoTrace(answers.join('\n'));
});

test('a prepared statement whose names have come to mean something else', async () => {
  const bind = encodeBind({ portal: '', statement: 's', parameterFormats: [], parameters: [], resultFormats: [] });
  const parse = encodeParse({ statement: 's', sql: 'SELECT note FROM orders', parameterTypes: [] });
  const other =
    'CREATE SCHEMA IF NOT EXISTS other; DROP VIEW IF EXISTS other.orders; CREATE VIEW other.orders AS SELECT 1 AS id, card AS note FROM public.customers';
  const seeder = await WireClient.connect(targetAt(server));
  await seeder.run(other);
  seeder.close();
  const run = [bind, encodeExecute('', 0), SYNC];
  expectNoTrace(await bytesFor([parse, ...run], [encodeQuery('SET search_path TO other, public')], run));
});

test('nothing of it is in what was recorded', () => {
  const noted = JSON.stringify(gateway.gate.commands) + JSON.stringify(gateway.gate.notes);
  expectNoTrace(noted);
  expectNoTrace(Buffer.concat(gateway.gate.seen).toString('latin1'));
});
