import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import mysql from 'mysql2/promise';
import { runChecks } from './checks.mjs';

// Everything comes from DB_HOST, DB_PORT, DB_USER, DB_PASSWORD, DB_NAME and DB_CA.
const { DB_HOST: host, DB_PORT: port, DB_USER: user, DB_PASSWORD: password, DB_NAME: database, DB_CA, DB_ROUTE: route } = process.env;
const options = { host, port: Number(port), user, password, database, ssl: { ca: readFileSync(DB_CA, 'utf8') }, multipleStatements: true };
let client;

const rows = async (sql, values) => (await client.query(sql, values))[0];
const bound = async (sql, values) => (await client.execute(sql, values))[0];

async function failsWith(errno, promise) {
  const error = await promise.then(
    () => undefined,
    (reason) => reason,
  );
  assert.ok(error, `expected error ${errno}, got a result`);
  assert.equal(error.errno, errno, error.message);
}

await runChecks({
  async connect() {
    client = await mysql.createConnection(options);
    assert.deepEqual(await rows('SELECT DATABASE() AS name'), [{ name: database }]);
  },
  async types() {
    const sql = `SELECT 9007199254740993 AS a, CAST(-12345.678 AS DECIMAL(10,3)) AS b, X'0001ff' AS c, 1.5e0 AS d,
      CAST('2024-02-29 12:34:56.789' AS DATETIME(3)) AS e, TIME '-12:34:56' AS f, JSON_OBJECT('k', 'v') AS g, NULL AS h`;
    const [row] = await rows({ sql, supportBigNumbers: true, dateStrings: true });
    assert.equal(String(row.a), '9007199254740993');
    assert.deepEqual(
      [row.b, row.c, row.d, row.e, row.f, row.h],
      ['-12345.678', Buffer.from([0, 1, 255]), 1.5, '2024-02-29 12:34:56.789', '-12:34:56', null],
    );
    assert.deepEqual(typeof row.g === 'string' ? JSON.parse(row.g) : row.g, { k: 'v' });
  },
  async prepared() {
    const values = [1.5, 'text', Buffer.from([0, 1, 255]), null, true, 9007199254740993n, new Date('2024-02-29T12:34:56.789Z')];
    const sql =
      'SELECT ? + 0e0 AS a, ? AS b, HEX(?) AS c, ? AS d, ? + 0 AS e, CAST(? AS SIGNED) AS f, CAST(CAST(? AS DATETIME(3)) AS CHAR) AS g';
    for (let time = 0; time < 3; time += 1) {
      const [row] = await bound({ sql, supportBigNumbers: true, timezone: 'Z' }, values);
      assert.equal(row.a, 1.5);
      assert.deepEqual([row.b, row.c, row.d, Number(row.e), String(row.f)], ['text', '0001FF', null, 1, '9007199254740993']);
      assert.match(row.g, /^2024-02-\d\d \d\d:34:56.789$/);
    }
    const statement = await client.prepare('SELECT ? * 2 AS twice');
    for (let i = 0; i < 12; i += 1) assert.equal(Number((await statement.execute([i]))[0][0].twice), 2 * i);
    await statement.close();
  },
  async unicode() {
    const word = 'Grüße, 世界 🚪';
    assert.deepEqual(await rows(`SELECT ? AS \`ключ\`, '${word}' AS literal`, [word]), [{ ключ: word, literal: word }]);
    assert.deepEqual(await bound('SELECT ? AS word', [word]), [{ word }]);
  },
  async 'big values'() {
    const body = 'x'.repeat(17 * 1024 * 1024);
    await rows('INSERT INTO big (body) VALUES (?)', [body]);
    await bound('INSERT INTO big (body) VALUES (?)', [body]);
    for (const ask of [rows, bound]) {
      const found = await ask('SELECT body FROM big', []);
      assert.deepEqual(
        found.map((row) => row.body === body),
        [true, true],
      );
    }
  },
  async 'many rows'() {
    const found = await rows("SELECT n, repeat('x', 200) AS pad FROM numbers");
    assert.equal(found.length, 100_000);
  },
  async transaction() {
    await client.beginTransaction();
    await bound('INSERT INTO kept VALUES (?)', [1]);
    await client.rollback();
    await client.beginTransaction();
    await rows('INSERT INTO kept VALUES (2)');
    await client.commit();
    assert.deepEqual(await rows('SELECT id FROM kept'), [{ id: 2 }]);
  },
  async results() {
    const [first, second, third] = await rows('SELECT 1 AS a; DO 0; SELECT 2 AS b');
    assert.deepEqual([first, second.affectedRows, third], [[{ a: 1 }], 0, [{ b: 2 }]]);
  },
  async call() {
    const [first, second] = await rows('CALL two()');
    assert.deepEqual([first, second], [[{ a: 1 }], [{ b: 2 }]]);
  },
  async errors() {
    await failsWith(1064, rows('SELEC 1'));
    await client.beginTransaction();
    await rows('INSERT INTO kept VALUES (3)');
    await failsWith(1062, bound('INSERT INTO kept VALUES (?)', [2]));
    await client.rollback();
    assert.deepEqual(await rows('SELECT COUNT(*) AS n FROM kept'), [{ n: 1 }]);
  },
  ...(route !== 'direct' && {
    async denied() {
      await client.beginTransaction();
      await rows('INSERT INTO kept VALUES (4)');
      await failsWith(1227, rows('DELETE FROM forbidden WHERE id = 1'));
      await failsWith(1227, bound('DELETE FROM forbidden WHERE id = ?', [1]));
      await client.commit();
      assert.deepEqual(await rows('SELECT id FROM kept WHERE id = 4'), [{ id: 4 }]);
    },
    async held() {
      assert.equal((await rows('INSERT INTO guarded VALUES (1)')).affectedRows, 1);
      assert.equal((await bound('INSERT INTO guarded VALUES (?)', [2])).affectedRows, 1);
    },
    async 'held too long'() {
      const hurried = await mysql.createConnection(options);
      await assert.rejects(hurried.query({ sql: 'INSERT INTO ignored VALUES (1)', timeout: 1000 }), { code: 'PROTOCOL_SEQUENCE_TIMEOUT' });
      hurried.destroy();
      assert.deepEqual(await rows('SELECT COUNT(*) AS n FROM ignored'), [{ n: 0 }]);
    },
  }),
  ...(route === 'masked' && {
    async masked() {
      const seen = [{ id: 1, secret: '[redacted]', amount: null }];
      assert.deepEqual(await rows('SELECT * FROM protected'), seen);
      assert.deepEqual(await bound('SELECT * FROM protected WHERE id = ?', [1]), seen);
    },
  }),
  async cancel() {
    const other = await mysql.createConnection(options);
    const sleeping = rows('SELECT SLEEP(20) AS woken').then(
      ([{ woken }]) => woken,
      ({ errno }) => errno,
    );
    await new Promise((resolve) => setTimeout(resolve, 300));
    await other.query(`KILL QUERY ${client.threadId}`);
    assert.ok([1, 1317].includes(await sleeping));
    await other.end();
    assert.deepEqual(await rows('SELECT 1 AS still'), [{ still: 1 }]);
  },
  async 'change user'() {
    await client.changeUser({ user, password, database });
    assert.deepEqual(await rows('SELECT DATABASE() AS name'), [{ name: database }]);
    await client.ping();
    await client.end();
  },
});
