import type { Mask } from '@sallyport/core';
import mysql2, { type Connection } from 'mysql2/promise';
import { type MariadbServer, startMariadb } from '../../../test-fixtures/servers/mariadb.ts';
import { startTestGateway, type TestGateway, TOKEN } from './test-gateway.ts';
import { targetAt } from './test-target.ts';
import { WireClient } from './wire-client.ts';

function tokens(domain: string): Mask {
  const head = `mt_${domain}_`;
  return {
    ...{ rule: domain, method: 'token', domain },
    apply: (value) => head + Buffer.from(value).toString('base64url'),
    original: (token) => (token.startsWith(head) ? Buffer.from(token.slice(head.length), 'base64url').toString() : undefined),
  };
}

const contact = tokens('contact');
const EMAIL = "o'neil\\@exämple.com";
const token = contact.apply(EMAIL) ?? '';

let server: MariadbServer;
let gateway: TestGateway;
let client: Connection;

beforeAll(async () => {
  server = await startMariadb({ args: ['--character-set-server=utf8mb4'] });
  const { host, port, user, password, database } = server;
  const direct = await mysql2.createConnection({ host, port, user, password, database });
  await direct.query('CREATE TABLE people (id int, email varchar(60), other varchar(60))');
  await direct.query('CREATE TABLE visits (mail varchar(60), seen int)');
  await direct.query('CREATE TABLE strange (email varchar(60))');
  await direct.execute("INSERT INTO people VALUES (1, ?, 'x'), (2, 'b@example.com', 'y')", [EMAIL]);
  await direct.execute('INSERT INTO visits VALUES (?, 7)', [EMAIL]);
  await direct.end();
  gateway = await startTestGateway(targetAt(server), {
    masks: { 'shop.people.email': contact, 'shop.visits.mail': contact, 'shop.strange.email': tokens('strange') },
  });
  client = await connected();
}, 60_000);

afterAll(async () => {
  await client?.end();
  await gateway?.close();
  await server?.stop();
});

function connected(): Promise<Connection> {
  return mysql2.createConnection({ host: '127.0.0.1', port: gateway.port, user: 'alice', password: TOKEN, charset: 'utf8mb4' });
}

const rows = async (sql: string, values?: readonly (string | number)[]): Promise<unknown> =>
  (values === undefined ? await client.query(sql) : await client.execute(sql, [...values]))[0];

test('values are shown as tokens, which find them again', async () => {
  expect(await rows('SELECT email FROM people WHERE id = 1')).toEqual([{ email: token }]);
  expect(await rows(`SELECT id, email FROM people WHERE email = '${token}'`)).toEqual([{ id: 1, email: token }]);
  expect(await rows(`SELECT id FROM people p WHERE id > 0 AND (p.email IN ('x', "${token}") OR id = 9)`)).toEqual([{ id: 1 }]);
  expect(await rows(`SELECT id FROM people WHERE '${token}' <=> shop.people.email`)).toEqual([{ id: 1 }]);
  expect(await rows('SELECT id FROM people WHERE id < ? AND email = ? AND other = ?', [9, token, 'x'])).toEqual([{ id: 1 }]);
  expect(await rows('SELECT id FROM people WHERE email IN (?, ?)', ['nobody', token])).toEqual([{ id: 1 }]);
  expect(await rows(`SELECT id, seen FROM people JOIN visits ON mail = email WHERE mail = '${token}'`)).toEqual([{ id: 1, seen: 7 }]);
});

test('without backslash escapes too', async () => {
  const own = await connected();
  await own.query("SET sql_mode = 'NO_BACKSLASH_ESCAPES'");
  expect((await own.query(`SELECT id FROM people WHERE email = '${token}'`))[0]).toEqual([{ id: 1 }]);
  await own.end();
});

test.each([
  `SELECT id FROM people WHERE email LIKE '${token}'`,
  `SELECT id FROM people WHERE email = concat('${token}')`,
  `SELECT id FROM people WHERE email = '' '${token}'`,
  `SELECT id FROM people WHERE other = '${token}'`,
  `SELECT id FROM people WHERE email = '${token}' COLLATE utf8mb4_bin`,
  `SELECT id FROM people, strange WHERE people.email = '${token}'`,
  `SELECT id FROM (SELECT * FROM people) AS d WHERE email = '${token}'`,
  `SELECT id FROM people HAVING id = '${token}'`,
])('a token is what it is elsewhere: %s', async (sql) => {
  expect(await rows(sql)).toEqual([]);
});

test('what the client gave is shown as it gave it', async () => {
  expect(await rows(`SELECT '${token}' AS t FROM people WHERE email = '${token}'`)).toEqual([{ t: token }]);
  expect(await rows(`SELECT email = '${token}' AS t FROM people WHERE id = 1`)).toEqual([{ t: null }]);
});

test('a token that is written back is refused', async () => {
  const refused = { errno: 1227 };
  await expect(rows(`UPDATE people SET email = '${token}, [redacted]' WHERE id = 1`)).rejects.toMatchObject(refused);
  const direct = await WireClient.connect(targetAt(server));
  expect((await direct.query("SELECT 1 FROM people WHERE email LIKE 'o%neil%'")).rows).toBe(1);
  direct.close();
});

test('the original is in no record', () => {
  const { commands, notes, seen, recorded } = gateway.gate;
  const record = JSON.stringify([commands, notes]) + Buffer.concat([...seen, ...recorded]).toString('latin1');
  expect(record).not.toContain('neil');
});
