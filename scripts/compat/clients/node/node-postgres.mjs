import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import copyStreams from 'pg-copy-streams';
import Cursor from 'pg-cursor';
import { rejectsWith, runChecks } from './checks.mjs';

// Everything comes from PGHOST, PGPORT, PGUSER, PGPASSWORD and PGDATABASE.
const client = new pg.Client();

await runChecks({
  async connect() {
    await client.connect();
    const { rows } = await client.query('SELECT current_database() AS name');
    assert.equal(rows[0].name, process.env.PGDATABASE);
  },
  async types() {
    const sql = `SELECT $1::int8 AS a, $2::numeric AS b, $3::text AS c, $4::bytea AS d, $5::timestamptz AS e,
      $6::jsonb AS f, $7::int[] AS g, $8::uuid AS h, $9::bool AS i, $10::text AS j`;
    const when = new Date('2024-02-29T12:34:56.789Z');
    const uuid = '6f1c1a52-8a1e-4b7e-9a53-0f8d3c2b1a00';
    const values = [
      '9007199254740993',
      '12345.6789',
      'Grüße, 世界 🚪',
      Buffer.from([0, 1, 255]),
      when,
      { k: [1, null] },
      [1, 2, 3],
      uuid,
      true,
      null,
    ];
    const { rows } = await client.query(sql, values);
    assert.deepEqual(Object.values(rows[0]), values);
  },
  async prepared() {
    for (let i = 0; i < 12; i += 1) {
      const { rows } = await client.query({ name: 'twice', text: 'SELECT $1::int * 2 AS n', values: [i] });
      assert.equal(rows[0].n, 2 * i);
    }
  },
  async binary() {
    const { rows } = await client.query({ text: 'SELECT $1::int4 AS n, $2::text AS t', values: [7, 'seven'], binary: true });
    assert.deepEqual(rows[0], { n: 7, t: 'seven' });
  },
  async transaction() {
    await client.query('BEGIN');
    await client.query('INSERT INTO kept VALUES (1)');
    await client.query('ROLLBACK');
    await client.query('BEGIN; INSERT INTO kept VALUES (2); COMMIT');
    const { rows } = await client.query('SELECT id FROM kept');
    assert.deepEqual(rows, [{ id: 2 }]);
  },
  async errors() {
    await rejectsWith('42601', client.query('SELEC 1'));
    await client.query('BEGIN');
    await rejectsWith('23505', client.query('INSERT INTO kept VALUES ($1)', [2]));
    await rejectsWith('25P02', client.query('SELECT 1'));
    await client.query('ROLLBACK');
    await client.query('SELECT 1');
  },
  async copy() {
    const lines = Array.from({ length: 5000 }, (_, i) => `${i}\tword ${i}\n`);
    await pipeline(Readable.from(lines), client.query(copyStreams.from('COPY copied FROM STDIN')));
    const out = await text(client.query(copyStreams.to('COPY (SELECT * FROM copied ORDER BY id) TO STDOUT')));
    assert.equal(out, lines.join(''));
  },
  async large() {
    const { rows } = await client.query("SELECT i, repeat('x', 200) AS pad FROM generate_series(1, 100000) i");
    assert.equal(rows.length, 100_000);
    assert.equal(rows.at(-1).i, 100_000);
  },
  async cursor() {
    const cursor = client.query(new Cursor('SELECT i FROM generate_series(1, $1::int) i', [250]));
    let seen = 0;
    for (let rows = await cursor.read(100); rows.length > 0; rows = await cursor.read(100)) seen += rows.length;
    await cursor.close();
    assert.equal(seen, 250);
  },
  async pipeline() {
    const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => client.query('SELECT $1::int AS n', [i])));
    assert.deepEqual(
      answers.map(({ rows }) => rows[0].n),
      Array.from({ length: 50 }, (_, i) => i),
    );
  },
  async cancel() {
    const { rows } = await client.query('SELECT pg_backend_pid() AS pid');
    assert.ok(rows[0].pid > 0);
    const sleeping = rejectsWith('57014', client.query('SELECT pg_sleep(20)'));
    await new Promise((resolve) => setTimeout(resolve, 300));
    const other = new pg.Client();
    other.cancel(client, client.activeQuery ?? client._activeQuery);
    await sleeping;
  },
  async notify() {
    await client.query('LISTEN bell');
    const heard = once(client, 'notification');
    await client.query("NOTIFY bell, 'ding'");
    const [message] = await heard;
    assert.equal(message.payload, 'ding');
    await client.end();
  },
});
