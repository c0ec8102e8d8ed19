import type { Endpoint, ExecItem } from '@sallyport/core';
import mysql2, { type Connection, type RowDataPacket } from 'mysql2/promise';
import { type Gateway, startGateway } from '../../../test-fixtures/servers/gateway.ts';
import { type MariadbServer, startMariadb } from '../../../test-fixtures/servers/mariadb.ts';
import { exec } from '../src/client/exec.ts';

let server: MariadbServer;
let gateway: Gateway;
let admin: Connection;
let endpoint: Endpoint;

beforeAll(async () => {
  server = await startMariadb();
  const { host, port, user, password, database } = server;
  admin = await mysql2.createConnection({ host, port, user, password, database });
  gateway = await startGateway({ target: server, protocol: 'mysql' });
  endpoint = {
    target: 'db',
    host: 'localhost',
    port: gateway.port,
    user: gateway.user,
    token: gateway.password,
    database,
    caFile: gateway.caFile,
  };
}, 120_000);

afterAll(async () => {
  await admin?.end();
  await gateway?.stop();
  await server?.stop();
}, 60_000);

/** States of the statements at the server that hold a text. */
async function running(text: string): Promise<readonly string[]> {
  const [rows] = await admin.query<RowDataPacket[]>('SELECT state, info FROM information_schema.processlist WHERE id <> CONNECTION_ID()');
  return rows.filter(({ info }) => String(info).includes(text)).map(({ state }) => String(state));
}

/** Looks until it is so: only the test's own time bounds it. */
async function until(isSo: (states: readonly string[]) => boolean, text: string): Promise<void> {
  while (!isSo(await running(text))) await new Promise((resolve) => setTimeout(resolve, 50));
}

async function readAll(items: AsyncIterable<ExecItem>): Promise<readonly ExecItem[]> {
  const all: ExecItem[] = [];
  for await (const item of items) all.push(item);
  return all;
}

test('a reader that is behind holds the server back', async () => {
  const control = new AbortController();
  const items = exec(endpoint, "SELECT seq, REPEAT('x', 1000) AS held_back FROM seq_1_to_1000000", control.signal);
  const first = await items.next();
  expect(first.value).toEqual({ type: 'columns', names: ['seq', 'held_back'] } satisfies ExecItem);
  // A server that could write on would be sending, or done.
  let held = 0;
  await until(([state]) => {
    held = state === 'Writing to net' ? held + 1 : 0;
    return held === 20;
  }, 'held_back');
  control.abort(new Error('enough'));
  await expect(readAll(items)).rejects.toThrow('enough');
  await until((states) => states.length === 0, 'held_back');
}, 60_000);

test('what runs when it is interrupted ends at the target, and what stands behind it does not run', async () => {
  await admin.query('CREATE TABLE later (id int)');
  const control = new AbortController();
  const items = exec(endpoint, 'SELECT SLEEP(600) AS interrupted; INSERT INTO later VALUES (1)', control.signal);
  const outcome = expect(readAll(items)).rejects.toThrow('stop it');
  await until((states) => states.length === 1, 'interrupted');
  control.abort(new Error('stop it'));
  await outcome;
  await until((states) => states.length === 0, 'interrupted');
  expect((await admin.query('SELECT * FROM later'))[0]).toEqual([]);
}, 60_000);

test('another client that leaves stops nothing', async () => {
  const { port, user, password } = gateway;
  const client = await mysql2.createConnection({ host: 'localhost', port, user, password, database: 'shop' });
  await admin.query('CREATE TABLE kept (id int)');
  client.query('INSERT INTO kept SELECT SLEEP(1)').catch(() => undefined);
  await until((states) => states.length === 1, 'INTO kept');
  client.destroy();
  await until((states) => states.length === 0, 'INTO kept');
  expect((await admin.query('SELECT * FROM kept'))[0]).toEqual([{ id: 0 }]);
}, 60_000);
