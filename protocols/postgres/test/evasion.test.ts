import { readFileSync } from 'node:fs';
import { CA_FILE } from '@sallyport/core/testing';
import { Client, type ClientConfig } from 'pg';
import { type PostgresServer, startPostgres } from '../../../test-fixtures/servers/postgres.ts';
import { decodeErrorOrNotice } from '../src/codec/error-fields.ts';
import { encodeBind, encodeExecute, encodeParse, SYNC } from '../src/codec/extended-query.ts';
import { BACKEND } from '../src/codec/message-types.ts';
import { encodeQuery } from '../src/codec/query.ts';
import { redact } from './playbook-kit.ts';
import { startTestGateway, type TestGateway, TOKEN } from './test-gateway.ts';
import { targetAt } from './test-target.ts';
import { WireClient } from './wire-client.ts';

const fixture = (name: string): string => readFileSync(new URL(`../../../test-fixtures/postgres/${name}`, import.meta.url), 'utf8');
const SECRET = '4111222233334444';
/** The secret as such, backwards, in hexadecimal, in base64, as a number in binary format, and its middle. */
const TRACES = [
  SECRET,
  [...SECRET].reverse().join(''),
  Buffer.from(SECRET).toString('hex'),
  Buffer.from(SECRET).toString('base64').slice(0, 16),
  Buffer.from(BigInt(SECRET).toString(16).padStart(16, '0'), 'hex').toString('latin1'),
  SECRET.slice(4, 12),
];
const MASKED = 'customers parts visitors repeated pairs unique_cards uses known referring checked deferred'.split(' ');
const ATTEMPTS = fixture('evasion.sql')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('--'))
  .map((line) => line.split('\t') as [string, string]);
/** Those of one statement: the extended protocol takes no more. */
const SINGLE = ATTEMPTS.map(([, attempt]) => attempt).filter((attempt) => !attempt.includes(';'));

let server: PostgresServer;
let gateway: TestGateway;

beforeAll(async () => {
  server = await startPostgres({ version: 15 });
  const seeder = await WireClient.connect(targetAt(server));
  await seeder.run(fixture('evasion-seed.sql'));
  seeder.close();
  gateway = await startTestGateway(targetAt(server, { options: { database: 'postgres' } }), {
    masks: Object.fromEntries(MASKED.map((table) => [`public.${table}.card`, redact])),
    rule: ({ launders }) => (launders ? 'deny' : 'allow'),
  });
}, 60_000);

afterAll(async () => {
  await gateway.close();
  await server.stop();
});

function connect(): Promise<WireClient> {
  return WireClient.connect(targetAt({ ...server, port: gateway.port, user: 'alice', password: TOKEN }, { tls: { mode: 'require' } }));
}

/** The answers to the groups of messages, each sent behind the answer to the one before. */
async function answers(client: WireClient, groups: readonly (readonly Buffer[])[]): Promise<Buffer[][]> {
  const seen: Buffer[][] = [];
  try {
    for (const group of groups) {
      client.send(...group);
      seen.push(await client.until(BACKEND.ReadyForQuery));
    }
  } finally {
    client.close();
  }
  return seen;
}

const textOf = (seen: readonly (readonly Buffer[])[]): string => Buffer.concat(seen.flat()).toString('latin1');

function expectNoTrace(bytes: string): void {
  expect(TRACES.filter((trace) => bytes.includes(trace))).toEqual([]);
}

/** In a transaction that ends with its connection, where it would change what the next one meets. */
function messagesOf(attempt: string): Buffer[][] {
  const changes = /\b(INSERT|UPDATE|DELETE|MERGE|ALTER|CREATE|DECLARE|DO)\b/.test(attempt) && !/^(BEGIN|LISTEN)\b/.test(attempt);
  const messages = attempt.replaceAll('⏎', '\n').split(' ;; ');
  return [...(changes ? ['BEGIN'] : []), ...messages].map((sql) => [encodeQuery(sql)]);
}

function outcomeOf(seen: readonly (readonly Buffer[])[]): string {
  const types = (messages: readonly Buffer[]): Set<number | undefined> => new Set(messages.map((raw) => raw[0]));
  const error = seen.flat().find((raw) => raw[0] === BACKEND.ErrorResponse);
  if (error !== undefined) {
    const message = decodeErrorOrNotice(error).fields.get('M') ?? '';
    return message === 'denied by a test' || message.startsWith('COPY of masked data') ? 'refused' : 'error';
  }
  const last = types(seen.at(-1) ?? []);
  if (last.has(BACKEND.DataRow) || last.has(BACKEND.CopyData)) return 'masked';
  const all = types(seen.flat());
  return all.has(BACKEND.NoticeResponse) || all.has(BACKEND.NotificationResponse) ? 'message' : 'nothing';
}

test.each(ATTEMPTS)('%s: %s', async (expected, attempt) => {
  const direct = textOf(await answers(await WireClient.connect(targetAt(server)), messagesOf(attempt)));
  expect(TRACES.some((trace) => direct.includes(trace))).toBe(true); // a good attempt
  const seen = await answers(await connect(), messagesOf(attempt));
  expectNoTrace(textOf(seen));
  expect(outcomeOf(seen)).toBe(expected);
});

test.each(SINGLE)('in binary, without Describe: %s', async (attempt) => {
  const bind = encodeBind({ portal: '', statement: 's', parameterFormats: [], parameters: [], resultFormats: [1] });
  const parse = encodeParse({ statement: 's', sql: attempt.replaceAll('⏎', '\n'), parameterTypes: [] });
  const groups = [[encodeQuery('BEGIN')], [parse, bind, encodeExecute('', 0), SYNC], [bind, encodeExecute('', 0), SYNC]];
  expectNoTrace(textOf(await answers(await connect(), groups)));
});

/** Everything that a driver made of the answers, bytes as text. */
function toldBy(heard: readonly unknown[]): string {
  return JSON.stringify(heard, (_, value: unknown) => {
    if (typeof value === 'bigint') return String(value);
    const bytes = value as { readonly type?: string; readonly data?: readonly number[] } | null;
    return bytes?.type === 'Buffer' ? Buffer.from(bytes.data ?? []).toString('latin1') : value;
  });
}

describe.each(['text', 'binary'])('node-postgres, extended, in %s', (format) => {
  let client: Client;
  let heard: unknown[] = [];

  beforeAll(async () => {
    const { port } = gateway;
    const settings = { host: '127.0.0.1', port, user: 'alice', password: TOKEN, database: 'postgres', ssl: { ca: readFileSync(CA_FILE) } };
    client = new Client({ ...settings, binary: format === 'binary' } as ClientConfig);
    client.on('notice', (notice) => heard.push({ ...notice, message: notice.message }));
    client.on('notification', (notification) => heard.push(notification));
    await client.connect();
  });

  afterAll(() => client.end());

  // COPY needs a stream of its own there; settings would outlive the transaction for the next attempt.
  test.each(SINGLE.filter((attempt) => !/^(COPY|SET)\b/.test(attempt)))('%s', async (attempt) => {
    heard = [];
    await client.query('BEGIN');
    const query = { text: attempt.replaceAll('⏎', '\n'), rowMode: 'array' as const, queryMode: 'extended' };
    const result = await client.query(query).catch((error: Error) => ({ ...error, message: error.message }));
    heard.push('rows' in result ? result.rows : result);
    await client.query('ROLLBACK');
    expectNoTrace(toldBy(heard));
  });
});

test('statements of one breath', async () => {
  const client = await connect();
  const breath = [
    'BEGIN',
    'ALTER TABLE orders RENAME TO old',
    'ALTER TABLE customers RENAME TO orders',
    'ALTER TABLE orders RENAME COLUMN card TO note',
    'SELECT upper(note) FROM orders',
    'PREPARE leak AS SELECT upper(note) FROM orders',
    'EXECUTE leak',
    'ROLLBACK',
    'EXECUTE leak',
  ];
  const answered = await client.converse(breath.map(encodeQuery));
  client.close();
  expectNoTrace(answered.join('\n'));
});

test('a prepared statement whose names have come to mean something else', async () => {
  const bind = encodeBind({ portal: '', statement: 's', parameterFormats: [], parameters: [], resultFormats: [] });
  const parse = encodeParse({ statement: 's', sql: 'SELECT note FROM orders', parameterTypes: [] });
  const run = [bind, encodeExecute('', 0), SYNC];
  expectNoTrace(textOf(await answers(await connect(), [[parse, ...run], [encodeQuery('SET search_path TO other, public')], run])));
});

test('nothing of it is in what was recorded', () => {
  const noted = JSON.stringify(gateway.gate.commands) + JSON.stringify(gateway.gate.notes);
  expectNoTrace(noted);
  expectNoTrace(Buffer.concat(gateway.gate.seen).toString('latin1'));
});
