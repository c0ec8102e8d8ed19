import { type PostgresServer, startPostgres } from '../../../test-fixtures/servers/postgres.ts';
import { encodeBind, encodeDescribe, encodeExecute, encodeParse, SYNC } from '../src/codec/extended-query.ts';
import { BACKEND } from '../src/codec/message-types.ts';
import { encodeQuery } from '../src/codec/query.ts';
import { decodeDataRow, decodeRowDescription } from '../src/codec/rows.ts';
import { binaryText } from '../src/relay/binary-value.ts';
import { targetAt } from './test-target.ts';
import { WireClient } from './wire-client.ts';

let server: PostgresServer;
let client: WireClient;

beforeAll(async () => {
  server = await startPostgres({ version: 15 });
  client = await WireClient.connect(targetAt(server));
  client.send(encodeQuery("SET TimeZone TO 'UTC'"));
  await client.until(BACKEND.ReadyForQuery);
}, 60_000);

afterAll(async () => {
  client.close();
  await server.stop();
});

async function value(sql: string, format: number): Promise<{ readonly type: number; readonly cell: Buffer }> {
  const bind = encodeBind({ portal: '', statement: '', parameterFormats: [], parameters: [], resultFormats: [format] });
  client.send(encodeParse({ statement: '', sql, parameterTypes: [] }), bind, encodeDescribe('P', ''), encodeExecute('', 0), SYNC);
  const answer = await client.until(BACKEND.ReadyForQuery);
  const row = answer.find((raw) => raw[0] === BACKEND.DataRow);
  const description = answer.find((raw) => raw[0] === BACKEND.RowDescription);
  if (row === undefined || description === undefined) throw new Error(answer.map((raw) => raw.toString('latin1')).join());
  return { type: decodeRowDescription(description).fields[0]?.typeOid ?? 0, cell: decodeDataRow(row).cells[0] ?? Buffer.alloc(0) };
}

test.each(
  `true | false::bool | 1::int2 | (-32768)::int2 | 42 | -2147483648 | 9223372036854775807 | (-9223372036854775808)::int8 | 4294967295::oid
  1.5::float4 | -0.1::float8 | 'NaN'::float8 | 'Infinity'::float8 | 'ä€𝄞'::text | 'x'::varchar(3) | 'y'::char(3) | 'n'::name | 'c'::"char"
  '{"a": 1}'::json | '{"a": [1, null]}'::jsonb | '<a/>'::xml | '\\x00ff'::bytea | ''::text | 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid
  '2000-01-01'::date | '1999-12-31'::date | '2024-02-29'::date | 'infinity'::date | '-infinity'::date
  '00:00:00'::time | '23:59:59.000001'::time | '12:30:00.5'::time
  '2024-02-29 12:34:56.789'::timestamp | '1969-12-31 23:59:59.999999'::timestamp | 'infinity'::timestamp | '2000-01-01'::timestamp
  '2024-02-29 12:34:56.789+02'::timestamptz | '-infinity'::timestamptz
  0::numeric | 1.50::numeric | -0.00001::numeric | 12345678901234567890.123456789::numeric | 10000::numeric | 0.0001::numeric | 1e20::numeric | 'NaN'::numeric
  '-Infinity'::numeric | 100.00::numeric(10,2) | 99999999::numeric | 1e-10::numeric`
    .split(/[|\n]/)
    .map((literal) => literal.trim()),
)('%s reads in binary as it does in text', async (literal) => {
  const sql = `SELECT ${literal}`;
  const binary = await value(sql, 1);
  expect(binaryText(binary.type, binary.cell)).toBe((await value(sql, 0)).cell.toString('utf8'));
});

test('what is not of its type has no text', () => {
  expect(binaryText(23, Buffer.alloc(3))).toBeUndefined();
  expect(binaryText(1700, Buffer.alloc(2))).toBeUndefined();
  expect(binaryText(1082, Buffer.from('7ffffffe', 'hex'))).toBeUndefined();
  expect(binaryText(600, Buffer.alloc(16))).toBeUndefined();
});
