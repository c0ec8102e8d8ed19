import { closeClassifier, redact, type Scene, scene } from '../../test/playbook-kit.ts';
import { decodeErrorOrNotice } from '../codec/error-fields.ts';
import { encodeQuery, encodeReadyForQuery } from '../codec/query.ts';
import { errorResponse } from '../errors.ts';
import { FAILING_QUERY } from './denial.ts';

afterAll(() => closeClassifier());

const TABLES = { 'public.customers': ['id', 'name', 'card'], 'public.orders': ['id', 'customer', 'note'] };
const RULES = { masks: { 'public.customers.card': redact } };
const idle = encodeReadyForQuery('I');
const masked = (): Scene => scene(RULES, TABLES);

describe('what may carry values out of sight is told to policy', () => {
  test.each([
    'INSERT INTO orders (note) SELECT card FROM customers',
    'CREATE TABLE copy AS SELECT * FROM customers',
    'SELECT * INTO copy FROM customers',
    'CREATE VIEW v AS SELECT card FROM customers',
    'CREATE OR REPLACE VIEW customers AS SELECT note FROM orders',
    'CREATE TABLE copy AS SELECT * FROM copy',
    'SELECT * INTO copy FROM copy',
    'CREATE VIEW v AS WITH w AS (SELECT * FROM v) SELECT * FROM w',
    'CREATE TABLE a AS SELECT 1; CREATE TABLE b AS SELECT * FROM a',
    'UPDATE customers SET name = card',
    "COPY customers TO '/tmp/x'",
    "COPY (SELECT card FROM customers) TO PROGRAM 'cat'",
    'INSERT INTO orders SELECT * FROM customers',
    'INSERT INTO orders (note) SELECT c FROM customers c',
    'INSERT INTO orders (note) SELECT to_json(c) FROM customers c',
    'INSERT INTO orders (note) SELECT name FROM customers c (id, card, name)',
    'INSERT INTO orders (note) SELECT name FROM (SELECT card AS name FROM customers) c',
    'WITH c AS (SELECT card AS name FROM customers) INSERT INTO orders (note) SELECT name FROM c',
    'INSERT INTO orders (note) WITH c AS (SELECT card AS name FROM customers) SELECT name FROM c',
    'INSERT INTO orders (note) SELECT name FROM customers UNION SELECT card FROM customers',
    'INSERT INTO orders (note) SELECT name || (SELECT max(card) FROM customers) FROM customers',
    'INSERT INTO orders (note) SELECT name FROM customers, unseen',
    'INSERT INTO orders (note) SELECT mine(name) FROM customers',
    'INSERT INTO orders (id) SELECT id FROM customers ON CONFLICT (id) DO UPDATE SET note = (SELECT card FROM customers LIMIT 1)',
    'UPDATE orders SET note = name FROM (SELECT card AS name FROM customers) c',
    'UPDATE orders SET (id, note) = (SELECT id, card FROM customers LIMIT 1)',
    'MERGE INTO orders o USING customers c ON o.id = c.id WHEN MATCHED THEN UPDATE SET note = name WHEN NOT MATCHED THEN INSERT (note) VALUES (card)',
    'SELECT pg_advisory_lock(id) FROM customers',
    "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS 'SELECT 1'",
    'CREATE TRIGGER t BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION f()',
    'CREATE CAST (a AS text) WITH FUNCTION f(a)',
    'CREATE AGGREGATE a (int) (SFUNC = f, STYPE = int)',
  ])('%s', async (sql) => {
    const { play, gate, warm } = masked();
    await warm(sql);
    await play.client(encodeQuery(sql));
    play.expect('target', FAILING_QUERY);
    await play.target(errorResponse('ERROR', '42601', 'syntax error'), idle);
    expect(decodeErrorOrNotice(play.take('client').subarray(0, -6)).fields.get('C')).toBe('42501');
    expect(gate.commands).toMatchObject([{ launders: true }]);
  });

  test.each([
    "UPDATE customers SET name = 'x' WHERE id = 1",
    'DELETE FROM customers',
    'DROP TABLE customers',
    'INSERT INTO orders SELECT * FROM orders',
    'CREATE TABLE copy AS SELECT note FROM orders',
    'SELECT note INTO copy FROM orders',
    'CREATE VIEW v AS SELECT note FROM orders',
    'CREATE MATERIALIZED VIEW v AS WITH v AS (SELECT note FROM orders) SELECT * FROM v',
    'CREATE TABLE copy AS SELECT 1 AS id',
    "INSERT INTO orders (id, note) SELECT id, lower(name) || 'x' FROM customers WHERE card = '4111'",
    'INSERT INTO orders (id, note) SELECT count(*), max(name) FROM customers GROUP BY id',
    'CREATE TABLE copy AS SELECT id, name FROM customers',
    'SELECT id INTO copy FROM customers',
    'UPDATE orders SET note = c.name FROM customers c WHERE c.id = customer',
    'MERGE INTO orders o USING customers c ON o.id = c.id WHEN MATCHED THEN UPDATE SET note = name WHEN NOT MATCHED THEN INSERT (note) VALUES (c.name)',
    "UPDATE customers SET name = 'x'::mood WHERE id = 1",
  ])('but not %s', async (sql) => {
    const { play, gate, warm } = masked();
    await warm(sql);
    await play.client(encodeQuery(sql));
    play.expect('target', encodeQuery(sql));
    expect(gate.commands[0]).not.toHaveProperty('launders');
  });

  test.each(["COPY customers TO STDOUT (ENCODING 'LATIN1')", 'COPY customers TO STDOUT; COPY orders TO STDOUT'])(
    'what cannot be masked is refused whatever policy says: %s',
    async (sql) => {
      const { play, gate, warm } = masked();
      await warm(sql);
      await play.client(encodeQuery(sql));
      play.expect('target', FAILING_QUERY);
      expect(gate.notes).toContainEqual(expect.objectContaining({ type: 'refused', command: 1 }));
    },
  );

  test('it runs when somebody has approved it', async () => {
    const sql = 'CREATE TABLE copy AS SELECT * FROM customers';
    const { play, gate, warm } = scene({ ...RULES, rule: ({ launders }) => (launders ? 'allow' : 'deny') }, TABLES);
    await warm(sql);
    await play.client(encodeQuery(sql));
    play.expect('target', encodeQuery(sql));
    expect(gate.commands).toMatchObject([{ launders: true }]);
  });
});
