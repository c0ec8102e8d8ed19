import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Gateway, startGateway } from '../../../test-fixtures/servers/gateway.ts';
import { type PostgresServer, startPostgres } from '../../../test-fixtures/servers/postgres.ts';
import { encodeBind, encodeExecute, encodeParse, SYNC } from '../src/codec/extended-query.ts';
import { BACKEND } from '../src/codec/message-types.ts';
import { encodeQuery } from '../src/codec/query.ts';
import { targetAt } from './test-target.ts';
import { WireClient } from './wire-client.ts';

const CANARY = 'Canary7Hunter2';
const run = promisify(execFile);
const COMMAND = fileURLToPath(new URL('../../../sallyport', import.meta.url));

const STATEMENTS = [
  `CREATE USER bob PASSWORD '${CANARY}'`,
  `ALTER ROLE bob WITH ENCRYPTED PASSWORD E'${CANARY}' VALID UNTIL '2099-01-01'`,
  `ALTER ROLE bob SET app.password = ${CANARY}`,
  `ALTER USER bob PASSWORD $$${CANARY}$$; SELECT 1`,
  `ALTER USER bob PASSWORD ${CANARY}`,
  `ALTER USER bob PASSWORD "${CANARY}" LOGIN`,
  `CREATE USER bob PASSWORD '${CANARY}`,
  `/* psql -W ${CANARY} is bob's password */ SELECT 1`,
  `CREATE SUBSCRIPTION sub CONNECTION 'host=127.0.0.1 port=1 password=${CANARY}' PUBLICATION p WITH (connect = false)`,
  `ALTER SUBSCRIPTION sub CONNECTION 'host=127.0.0.1 port=1 password=''${CANARY}'''`,
  'CREATE EXTENSION dblink; CREATE EXTENSION postgres_fdw',
  `CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '1')`,
  `CREATE SERVER bad FOREIGN DATA WRAPPER postgres_fdw OPTIONS (password '${CANARY}')`,
  `CREATE USER MAPPING FOR postgres SERVER far OPTIONS (user 'u', password '${CANARY}')`,
  `ALTER USER MAPPING FOR postgres SERVER far OPTIONS (SET password '${CANARY}')`,
  `SELECT dblink_connect('host=127.0.0.1 port=1 user=u password=${CANARY}')`,
  `SELECT * FROM dblink('postgresql://u:${CANARY}@127.0.0.1:1/db', 'SELECT 1') AS t (a int)`,
  `PREPARE far AS SELECT dblink_connect('host=127.0.0.1 port=1 password=${CANARY}')`,
  'EXECUTE far',
  `PREPARE near (text) AS SELECT dblink_connect($1)`,
  `EXECUTE near('host=127.0.0.1 port=1 password=${CANARY}')`,
  `DO $$ BEGIN PERFORM dblink_connect('host=127.0.0.1 port=1 password=${CANARY}'); END $$`,
  `CREATE FUNCTION far() RETURNS text LANGUAGE sql AS $$ SELECT dblink_connect('host=127.0.0.1 port=1 password=${CANARY}') $$`,
  `SET app.password = '${CANARY}'`,
  `SET app.password TO ${CANARY}`,
  `SET LOCAL app.api_key TO "${CANARY}", b`,
  `ALTER SYSTEM SET primary_conninfo = 'host=127.0.0.1 password=${CANARY}'`,
  'ALTER SYSTEM RESET primary_conninfo',
  `SELECT count(set_config('app.password', '${CANARY}', false))`,
  'CREATE TABLE logins (name text, password text, dsn text)',
  `INSERT INTO logins (name, password) VALUES ('bob', '${CANARY}')`,
  `INSERT INTO logins (name, dsn) VALUES ('bob', 'postgres://bob:${CANARY}@h/db')`,
  `SELECT name FROM logins WHERE name = 'kept' AND password = '${CANARY}'`,
  `UPDATE logins SET password = md5('${CANARY}') WHERE name = 'bob'`,
  `NOTIFY c, 'password=${CANARY}'`,
  `COMMENT ON TABLE logins IS 'password=${CANARY}'`,
];

/** Texts with one bound value. */
const BOUND: readonly (readonly [string, string])[] = [
  ['SELECT dblink_connect($1)', `host=127.0.0.1 port=1 password=${CANARY}`],
  ['SELECT name FROM logins WHERE password = $1', CANARY],
  ['UPDATE logins SET dsn = $1', `https://u:${CANARY}@h/`],
  ['SELECT count(set_config($$app.secret$$, $1, false))', CANARY],
];

let server: PostgresServer;
let gateway: Gateway;

beforeAll(async () => {
  server = await startPostgres({ version: 15 });
  gateway = await startGateway({ target: server });
}, 60_000);

afterAll(async () => {
  await gateway.stop();
  await server.stop();
});

async function sallyport(...words: readonly string[]): Promise<string> {
  const { stdout } = await run(COMMAND, [...words, '--config', gateway.config], { maxBuffer: 64 << 20 });
  return stdout;
}

test('no password of a statement stands anywhere in what the gateway keeps', async () => {
  const client = await WireClient.connect(targetAt(gateway as never, { tls: { mode: 'require' } }));
  for (const sql of STATEMENTS) {
    client.send(encodeQuery(sql));
    await client.until(BACKEND.ReadyForQuery);
  }
  for (const [sql, value] of BOUND) {
    const bind = encodeBind({ portal: '', statement: '', parameterFormats: [], parameters: [Buffer.from(value)], resultFormats: [] });
    client.send(encodeParse({ statement: '', sql, parameterTypes: [] }), bind, encodeExecute('', 0), SYNC);
    await client.until(BACKEND.ReadyForQuery);
  }
  client.close();
  const sessions = JSON.parse(await sallyport('sessions', 'list', '--json')) as readonly {
    readonly id: string;
    readonly commands: number;
  }[];
  expect(sessions).toMatchObject([{ commands: STATEMENTS.length + BOUND.length }]);
  const exported = await sallyport('sessions', 'export', sessions[0]?.id ?? '');
  const records = (JSON.parse(exported) as { readonly records: readonly { readonly text?: string; readonly data?: string }[] }).records;
  const kept = records.map(({ text, data }) => text ?? Buffer.from(data ?? '', 'base64').toString('latin1')).join('\n');
  expect(kept).toContain("name = 'kept'");
  expect(kept).toContain("VALID UNTIL '?'");
  expect(linesWith(kept)).toEqual([]);
  expect(linesWith(gateway.log())).toEqual([]);
  const folder = join(dirname(gateway.config), 'data');
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile())
      expect([entry.name, linesWith(await readFile(join(entry.parentPath, entry.name), 'latin1'))]).toEqual([entry.name, []]);
  }
}, 60_000);

/** What is around the canary, whatever its case: the server folds bare words. */
function linesWith(text: string): string[] {
  return [...text.matchAll(new RegExp(`.{0,80}${CANARY}.{0,20}`, 'gi'))].map(([line]) => line);
}
