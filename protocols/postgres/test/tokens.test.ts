import { type PostgresServer, startPostgres } from '../../../test-fixtures/servers/postgres.ts';
import { COPY_DONE, encodeCopyData } from '../src/codec/copy.ts';
import { encodeBind, encodeExecute, encodeParse, SYNC } from '../src/codec/extended-query.ts';
import { BACKEND } from '../src/codec/message-types.ts';
import { encodeQuery } from '../src/codec/query.ts';
import { decodeDataRow } from '../src/codec/rows.ts';
import { tokens } from './playbook-kit.ts';
import { startTestGateway, type TestGateway, TOKEN } from './test-gateway.ts';
import { targetAt } from './test-target.ts';
import { WireClient } from './wire-client.ts';

const contact = tokens('contact');
const EMAIL = "o'neil@example.com";
const token = contact.apply(EMAIL) ?? '';

let server: PostgresServer;
let gateway: TestGateway;
let client: WireClient;

beforeAll(async () => {
  server = await startPostgres({ version: 15 });
  const direct = await WireClient.connect(targetAt(server));
  await direct.run(`CREATE TABLE people (id int, email text); INSERT INTO people VALUES (1, 'o''neil@example.com'), (2, 'b@example.com');
    CREATE TABLE visits (mail varchar(40)); INSERT INTO visits VALUES ('o''neil@example.com')`);
  direct.close();
  gateway = await startTestGateway(targetAt(server, { options: { database: 'postgres' } }), {
    masks: { 'public.people.email': contact, 'public.visits.mail': contact },
  });
  client = await WireClient.connect(
    targetAt({ ...server, port: gateway.port, user: 'alice', password: TOKEN }, { tls: { mode: 'require' } }),
  );
}, 60_000);

afterAll(async () => {
  client.close();
  await gateway.close();
  await server.stop();
});

async function rows(...messages: readonly Buffer[]): Promise<(string | null)[][]> {
  client.send(...messages);
  const answer = await client.until(BACKEND.ReadyForQuery);
  const error = answer.find((raw) => raw[0] === BACKEND.ErrorResponse);
  if (error !== undefined) throw new Error(error.toString('latin1'));
  return answer.filter((raw) => raw[0] === BACKEND.DataRow).map((raw) => decodeDataRow(raw).cells.map((cell) => cell?.toString() ?? null));
}

const bound = (sql: string, value: string, format: number): Buffer[] => [
  encodeParse({ statement: '', sql, parameterTypes: [] }),
  encodeBind({ portal: '', statement: '', parameterFormats: [format], parameters: [Buffer.from(value)], resultFormats: [] }),
  encodeExecute('', 0),
  SYNC,
];

test('values are shown as tokens, which find them again', async () => {
  expect(await rows(encodeQuery('SELECT email FROM people WHERE id = 1'))).toEqual([[token]]);
  expect(await rows(encodeQuery(`SELECT id, email FROM people WHERE email = '${token}'`))).toEqual([['1', token]]);
  expect(await rows(encodeQuery(`SELECT id FROM people WHERE email IN ('${token}', 'x')`))).toEqual([['1']]);
  for (const format of [0, 1]) expect(await rows(...bound('SELECT id FROM people WHERE email = $1', token, format))).toEqual([['1']]);
  expect(await rows(...bound('SELECT id FROM people WHERE email = ANY ($1)', `{${token}}`, 0))).toEqual([['1']]);
  expect(await rows(encodeQuery(`SELECT id FROM people JOIN visits ON mail = email WHERE mail = '${token}'`))).toEqual([['1']]);
});

test('a token is what it is everywhere else', async () => {
  expect(await rows(encodeQuery(`SELECT '${token}'`))).toEqual([[token]]);
  expect(await rows(...bound('SELECT $1::text', token, 0))).toEqual([[token]]);
  expect(await rows(encodeQuery(`SELECT id FROM people WHERE email LIKE '${token}'`))).toEqual([]);
});

test('a token that is written back is refused, and nothing has changed', async () => {
  const refused = /42501.*would store a mask/;
  await expect(rows(encodeQuery(`UPDATE people SET email = '${token}' WHERE id = 1`))).rejects.toThrow(refused);
  await expect(rows(...bound('INSERT INTO people (email) VALUES ($1)', token, 0))).rejects.toThrow(refused);
  const line = encodeCopyData(Buffer.from(`3\t${token}\n`));
  await expect(rows(encodeQuery('COPY people FROM STDIN'), line, COPY_DONE)).rejects.toThrow(refused);
  expect(await rows(encodeQuery('SELECT count(*) FROM people'))).toEqual([['2']]);
  expect(await rows(encodeQuery(`UPDATE people SET id = 5 WHERE email = '${token}' RETURNING id, email`))).toEqual([['5', token]]);
});

test('the original is in no record', () => {
  const { commands, notes, seen, recorded } = gateway.gate;
  for (const record of [
    JSON.stringify(commands),
    JSON.stringify(notes),
    ...[seen, recorded].map((raw) => Buffer.concat(raw).toString('latin1')),
  ])
    expect(record).not.toContain('neil');
});
