import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import postgres from 'postgres';
import { rejectsWith, runChecks } from './checks.mjs';

// Everything comes from PGHOST, PGPORT, PGUSER, PGPASSWORD and PGDATABASE.
const sql = postgres({ max: 1, onnotice: () => undefined });

await runChecks({
  async connect() {
    const [row] = await sql`SELECT current_database() AS name`;
    assert.equal(row.name, process.env.PGDATABASE);
  },
  async types() {
    const when = new Date('2024-02-29T12:34:56.789Z');
    const uuid = '6f1c1a52-8a1e-4b7e-9a53-0f8d3c2b1a00';
    const [row] = await sql`SELECT ${'9007199254740993'}::int8 AS a, ${'12345.6789'}::numeric AS b, ${'Grüße, 世界 🚪'}::text AS c,
      ${Buffer.from([0, 1, 255])}::bytea AS d, ${when}::timestamptz AS e, ${sql.json({ k: [1, null] })}::jsonb AS f,
      ${sql.array([1, 2, 3])}::int[] AS g, ${uuid}::uuid AS h, ${true}::bool AS i, ${null}::text AS j`;
    const expected = [
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
    assert.deepEqual(Object.values(row), expected);
  },
  async prepared() {
    for (let i = 0; i < 12; i += 1) {
      const [row] = await sql`SELECT ${i}::int * 2 AS n`;
      assert.equal(row.n, 2 * i);
    }
  },
  async transaction() {
    const undone = sql.begin(async (tx) => {
      await tx`INSERT INTO kept VALUES (1)`;
      throw new Error('undo');
    });
    await assert.rejects(undone, { message: 'undo' });
    await sql.begin(async (tx) => {
      await tx`INSERT INTO kept VALUES (2)`;
      const inner = tx.savepoint((point) => point`INSERT INTO kept VALUES (2)`);
      await rejectsWith('23505', inner);
    });
    assert.deepEqual([...(await sql`SELECT id FROM kept`)], [{ id: 2 }]);
  },
  async errors() {
    await rejectsWith('42601', sql`SELEC 1`);
    await rejectsWith('23505', sql`INSERT INTO kept VALUES (${2})`);
    await rejectsWith('22012', sql`SELECT 1 / ${0}::int`);
    await sql`SELECT 1`;
  },
  async copy() {
    const lines = Array.from({ length: 5000 }, (_, i) => `${i}\tword ${i}\n`);
    await pipeline(Readable.from(lines), await sql`COPY copied FROM STDIN`.writable());
    const out = await text(await sql`COPY (SELECT * FROM copied ORDER BY id) TO STDOUT`.readable());
    assert.equal(out, lines.join(''));
  },
  async large() {
    const rows = await sql`SELECT i, repeat('x', 200) AS pad FROM generate_series(1, 100000) i`;
    assert.equal(rows.length, 100_000);
    assert.equal(rows.at(-1).i, 100_000);
  },
  async cursor() {
    let seen = 0;
    for await (const rows of sql`SELECT i FROM generate_series(1, ${250}::int) i`.cursor(100)) seen += rows.length;
    assert.equal(seen, 250);
  },
  async pipeline() {
    const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => sql`SELECT ${i}::int AS n`));
    assert.deepEqual(
      answers.map(([row]) => row.n),
      Array.from({ length: 50 }, (_, i) => i),
    );
  },
  async cancel() {
    const query = sql`SELECT pg_sleep(20)`;
    const sleeping = rejectsWith('57014', query.execute());
    await new Promise((resolve) => setTimeout(resolve, 300));
    query.cancel();
    await sleeping;
  },
  async notify() {
    const heard = Promise.withResolvers();
    await sql.listen('bell', heard.resolve);
    await sql.notify('bell', 'ding');
    assert.equal(await heard.promise, 'ding');
    await sql.end({ timeout: 1 });
  },
});
