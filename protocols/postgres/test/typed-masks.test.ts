import { createHmac } from 'node:crypto';
import type { Mask } from '@sallyport/core';
import { type PostgresServer, startPostgres } from '../../../test-fixtures/servers/postgres.ts';
import { encodeBind, encodeDescribe, encodeExecute, encodeParse, SYNC } from '../src/codec/extended-query.ts';
import { BACKEND } from '../src/codec/message-types.ts';
import { encodeQuery } from '../src/codec/query.ts';
import { decodeDataRow, decodeRowDescription } from '../src/codec/rows.ts';
import { startTestGateway, type TestGateway, TOKEN } from './test-gateway.ts';
import { targetAt } from './test-target.ts';
import { WireClient } from './wire-client.ts';

/** A value of every type that the server brings and a table may have, and of types made of them. */
const VALUES: readonly (readonly [string, string])[] = [
  ...['bool t', 'int2 1', 'int4 2', 'int8 3', 'float4 1.5', 'float8 2.5', 'numeric 3.50', 'money 4.00', 'oid 5', 'regclass pg_class'],
  ...['date 2024-02-29', 'time 12:00', 'timetz 12:00+02', 'timestamp 2024-01-01', 'timestamptz 2024-01-01', 'interval 1 day'],
  ...['uuid a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'inet 10.0.0.1', 'cidr 10.0.0.0/8', 'macaddr 08:00:2b:01:02:03'],
  ...['macaddr8 08:00:2b:01:02:03:04:05', 'bit(3) 101', 'varbit 1', 'bytea secret', 'json {"a": "secret"}', 'jsonb {"a": "secret"}'],
  ...[
    'xml <a>secret & x</a>'.replace('&', '&amp;'),
    'jsonpath $.secret',
    'text secret',
    'varchar(40) secret',
    'char(40) secret',
    'name secret',
  ],
  ...['"char" s', 'citext secret', 'point (1,2)', 'line {1,2,3}', 'lseg [(1,2),(3,4)]', 'box (3,4),(1,2)', 'path [(1,2)]'],
  ...[
    'polygon ((1,2))',
    'circle <(1,2),3>',
    'int4range [1,2)',
    'numrange [1,2)',
    'daterange [2024-01-01,2024-01-02)',
    'int4multirange {[1,2)}',
  ],
  ...[
    'text[] {secret,NULL}',
    'int4[] {1,2}',
    'jsonb[] {"{\\"a\\": 1}"}',
    'uuid[] {a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}',
    'citext[] {secret}',
  ],
  ...['tsvector secret:1', 'tsquery secret', 'pg_lsn 0/16B3748', 'xid 1', 'xid8 1', 'cid 1', 'tid (0,1)', 'mood happy', 'pair (1,secret)'],
  ...['word secret', 'hstore a=>secret', 'txid_snapshot 1:2:', 'int2vector 1 2', 'oidvector 1 2', 'refcursor secret'],
].map((line): [string, string] => {
  const at = line.indexOf(' ');
  return [line.slice(0, at), line.slice(at + 1)];
});
const SEED = `CREATE EXTENSION citext; CREATE EXTENSION hstore; CREATE TYPE mood AS ENUM ('happy'); CREATE TYPE pair AS (a int, b text);
  CREATE DOMAIN word AS text CHECK (length(VALUE) < 100);
  CREATE TABLE kinds (${VALUES.map(([type], at) => `c${at} ${type} NOT NULL`).join()});
  INSERT INTO kinds VALUES (${VALUES.map(([type, value]) => `'${value}'::${type}`).join()})`;
const METHODS: Readonly<Record<string, Mask>> = {
  redact: { rule: 'r', method: 'redact', apply: () => '[redacted] "<&' },
  hash: { rule: 'h', method: 'hash', apply: (value) => `h_${createHmac('sha256', 'k').update(value).digest('base64url').slice(0, 22)}` },
  partial: { rule: 'p', method: 'partial', apply: (value) => `****${value.slice(-1)}` },
  null: { rule: 'n', method: 'null', apply: () => null },
};
/** What has room for a mask; everything else becomes NULL. */
const HOLDS = new Set(['json', 'jsonb', 'xml', 'text', 'varchar(40)', 'char(40)', 'name', 'citext', 'word', 'refcursor']);

let server: PostgresServer;
let direct: WireClient;
const gateways: TestGateway[] = [];

beforeAll(async () => {
  server = await startPostgres({ version: 15 });
  direct = await WireClient.connect(targetAt(server));
  await direct.run(SEED);
}, 60_000);

afterAll(async () => {
  direct.close();
  for (const gateway of gateways) await gateway.close();
  await server.stop();
});

async function maskedClient(mask: Mask): Promise<WireClient> {
  const masks = Object.fromEntries(VALUES.map((_, at) => [`public.kinds.c${at}`, mask]));
  const gateway = await startTestGateway(targetAt(server, { options: { database: 'postgres' } }), { masks });
  gateways.push(gateway);
  return WireClient.connect(targetAt({ ...server, port: gateway.port, user: 'alice', password: TOKEN }, { tls: { mode: 'require' } }));
}

/** One row in a format. */
async function rowOf(client: WireClient, sql: string, format: number): Promise<readonly (Buffer | null)[]> {
  const bind = encodeBind({ portal: '', statement: '', parameterFormats: [], parameters: [], resultFormats: [format] });
  client.send(encodeParse({ statement: '', sql, parameterTypes: [] }), bind, encodeDescribe('P', ''), encodeExecute('', 0), SYNC);
  const answer = await client.until(BACKEND.ReadyForQuery);
  const row = answer.find((raw) => raw[0] === BACKEND.DataRow);
  if (row === undefined) throw new Error(answer.map((raw) => raw.toString('latin1')).join());
  expect(
    answer.some((raw) => raw[0] === BACKEND.RowDescription && decodeRowDescription(raw).fields.every((one) => one.format === format)),
  ).toBe(true);
  return decodeDataRow(row).cells;
}

/** The server itself takes the value for one of the type, in that format. */
async function isOfType(value: Buffer, type: string, format: number): Promise<boolean> {
  const sql = `SELECT $1::${type}`;
  const bind = encodeBind({ portal: '', statement: '', parameterFormats: [format], parameters: [value], resultFormats: [] });
  direct.send(encodeParse({ statement: '', sql, parameterTypes: [] }), bind, encodeExecute('', 0), SYNC);
  return (await direct.until(BACKEND.ReadyForQuery)).some((raw) => raw[0] === BACKEND.DataRow);
}

test.each(Object.entries(METHODS))('%s: every type stays what it is, in both formats, and shows nothing', async (method, mask) => {
  const client = await maskedClient(mask);
  for (const format of [0, 1]) {
    const cells = await rowOf(client, 'SELECT * FROM kinds', format);
    for (const [index, [type, value]] of VALUES.entries()) {
      const cell = cells[index] ?? null;
      const holds = method !== 'null' && (HOLDS.has(type) || (type === 'uuid' && method === 'hash'));
      expect([type, format, cell !== null]).toEqual([type, format, holds]);
      if (cell === null) continue;
      expect(cell.toString('latin1')).not.toContain(value);
      expect([type, format, await isOfType(cell, type, format)]).toEqual([type, format, true]);
    }
  }
  client.close();
});

test('a hashed uuid is one and the same in both formats', async () => {
  const client = await maskedClient(METHODS.hash as Mask);
  const column = VALUES.findIndex(([type]) => type === 'uuid');
  const [text] = await rowOf(client, `SELECT c${column} FROM kinds`, 0);
  const [binary] = await rowOf(client, `SELECT c${column} FROM kinds`, 1);
  expect(text?.toString().replaceAll('-', '')).toBe(binary?.toString('hex'));
  client.close();
});

test('COPY: what comes out can be copied in', async () => {
  const client = await maskedClient(METHODS.redact as Mask);
  client.send(encodeQuery('COPY kinds TO STDOUT'));
  const data = (await client.until(BACKEND.ReadyForQuery)).find((raw) => raw[0] === BACKEND.CopyData);
  client.close();
  const drop = VALUES.map((_, at) => `ALTER c${at} DROP NOT NULL`).join();
  await direct.run(`CREATE TABLE copied (LIKE kinds); ALTER TABLE copied ${drop}`);
  direct.send(encodeQuery('COPY copied FROM STDIN'), data ?? Buffer.alloc(0), Buffer.from('6300000004', 'hex'));
  const answer = await direct.until(BACKEND.ReadyForQuery);
  expect(answer.map((raw) => raw.toString('latin1')).join()).toContain('COPY 1');
});
