import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { Endpoint, ExecItem, RecordedFrames, ReplayItem } from '@sallyport/core';
import { CA_FILE } from '@sallyport/core/testing';
import pg from 'pg';
import { freePort, type PostgresServer, startPostgres } from '../../../test-fixtures/servers/postgres.ts';
import { postgres } from '../src/index.ts';
import { redact } from './playbook-kit.ts';
import { startTestGateway, type TestGateway, TOKEN } from './test-gateway.ts';
import { targetAt } from './test-target.ts';

const run = promisify(execFile);
const SEED = `CREATE TABLE customers (id int PRIMARY KEY, name text, card text, limit_eur int);
  INSERT INTO customers VALUES (1, 'Ann', '4111', 10), (2, 'Bob', NULL, 20);
  CREATE VIEW cards AS SELECT id, card, card || '!' AS loud FROM customers;
  CREATE TABLE orders (id serial PRIMARY KEY, customer int REFERENCES customers, note text);
  INSERT INTO orders (customer, note) VALUES (1, 'first')`;

let server: PostgresServer;
let plain: TestGateway;
let masked: TestGateway;
let held: TestGateway;

beforeAll(async () => {
  server = await startPostgres({ version: 15 });
  const seeder = new pg.Client(server.connectionString);
  await seeder.connect();
  await seeder.query(SEED);
  await seeder.end();
  const target = targetAt(server, { options: { database: 'postgres' } });
  plain = await startTestGateway(target, { rule: ({ verbs }) => (verbs.includes('DROP TABLE') ? 'deny' : 'allow') });
  masked = await startTestGateway(target, { masks: { 'public.customers.card': redact, 'public.customers.limit_eur': redact } });
  held = await startTestGateway(target, {
    rule: ({ class: classes, verbs }) => (classes.includes('ddl') || verbs.includes('VACUUM') ? 'hold' : 'allow'),
  });
}, 60_000);

afterAll(async () => {
  for (const gateway of [plain, masked, held]) await gateway.close();
  await server.stop();
});

const ca = readFile(CA_FILE, 'utf8');

async function connected(gateway: TestGateway, config: pg.ClientConfig = {}): Promise<pg.Client> {
  const client = new pg.Client({ host: 'localhost', port: gateway.port, user: 'alice', password: TOKEN, ssl: { ca: await ca }, ...config });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

function environment(gateway: TestGateway): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    PGHOST: 'localhost',
    PGPORT: String(gateway.port),
    PGUSER: 'alice',
    PGPASSWORD: TOKEN,
    PGSSLMODE: 'verify-full',
    PGSSLROOTCERT: CA_FILE,
    PGDATABASE: 'postgres',
  };
}

async function psql(gateway: TestGateway, ...args: readonly string[]): Promise<string> {
  const { stdout } = await run('psql', ['-XAtq', ...args], { env: environment(gateway) });
  return stdout;
}

describe('node-postgres', () => {
  test('named statements, binary results, errors and denials', async () => {
    const client = await connected(plain);
    try {
      const named = { name: 'by id', text: 'SELECT name, limit_eur FROM customers WHERE id = $1' };
      expect((await client.query({ ...named, values: [1] })).rows).toEqual([{ name: 'Ann', limit_eur: 10 }]);
      expect((await client.query({ ...named, values: [2] })).rows).toEqual([{ name: 'Bob', limit_eur: 20 }]);
      expect((await client.query({ text: 'SELECT $1::int AS n', values: [7], binary: true } as pg.QueryConfig)).rows).toEqual([{ n: 7 }]);
      await expect(client.query('SELECT 1/0')).rejects.toMatchObject({ code: '22012' });
      await expect(client.query('DROP TABLE customers')).rejects.toMatchObject({ code: '42501', message: 'denied by a test' });
      await expect(client.query({ text: 'DROP TABLE customers', values: [] })).rejects.toMatchObject({ code: '42501' });
      expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    } finally {
      await client.end();
    }
  });

  test('masks in text and in binary, through views and in cached statements', async () => {
    const client = await connected(masked);
    try {
      expect((await client.query('SELECT * FROM customers ORDER BY id')).rows).toEqual([
        { id: 1, name: 'Ann', card: '***', limit_eur: null },
        { id: 2, name: 'Bob', card: null, limit_eur: null },
      ]);
      expect((await client.query('SELECT * FROM cards WHERE id = 1')).rows).toEqual([{ id: 1, card: '***', loud: null }]);
      const binary = {
        name: 'binary',
        text: 'SELECT id, card, limit_eur FROM customers WHERE id = $1',
        values: [1],
        binary: true,
      } as pg.QueryConfig;
      for (let time = 0; time < 3; time += 1) {
        expect((await client.query(binary)).rows).toMatchObject([{ id: 1, limit_eur: null }]);
      }
      expect((await client.query("INSERT INTO customers VALUES (9, 'New', '4999', 1) RETURNING card, name")).rows).toEqual([
        { card: '***', name: 'New' },
      ]);
      await expect(client.query("INSERT INTO customers VALUES (9, 'New', '4999', 1)")).rejects.toMatchObject({
        code: '23505',
        message: 'unique_violation',
        detail: undefined,
      });
      await client.query('DELETE FROM customers WHERE id = 9');
      expect((await client.query('SELECT last_value, is_called FROM orders_id_seq')).rows).toEqual([{ last_value: '1', is_called: true }]);
      await expect(client.query("SELECT setval('orders_id_seq', card::int) FROM customers")).rejects.toMatchObject({ code: '42501' });
    } finally {
      await client.end();
    }
    expect(Buffer.concat(masked.gate.seen).toString('latin1')).not.toMatch(/4111|4999/);
    expect(JSON.stringify(masked.gate.commands) + JSON.stringify(masked.gate.notes)).not.toMatch(/4111|4999/);
  });

  test('a column that is renamed, also in the same transaction, stays masked', async () => {
    const client = await connected(masked);
    try {
      await client.query('BEGIN');
      await client.query('ALTER TABLE customers RENAME COLUMN card TO harmless');
      expect((await client.query('SELECT harmless FROM customers WHERE id = 1')).rows).toEqual([{ harmless: '***' }]);
      expect((await client.query('SELECT lower(harmless) AS x FROM customers WHERE id = 1')).rows).toEqual([{ x: null }]);
      await client.query('ALTER TABLE customers RENAME TO renamed');
      expect((await client.query('SELECT lower(harmless) AS x FROM renamed WHERE id = 1')).rows).toEqual([{ x: null }]);
      await client.query('ROLLBACK');
      await client.query('CREATE TABLE later (card text)');
      expect((await client.query('SELECT lower(card) AS x, count(*) FROM later GROUP BY 1')).rows).toEqual([]);
      await client.query('DROP TABLE later');
    } finally {
      await client.end();
    }
  });
});

describe('held', () => {
  /** Approves what is asked about next. */
  async function approveNext(): Promise<void> {
    const before = held.gate.asked.length;
    while (held.gate.asked.length === before) await new Promise((resolve) => setTimeout(resolve, 10));
    held.gate.asked.at(-1)?.approve();
  }

  test('commands that want a transaction of their own, in either protocol', async () => {
    const client = await connected(held);
    const notices: (string | undefined)[] = [];
    client.on('notice', ({ message }) => notices.push(message));
    try {
      const commands = ['CREATE INDEX CONCURRENTLY by_note ON orders (note)', 'VACUUM orders', 'DROP INDEX CONCURRENTLY by_note'];
      for (const queryMode of [undefined, 'extended']) {
        for (const text of commands) await Promise.all([client.query({ text, queryMode } as pg.QueryConfig), approveNext()]);
      }
      expect(notices).toContain('approval ap_1 asked of dba');
      expect(held.gate.asked.at(-1)?.context).toMatchObject({
        database: 'postgres',
        current_user: 'postgres',
        transaction: 'none',
        search_path: '"$user", public',
      });
    } finally {
      await client.end();
    }
  });

  test('in a transaction, with its locks', async () => {
    const client = await connected(held);
    try {
      await client.query('BEGIN');
      await client.query("UPDATE orders SET note = 'x'");
      await Promise.all([client.query('ALTER TABLE orders ADD COLUMN extra int'), approveNext()]);
      expect(held.gate.asked.at(-1)?.context).toMatchObject({
        transaction: 'open',
        locks: expect.stringContaining('orders RowExclusiveLock'),
      });
      await client.query('ROLLBACK');
    } finally {
      await client.end();
    }
  });

  test('Ctrl-C in psql takes it back', async () => {
    const child = spawn('psql', ['-XAtq', '-v', 'VERBOSITY=verbose', '-c', 'DROP TABLE orders'], { env: environment(held) });
    const { stderr } = collect(child);
    const before = held.gate.asked.length;
    while (held.gate.asked.length === before) await new Promise((resolve) => setTimeout(resolve, 10));
    child.kill('SIGINT');
    await once(child, 'close');
    expect(stderr()).toContain('approval ap_1');
    expect(stderr()).toContain('ERROR:  57014');
    expect(await psql(held, '-c', 'SELECT count(*) FROM orders')).toBe('1\n');
  });

  test('a client that is killed: it never runs', async () => {
    const child = spawn('psql', ['-XAtq', '-c', 'DROP TABLE orders'], { env: environment(held) });
    const before = held.gate.asked.length;
    while (held.gate.asked.length === before) await new Promise((resolve) => setTimeout(resolve, 10));
    child.kill('SIGKILL');
    await once(child, 'close');
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(held.gate.asked.at(-1)?.signal.aborted).toBe(true);
    held.gate.asked.at(-1)?.approve();
    expect(await psql(held, '-c', 'SELECT count(*) FROM orders')).toBe('1\n');
  });
});

function collect(child: ChildProcess): { readonly stderr: () => string } {
  let error = '';
  child.stderr?.on('data', (data) => {
    error += String(data);
  });
  return { stderr: () => error };
}

describe('programs', () => {
  test('Ctrl-C in psql cancels what runs at the target', async () => {
    const child = spawn('psql', ['-XAtq', '-c', 'SELECT pg_sleep(30)'], { env: environment(plain) });
    const { stderr } = collect(child);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    child.kill('SIGINT');
    await once(child, 'close');
    expect(stderr()).toContain('canceling statement due to user request');
  });

  test('psql: \\d and \\copy', async () => {
    expect(await psql(plain, '-c', '\\d orders')).toContain('note|text|||');
    expect(await psql(plain, '-c', '\\copy (SELECT id, name FROM customers ORDER BY id) TO STDOUT WITH (FORMAT csv)')).toBe(
      '1,Ann\n2,Bob\n',
    );
  });

  test.each(['simple', 'extended', 'prepared'])(
    'pgbench, %s',
    async (mode) => {
      await run('pgbench', ['-i', '-q', '-s', '1', server.connectionString]);
      for (const gateway of [plain, masked]) {
        const { stdout } = await run('pgbench', ['-M', mode, '-t', '20', '-c', '3', '-n'], { env: environment(gateway) });
        expect(stdout).toContain('number of transactions actually processed: 60/60');
        expect(stdout).toContain('number of failed transactions: 0');
      }
    },
    60_000,
  );

  test('pg_dump says the same as directly', async () => {
    const direct = await run('pg_dump', [server.connectionString], { maxBuffer: 64 << 20 });
    const through = await run('pg_dump', [], { env: environment(plain), maxBuffer: 64 << 20 });
    const plainText = (dump: string) => dump.replace(/^\\(un)?restrict .*$/gm, '');
    expect(plainText(through.stdout)).toBe(plainText(direct.stdout));
  });
});

describe('exec and replay', () => {
  const endpoint = (gateway: TestGateway): Endpoint => ({
    target: 'shop-db',
    host: 'localhost',
    port: gateway.port,
    user: 'alice',
    token: TOKEN,
    caFile: CA_FILE,
  });

  async function all(gateway: TestGateway, sql: string): Promise<ExecItem[]> {
    const items: ExecItem[] = [];
    for await (const item of gateway.protocol.exec(endpoint(gateway), sql, AbortSignal.timeout(20_000))) items.push(item);
    return items;
  }

  test('several statements, notices, COPY, nothing', async () => {
    expect(await all(plain, 'SELECT 1 AS a, NULL AS b; DROP INDEX IF EXISTS nothing; COPY (SELECT 1, 2) TO STDOUT')).toEqual([
      { type: 'columns', names: ['a', 'b'] },
      { type: 'row', cells: ['1', null] },
      { type: 'done', tag: 'SELECT 1', rows: 1 },
      { type: 'notice', message: 'index "nothing" does not exist, skipping' },
      { type: 'done', tag: 'DROP INDEX', rows: 0 },
      { type: 'copy', data: Buffer.from('1\t2\n') },
      { type: 'done', tag: 'COPY 1', rows: 1 },
    ]);
    expect(await all(plain, '')).toEqual([{ type: 'done', tag: '', rows: 0 }]);
  });

  test('errors and denials come with their SQLSTATE', async () => {
    await expect(all(plain, 'SELECT 1/0')).rejects.toMatchObject({ code: '22012', denied: false });
    await expect(all(plain, 'DROP TABLE customers')).rejects.toMatchObject({ code: '42501', denied: true, message: 'denied by a test' });
    await expect(all({ ...plain, port: await freePort() }, 'SELECT 1')).rejects.toMatchObject({ code: 'ECONNREFUSED', denied: false });
  });

  test('a reader that is slow holds the target back', async () => {
    const from = plain.gate.seen.length;
    const passed = (): number => plain.gate.seen.slice(from).reduce((sum, data) => sum + data.length, 0);
    let rows = 0;
    for await (const item of plain.protocol.exec(
      endpoint(plain),
      "SELECT i, repeat('x', 1000) FROM generate_series(1, 50000) i",
      AbortSignal.timeout(60_000),
    )) {
      if (item.type === 'row') rows += 1;
      if (rows !== 1 || item.type !== 'row') continue;
      for (let looks = 0; looks < 200 && passed() < 40_000_000; looks += 1) await new Promise((resolve) => setTimeout(resolve, 5));
      expect(passed()).toBeLessThan(40_000_000); // of 51 MB: what sockets and the queue hold
    }
    expect(rows).toBe(50_000);
  });

  test('an aborted one ends at once', async () => {
    const ended = new AbortController();
    setTimeout(() => ended.abort(new Error('enough')), 300);
    const reading = (async () => {
      for await (const _item of plain.protocol.exec(endpoint(plain), 'SELECT pg_sleep(20)', ended.signal)) void _item;
    })();
    await expect(reading).rejects.toThrow('enough');
  });

  test('a recording shows results, in binary too', async () => {
    const client = await connected(masked);
    const from = masked.gate.seen.length;
    await client
      .query({
        text: 'SELECT id, card, now() AS at, 1.5::numeric AS n FROM customers WHERE id = $1',
        values: [1],
        binary: true,
      } as pg.QueryConfig)
      .catch(() => undefined);
    await client.query('SELECT nothing').catch(() => undefined);
    await client.end();
    const items: ReplayItem[] = [];
    for await (const item of postgres().decodeRecording(frames(masked.gate.seen.slice(from)))) items.push(item);
    expect(items).toMatchObject([
      { type: 'columns', names: ['id', 'card', 'at', 'n'] },
      { type: 'row', cells: ['1', '***', expect.any(String), '1.5'] },
      { type: 'done', tag: 'SELECT 1' },
      { type: 'error', code: '42703' },
    ]);
  });
});

async function* frames(pieces: readonly Buffer[]): AsyncGenerator<RecordedFrames> {
  for (const data of pieces) yield { from: 'target', at: 1, data };
}
