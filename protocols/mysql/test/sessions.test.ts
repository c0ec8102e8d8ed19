import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import type { RecordedFrames, ReplayItem } from '@sallyport/core';
import { CA_FILE, redact } from '@sallyport/core/testing';
import mysql2, { type Connection, type ConnectionOptions } from 'mysql2/promise';
import type { MariadbServer } from '../../../test-fixtures/servers/mariadb.ts';
import { mysqlFlavours } from '../../../test-fixtures/servers/mysql.ts';
import { startTestGateway, type TestGateway, TOKEN } from './test-gateway.ts';
import { targetAt } from './test-target.ts';

const run = promisify(execFile);
const SEED = `CREATE TABLE customers (id int PRIMARY KEY, name varchar(50), card varchar(30) UNIQUE, limit_eur int);
  INSERT INTO customers VALUES (1, 'Ann', '4111', 10), (2, 'Bob', NULL, 20);
  CREATE VIEW cards AS SELECT id, card, concat(card, '!') AS loud FROM customers;
  CREATE TABLE orders (id int AUTO_INCREMENT PRIMARY KEY, customer int, note longtext);
  INSERT INTO orders (customer, note) VALUES (1, 'first');
  CREATE PROCEDURE two() BEGIN SELECT 1 AS a; SELECT 2 AS b; END`;

describe.each(mysqlFlavours())('$name', ({ start }) => {
  let server: MariadbServer;
  let plain: TestGateway;
  let masked: TestGateway;
  let held: TestGateway;

  beforeAll(async () => {
    server = await start({ args: ['--max-allowed-packet=64M'] });
    const seeder = await mysql2.createConnection({ ...addressOf(server), multipleStatements: true });
    await seeder.query(SEED);
    await seeder.end();
    const target = targetAt(server);
    plain = await startTestGateway(target, { rule: ({ verbs }) => (verbs.some((verb) => verb.startsWith('DROP')) ? 'deny' : 'allow') });
    masked = await startTestGateway(target, {
      masks: { 'shop.customers.card': redact, 'shop.customers.limit_eur': redact },
      rule: ({ launders }) => (launders ? 'deny' : 'allow'),
    });
    held = await startTestGateway(target, { rule: ({ class: classes }) => (classes.includes('ddl') ? 'hold' : 'allow') });
  }, 120_000);

  afterAll(async () => {
    for (const gateway of [plain, masked, held]) await gateway?.close();
    await server?.stop();
  });

  const addressOf = ({ host, port, user, password, database }: MariadbServer): ConnectionOptions => ({
    host,
    port,
    user,
    password,
    database,
  });

  const ca = readFileSync(CA_FILE, 'utf8');

  function connected(gateway: TestGateway, options: ConnectionOptions = {}): Promise<Connection> {
    return mysql2.createConnection({
      host: 'localhost',
      port: gateway.port,
      user: 'alice',
      password: TOKEN,
      ssl: { ca, rejectUnauthorized: true },
      ...options,
    });
  }

  async function client(program: string, gateway: TestGateway, ...args: readonly string[]): Promise<string> {
    const options = ['--no-defaults', '--host=127.0.0.1', `--port=${gateway.port}`, '--user=alice', `--password=${TOKEN}`];
    return (await run(program, [...options, ...args])).stdout;
  }

  describe('mysql2', () => {
    test('text and binary results, errors and denials', async () => {
      const connection = await connected(plain);
      try {
        expect((await connection.query('SELECT id, name FROM customers ORDER BY id'))[0]).toEqual([
          { id: 1, name: 'Ann' },
          { id: 2, name: 'Bob' },
        ]);
        const sql = 'SELECT name, limit_eur, card FROM customers WHERE id = ?';
        expect((await connection.execute(sql, [1]))[0]).toEqual([{ name: 'Ann', limit_eur: 10, card: '4111' }]);
        expect((await connection.execute(sql, [2]))[0]).toEqual([{ name: 'Bob', limit_eur: 20, card: null }]);
        await expect(connection.query('SELECT nothing')).rejects.toMatchObject({ errno: 1054 });
        await expect(connection.query('DROP TABLE customers')).rejects.toMatchObject({
          errno: 1227,
          sqlState: '42000',
          sqlMessage: 'denied by a test',
        });
        await expect(connection.execute('DROP TABLE customers')).rejects.toMatchObject({ errno: 1227 });
        expect((await connection.query('SELECT 1 AS one'))[0]).toEqual([{ one: 1 }]);
      } finally {
        await connection.end();
      }
      const executed = plain.gate.commands.filter(({ parameters }) => parameters.length > 0);
      expect(executed.map(({ text, parameters, verbs }) => [text, parameters, verbs])).toEqual([
        ['SELECT name, limit_eur, card FROM customers WHERE id = ?', ['1'], ['SELECT']],
        ['SELECT name, limit_eur, card FROM customers WHERE id = ?', ['2'], ['SELECT']],
      ]);
    });

    test('without TLS on loopback the token is hidden by RSA; a wrong one is refused', async () => {
      const connection = await mysql2.createConnection({ host: 'localhost', port: plain.port, user: 'alice', password: TOKEN });
      expect((await connection.query('SELECT 1 AS one'))[0]).toEqual([{ one: 1 }]);
      await connection.end();
      await expect(connected(plain, { password: 'sp_wrong' })).rejects.toMatchObject({ errno: 1045 });
      await expect(connected(plain, { user: 'mallory' })).rejects.toMatchObject({ errno: 1045 });
    });

    test('several statements, several results, CALL, and rows of more than a packet', async () => {
      const connection = await connected(plain, { multipleStatements: true });
      try {
        expect((await connection.query('SELECT 1 AS a; SELECT 2 AS b; DO 0'))[0]).toMatchObject([
          [{ a: 1 }],
          [{ b: 2 }],
          { affectedRows: 0 },
        ]);
        expect((await connection.query('CALL two()'))[0]).toMatchObject([[{ a: 1 }], [{ b: 2 }], {}]);
        await expect(connection.query('SELECT 1; DROP TABLE orders')).rejects.toMatchObject({ errno: 1227 });
        const size = 17 * 1024 * 1024;
        const note = 'x'.repeat(size);
        const [inserted] = await connection.query('INSERT INTO orders (customer, note) VALUES (?, ?)', [2, note]);
        expect(inserted).toMatchObject({ affectedRows: 1 });
        const [rows] = await connection.query('SELECT note FROM orders WHERE customer = 2');
        expect((rows as { note: string }[])[0]?.note.length).toBe(size);
        const [bound] = await connection.execute('SELECT note FROM orders WHERE customer = ?', [2]);
        expect((bound as { note: string }[])[0]?.note.length).toBe(size);
        await connection.query('DELETE FROM orders WHERE customer = 2');
      } finally {
        await connection.end();
      }
    });

    test('what a text means follows sql_mode, the database and prepared names', async () => {
      const connection = await connected(plain);
      const before = plain.gate.commands.length;
      try {
        await connection.query("SET SESSION sql_mode = 'ANSI_QUOTES'");
        await connection.query('SELECT "name" FROM customers');
        await connection.query("SET SESSION sql_mode = ''");
        await connection.query('SELECT "name" FROM customers');
        await connection.query("PREPARE p FROM 'DROP TABLE customers'").catch(() => undefined);
        await expect(connection.query('EXECUTE p')).rejects.toMatchObject({ errno: expect.any(Number) });
        await connection.query('USE mysql');
        await connection.query('SELECT 1 FROM user LIMIT 1');
        await connection.changeUser({ database: 'shop' });
        await connection.query('SELECT 1 FROM customers');
      } finally {
        await connection.end();
      }
      const seen = plain.gate.commands.slice(before).map(({ shape, relations }) => [shape, relations]);
      expect(seen).toContainEqual(['SELECT "name" FROM customers', ['shop.customers']]);
      expect(seen).toContainEqual(["SELECT '?' FROM customers", ['shop.customers']]);
      expect(seen).toContainEqual(['SELECT 0 FROM user LIMIT 0', ['mysql.user']]);
    });

    test('KILL QUERY with the id that the gateway told stops that session, and only one of the same identity', async () => {
      const connection = await connected(plain);
      const other = await connected(plain);
      try {
        const sleeping = connection.query('SELECT SLEEP(100) AS woken');
        const stopped = sleeping.then(
          ([rows]) => JSON.stringify(rows),
          (error: { errno: number }) => error.errno,
        );
        while ((await other.query("SELECT 1 FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP%'")).flat().length < 2)
          await other.ping();
        await other.query(`KILL QUERY ${connection.threadId}`);
        expect([1317, '[{"woken":1}]']).toContain(await stopped);
        await other.query(`KILL QUERY ${connection.threadId}`);
        expect((await connection.query('SELECT 1 AS still'))[0]).toEqual([{ still: 1 }]);
      } finally {
        await connection.end();
        await other.end();
      }
    });
  });

  describe('masks', () => {
    test('in text and in binary, through views, and in errors', async () => {
      const connection = await connected(masked);
      try {
        const all = [
          { id: 1, name: 'Ann', card: '***', limit_eur: null },
          { id: 2, name: 'Bob', card: null, limit_eur: null },
        ];
        expect((await connection.query('SELECT * FROM customers ORDER BY id'))[0]).toEqual(all);
        expect((await connection.execute('SELECT * FROM customers ORDER BY id'))[0]).toEqual(all);
        expect(
          (await connection.query('SELECT c.card AS innocent, COUNT(*) AS n FROM customers c GROUP BY card ORDER BY card'))[0],
        ).toEqual([
          { innocent: null, n: 1 },
          { innocent: '***', n: 1 },
        ]);
        expect((await connection.query('SELECT id, card, loud FROM cards WHERE id = 1'))[0]).toEqual([{ id: 1, card: null, loud: null }]);
        expect(
          (await connection.query("SELECT concat(card, '') AS c, hex(card) AS h, upper(name) AS n FROM customers WHERE id = 1"))[0],
        ).toEqual([{ c: null, h: null, n: 'ANN' }]);
        await expect(connection.query("INSERT INTO customers VALUES (3, 'Eve', '4111', 1)")).rejects.toMatchObject({
          errno: 1062,
          sqlMessage: expect.not.stringContaining('4111'),
        });
        await expect(connection.query("SELECT extractvalue(1, concat('~', card)) FROM customers")).rejects.toMatchObject({
          sqlMessage: expect.not.stringContaining('4111'),
        });
        await expect(connection.query('CREATE TABLE stolen AS SELECT card FROM customers')).rejects.toMatchObject({ errno: 1227 });
        await expect(connection.query('SELECT card INTO @x FROM customers WHERE id = 1')).rejects.toMatchObject({ errno: 1227 });
      } finally {
        await connection.end();
      }
      expect(Buffer.concat(masked.gate.seen).toString('latin1')).not.toMatch(/4111/);
    });
  });

  describe('holds', () => {
    test('a command waits for its approval, and is cancelled when its client leaves', async () => {
      const connection = await connected(held);
      const creating = connection.query('CREATE TABLE approved (id int)');
      while (held.gate.asked.length < 1) await new Promise((resolve) => setImmediate(resolve));
      expect(held.gate.asked[0]?.context).toMatchObject({ database: 'shop', transaction: 'none' });
      held.gate.asked[0]?.approve();
      expect((await creating)[0]).toMatchObject({ affectedRows: 0 });
      const second = connection.query('CREATE TABLE left_alone (id int)').catch((error: Error) => error);
      while (held.gate.asked.length < 2) await new Promise((resolve) => setImmediate(resolve));
      connection.destroy();
      await new Promise<void>((resolve) => held.gate.asked[1]?.signal.addEventListener('abort', () => resolve()));
      void second;
      const again = await connected(held);
      expect((await again.query("SHOW TABLES LIKE 'left_alone'"))[0]).toEqual([]);
      const third = again.query('DROP TABLE approved');
      while (held.gate.asked.length < 3) await new Promise((resolve) => setImmediate(resolve));
      held.gate.asked[2]?.deny('not today');
      await expect(third).rejects.toMatchObject({ errno: 1227, sqlMessage: 'not today' });
      await again.end();
    });
  });

  describe('command-line clients', () => {
    test('mariadb needs host, port, user and password', async () => {
      expect(await client('mariadb', plain, '-N', '-e', 'SELECT name FROM customers ORDER BY id', 'shop')).toBe('Ann\nBob\n');
      expect(await client('mariadb', plain, '--ssl', `--ssl-ca=${CA_FILE}`, '-N', '-e', 'SELECT 1', 'shop')).toBe('1\n');
      await expect(client('mariadb', plain, '-e', 'DROP TABLE customers', 'shop')).rejects.toThrow(
        'ERROR 1227 (42000) at line 1: denied by a test',
      );
    });

    test('LOAD DATA LOCAL reads nothing of the client', async () => {
      const load = `LOAD DATA LOCAL INFILE '${CA_FILE}' INTO TABLE orders`;
      await expect(client('mariadb', plain, '--local-infile=1', '-e', load, 'shop')).rejects.toThrow(/ERROR/);
    });

    test('mariadb-dump and back', async () => {
      const dump = await client('mariadb-dump', plain, '--single-transaction', 'shop', 'customers');
      expect(dump).toContain('INSERT INTO `customers` VALUES');
    });
  });

  test('only the databases that the target lists can be chosen, at sign-in and later', async () => {
    const gateway = await startTestGateway(targetAt(server, { options: { database: 'shop' } }));
    try {
      await expect(connected(gateway, { database: 'mysql' })).rejects.toMatchObject({ errno: 1044, sqlState: '42000' });
      const connection = await connected(gateway, { database: 'shop' });
      for (const sql of ['USE mysql', 'SELECT * FROM mysql.user'])
        await expect(connection.query(sql)).rejects.toMatchObject({ errno: 1227, sqlMessage: expect.stringContaining('is not open') });
      await expect(connection.changeUser({ database: 'mysql' })).rejects.toMatchObject({ errno: 1227 });
      expect((await connection.query('SELECT count(*) AS n FROM shop.customers'))[0]).toEqual([{ n: 2 }]);
      await connection.end();
    } finally {
      await gateway.close();
    }
  });

  describe('the record', () => {
    test('shows results again, text and binary', async () => {
      const gateway = await startTestGateway(targetAt(server));
      const connection = await connected(gateway);
      await connection.query('SELECT id, name FROM customers ORDER BY id');
      await connection.execute('SELECT id, name, NOW() > 0 AS t FROM customers WHERE id = ?', [2]);
      await connection.query('SELECT nothing').catch(() => undefined);
      await connection.end();
      while (gateway.ends.length === 0) await new Promise((resolve) => setImmediate(resolve));
      await gateway.close();
      async function* frames(): AsyncGenerator<RecordedFrames> {
        yield* gateway.gate.wire;
      }
      const items: ReplayItem[] = [];
      for await (const item of gateway.protocol.decodeRecording(frames())) items.push({ ...item, at: 0 });
      expect(items).toEqual([
        { type: 'columns', at: 0, names: ['id', 'name'] },
        { type: 'row', at: 0, cells: ['1', 'Ann'] },
        { type: 'row', at: 0, cells: ['2', 'Bob'] },
        { type: 'done', at: 0, tag: '2 rows' },
        { type: 'columns', at: 0, names: ['id', 'name', 't'] },
        { type: 'row', at: 0, cells: ['2', 'Bob', '1'] },
        { type: 'done', at: 0, tag: '1 rows' },
        { type: 'error', at: 0, code: '1054', message: expect.stringContaining('nothing') },
      ]);
    });
  });
});
