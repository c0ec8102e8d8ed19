import { readFileSync } from 'node:fs';
import mysql2, { type Connection, type ConnectionOptions } from 'mysql2/promise';
import type { MariadbServer } from '../../../test-fixtures/servers/mariadb.ts';
import { mysqlFlavours } from '../../../test-fixtures/servers/mysql.ts';
import { redact } from './test-gate.ts';
import { startTestGateway, type TestGateway, TOKEN } from './test-gateway.ts';
import { targetAt } from './test-target.ts';

const CARD = '4111222233334444';
const hex = Buffer.from(CARD).toString('hex');
const FORMS = [CARD, [...CARD].reverse().join(''), Buffer.from(CARD).toString('base64').slice(0, 12), hex, hex.toUpperCase(), '4.1112222'];
const SEED = `CREATE TABLE customers (id int PRIMARY KEY, name varchar(50), card varchar(30) UNIQUE);
  INSERT INTO customers VALUES (1, 'Ann', '${CARD}'), (2, 'Bob', NULL);
  CREATE VIEW cards AS SELECT id, name, card, concat(card, '!') AS loud FROM customers;
  CREATE VIEW far AS SELECT * FROM cards;
  CREATE TABLE orders (id int AUTO_INCREMENT PRIMARY KEY, customer int, note longtext);
  INSERT INTO orders (customer, note) VALUES (1, 'first');
  CREATE PROCEDURE show_cards() READS SQL DATA SELECT card FROM customers;
  CREATE FUNCTION card_of(n int) RETURNS varchar(30) READS SQL DATA RETURN (SELECT card FROM customers WHERE id = n)`;
const STATEMENTS = readFileSync(new URL('../../../test-fixtures/mysql/evasion.sql', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('-- '));

describe.each(mysqlFlavours())('$name', ({ start }) => {
  let server: MariadbServer;
  let gateway: TestGateway;

  beforeAll(async () => {
    server = await start();
    const { host, port, user, password, database } = server;
    const seeder = await mysql2.createConnection({ host, port, user, password, database, multipleStatements: true });
    await seeder.query(SEED);
    await seeder.end();
    gateway = await startTestGateway(targetAt(server), { masks: { 'shop.customers.card': redact } });
  }, 120_000);

  afterAll(async () => {
    await gateway?.close();
    await server?.stop();
  });

  function connected(options: ConnectionOptions = {}): Promise<Connection> {
    return mysql2.createConnection({ host: '127.0.0.1', port: gateway.port, user: 'alice', password: TOKEN, ...options });
  }

  function shown({ gate }: TestGateway): string | undefined {
    const seen = Buffer.concat(gate.seen).toString('latin1');
    return FORMS.find((form) => seen.includes(form));
  }

  test('no statement of the table shows the value, as text and prepared', async () => {
    const leaks: string[] = [];
    for (const prepared of [false, true]) {
      const connection = await connected();
      for (const sql of STATEMENTS) {
        gateway.gate.seen.length = 0;
        await (prepared ? connection.execute(sql) : connection.query(sql)).catch(() => undefined);
        const form = shown(gateway);
        if (form !== undefined) leaks.push(`${prepared ? 'prepared' : 'text'}: ${sql} showed ${form}`);
      }
      connection.destroy();
    }
    expect(leaks).toEqual([]);
  });

  test('nor do they record it', () => {
    const told = JSON.stringify([gateway.gate.commands.filter(({ text }) => !text.includes('4111222233334444')), gateway.gate.notes]);
    expect(FORMS.filter((form) => told.includes(form))).toEqual([]);
    expect(gateway.gate.commands.filter(({ text }) => text.includes(CARD))).toEqual([]);
  });

  test('what is not masked is seen beside what is', async () => {
    const connection = await connected();
    const rows = async (sql: string): Promise<unknown> => (await connection.query(sql))[0];
    expect(await rows('SELECT name, count(*) AS n, upper(name) AS u FROM customers WHERE id = 1 GROUP BY name')).toEqual([
      { name: 'Ann', n: 1, u: 'ANN' },
    ]);
    expect(await rows('SELECT name FROM cards WHERE id = 1')).toEqual([{ name: 'Ann' }]);
    expect(await rows('SELECT name FROM far WHERE id = 2')).toEqual([{ name: 'Bob' }]);
    expect(await rows('SELECT o.note, c.name FROM orders o JOIN customers c ON c.id = o.customer')).toEqual([
      { note: 'first', name: 'Ann' },
    ]);
    expect(await rows("SELECT concat(note, '!') AS loud FROM orders")).toEqual([{ loud: 'first!' }]);
    expect(await rows('SELECT 1 + 1 AS two, NOW() > 0 AS t')).toEqual([{ two: 2, t: 1 }]);
    await connection.end();
  });

  test('without masks the table does show it: it can fail', async () => {
    const open = await startTestGateway(targetAt(server));
    const connection = await mysql2.createConnection({ host: '127.0.0.1', port: open.port, user: 'alice', password: TOKEN });
    let showing = 0;
    for (const sql of STATEMENTS.filter((line) => /^(SELECT|WITH|\()/.test(line) && !line.includes('INTO'))) {
      open.gate.seen.length = 0;
      await connection.query(sql).catch(() => undefined);
      if (shown(open)) showing += 1;
    }
    connection.destroy();
    await open.close();
    expect(showing).toBeGreaterThan(45);
  });
});
