import { Client } from 'pg';
import { type Gateway, startGateway } from '../../../test-fixtures/servers/gateway.ts';
import { type PostgresServer, startPostgres } from '../../../test-fixtures/servers/postgres.ts';

/** Nobody's: Amazon's own example. */
const KEY = 'AKIAIOSFODNN7EXAMPLE';
const EMAIL = 'ann@example.com';

let server: PostgresServer;
let gateway: Gateway;
let client: Client;

function clientOf(port: number, user: string, password: string, ssl: boolean): Client {
  return new Client({ host: '127.0.0.1', port, user, password, database: 'postgres', ...(ssl && { ssl: { rejectUnauthorized: false } }) });
}

beforeAll(async () => {
  server = await startPostgres({ version: 15 });
  const direct = clientOf(server.port, server.user, server.password, false);
  await direct.connect();
  await direct.query(`CREATE TABLE people (id int, email text, note text, doc jsonb, tags text[]);
    INSERT INTO people VALUES (1, '${EMAIL}', 'key ${KEY}.', '{"k": "${KEY}", "n": 1}', ARRAY['a', '${KEY}'])`);
  await direct.end();
  gateway = await startGateway({
    target: server,
    durability: 'fast',
    masking: [
      { name: 'contact', columns: ['*.email'], method: 'token', domain: 'contact' },
      { name: 'keys', detect: ['aws-key'], method: 'redact' },
      { name: 'house ids', pattern: 'HX-[0-9]{8}', method: 'hash' },
    ],
  });
  client = clientOf(gateway.port, gateway.user, gateway.password, true);
  await client.connect();
}, 120_000);

afterAll(async () => {
  await client?.end();
  await gateway?.stop();
  await server?.stop();
});

test('what rules find by its form is masked in texts, documents and arrays', async () => {
  const { rows } = await client.query('SELECT note, doc, tags FROM people');
  expect(rows).toEqual([{ note: 'key [redacted].', doc: { k: '[redacted]', n: 1 }, tags: ['a', '[redacted]'] }]);
  const { rows: house } = await client.query("SELECT 'order HX-12345678' AS house");
  expect(house[0].house).toMatch(/^order h_[\w-]{22}$/);
  await expect(client.query(`SELECT '${KEY}'::int`)).rejects.toThrow('invalid input syntax for type integer: "[redacted]"');
});

test('tokens find their values, and are not stored', async () => {
  const { rows } = await client.query('SELECT email FROM people');
  const token = rows[0].email as string;
  expect(token).toMatch(/^mt_/);
  expect((await client.query('SELECT id FROM people WHERE email = $1', [token])).rows).toEqual([{ id: 1 }]);
  expect((await client.query(`SELECT id FROM people WHERE email IN ('x', '${token}')`)).rows).toEqual([{ id: 1 }]);
  expect((await client.query('SELECT id FROM people WHERE email = ANY ($1)', [[token]])).rows).toEqual([{ id: 1 }]);
  expect((await client.query('SELECT id FROM people WHERE note = $1', [token])).rows).toEqual([]);
  await expect(client.query('UPDATE people SET note = $1', [token])).rejects.toThrow('would store a mask');
  await expect(client.query('UPDATE people SET email = $1 WHERE id = 1', ['****'])).rejects.toThrow('would store a mask');
});
