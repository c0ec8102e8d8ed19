import { closeClassifier, field, redact, type Scene, scene } from '../../test/playbook-kit.ts';
import { decodeErrorOrNotice, encodeErrorOrNotice } from '../codec/error-fields.ts';
import {
  BIND_COMPLETE,
  encodeBind,
  encodeDescribe,
  encodeExecute,
  encodeParse,
  NO_DATA,
  PARSE_COMPLETE,
  SYNC,
} from '../codec/extended-query.ts';
import { BACKEND } from '../codec/message-types.ts';
import { encodeCommandComplete, encodeQuery, encodeReadyForQuery } from '../codec/query.ts';
import { decodeDataRow, encodeDataRow, encodeRowDescription, type Field } from '../codec/rows.ts';
import { encodeNotificationResponse } from '../codec/session-messages.ts';
import { errorResponse, noticeResponse } from '../errors.ts';
import { FAILING_QUERY } from './denial.ts';

afterAll(() => closeClassifier());

const TABLES = { 'public.customers': ['id', 'name', 'card'], 'public.orders': ['id', 'customer', 'note'] };
const CUSTOMERS = 20_000;
const ORDERS = 20_001;
const RULES = { masks: { 'public.customers.card': redact } };
const INT4 = 23;
const idle = encodeReadyForQuery('I');
const row = (...cells: readonly (string | null)[]) => encodeDataRow(cells.map((cell) => (cell === null ? null : Buffer.from(cell))));
const masked = (): Scene => scene(RULES, TABLES);

/** The rows that the client sees of one Query. */
async function seen(sql: string, fields: readonly Field[], ...rows: readonly Buffer[]): Promise<(string | null)[][]> {
  const { play, warm } = masked();
  await warm(sql);
  await play.client(encodeQuery(sql));
  play.expect('target', encodeQuery(sql));
  await play.target(encodeRowDescription(fields), ...rows, encodeCommandComplete(`SELECT ${rows.length}`), idle);
  return rowsOf(play.take('client'));
}

function rowsOf(stream: Buffer): (string | null)[][] {
  const rows: (string | null)[][] = [];
  for (let at = 0; at < stream.length; ) {
    const end = at + 1 + stream.readInt32BE(at + 1);
    if (stream[at] === BACKEND.DataRow) rows.push(decodeDataRow(stream.subarray(at, end)).cells.map((cell) => cell?.toString() ?? null));
    at = end;
  }
  return rows;
}

describe('columns with an origin', () => {
  test('a masked column is masked, whatever it is called in the result', async () => {
    const fields = [field('id', CUSTOMERS, 1, INT4), field('x', CUSTOMERS, 3), field('name', CUSTOMERS, 2)];
    expect(await seen('SELECT id, card AS x, name FROM customers', fields, row('1', '4111', 'Ann'), row('2', null, 'Bob'))).toEqual([
      ['1', '***', 'Ann'],
      ['2', null, 'Bob'],
    ]);
  });

  test('a type that cannot hold a mask becomes NULL, in either format', async () => {
    expect(await seen('SELECT card FROM customers', [field('card', CUSTOMERS, 3, INT4, 1)], row('\0\0\0\x01'))).toEqual([[null]]);
    expect(await seen('SELECT card FROM customers', [field('card', CUSTOMERS, 3, INT4)], row('1'))).toEqual([[null]]);
  });

  test('an unknown relation or column is masked', async () => {
    expect(await seen('SELECT id FROM orders', [field('id', 30_000, 1)], row('1'))).toEqual([[null]]);
    expect(await seen('SELECT id FROM orders', [field('id', ORDERS, 9)], row('1'))).toEqual([[null]]);
  });

  test('a whole row of a protected table is masked', async () => {
    expect(await seen('SELECT customers FROM customers', [field('customers', CUSTOMERS, 0)], row('(1,Ann,4111)'))).toEqual([[null]]);
  });

  test('rows without masks are the very bytes', async () => {
    const rows = [row('1', 'x'), row('2', 'y')];
    const { play, gate, warm } = masked();
    await warm('SELECT id, note FROM orders');
    await play.client(encodeQuery('SELECT id, note FROM orders'));
    const answer = [
      encodeRowDescription([field('id', ORDERS, 1), field('note', ORDERS, 3)]),
      ...rows,
      encodeCommandComplete('SELECT 2'),
      idle,
    ];
    await play.target(...answer);
    play.expect('client', ...answer);
    expect(gate.notes).toMatchObject([{ rows: 2 }]);
    expect(gate.notes[0]).not.toHaveProperty('masked');
  });

  test('what was masked is counted by rule', async () => {
    const { play, gate, warm } = masked();
    await warm('SELECT card FROM customers');
    await play.client(encodeQuery('SELECT card FROM customers'));
    await play.target(
      encodeRowDescription([field('card', CUSTOMERS, 3)]),
      row('a'),
      row(null),
      row('b'),
      encodeCommandComplete('SELECT 3'),
      idle,
    );
    expect(gate.notes).toMatchObject([{ rows: 3, masked: { 'test redact': 2 } }]);
  });
});

describe('columns without an origin', () => {
  test.each([
    ['SELECT count(*) FROM customers', '3'],
    ["SELECT 'x' FROM customers", '3'],
    ['SELECT lower(name) FROM customers', '3'],
    ['SELECT card || name FROM customers', null],
    ['SELECT lower(card) FROM customers', null],
    ['SELECT to_json(customers) FROM customers', null],
    ['SELECT (SELECT max(card) FROM customers)', null],
    ['SELECT name FROM customers UNION SELECT card FROM customers', null],
    ["SELECT query_to_xml('SELECT 1', true, true, '')", null],
    ['SELECT lower(note) FROM orders', '3'],
    ['SELECT lower(name) FROM customers, orders', '3'],
    ['SELECT $1 FROM customers', null],
  ])('%s', async (sql, expected) => {
    expect(await seen(sql, [field('?column?')], row('3'))).toEqual([[expected]]);
  });

  test('a star does not shift what stands behind it', async () => {
    const fields = [field('id', CUSTOMERS, 1), field('name', CUSTOMERS, 2), field('card', CUSTOMERS, 3), field('count'), field('x')];
    expect(await seen("SELECT *, 'c', lower(card) FROM customers", fields, row('1', 'Ann', '4111', 'c', '4111'))).toEqual([
      ['1', 'Ann', '***', 'c', null],
    ]);
  });
});

describe('the extended protocol', () => {
  const sql = 'SELECT card FROM customers';
  const bind = encodeBind({ portal: '', statement: 's', parameterFormats: [], parameters: [], resultFormats: [] });

  test('a client that does not describe: the gateway does, unseen', async () => {
    const { play, warm } = masked();
    await warm(sql);
    await play.client(encodeParse({ statement: 's', sql, parameterTypes: [] }), bind, encodeExecute('', 0), SYNC);
    play.expect(
      'target',
      encodeParse({ statement: 's', sql, parameterTypes: [] }),
      bind,
      encodeDescribe('P', ''),
      encodeExecute('', 0),
      SYNC,
    );
    const fields = encodeRowDescription([field('card', CUSTOMERS, 3)]);
    await play.target(PARSE_COMPLETE, BIND_COMPLETE, fields, row('4111'), encodeCommandComplete('SELECT 1'), idle);
    play.expect('client', PARSE_COMPLETE, BIND_COMPLETE, row('***'), encodeCommandComplete('SELECT 1'), idle);
  });

  test('a client that describes sees the answer once', async () => {
    const { play, warm } = masked();
    await warm(sql);
    const messages = [encodeParse({ statement: 's', sql, parameterTypes: [] }), bind, encodeDescribe('P', ''), encodeExecute('', 0), SYNC];
    await play.client(...messages);
    play.expect('target', ...messages);
    const fields = encodeRowDescription([field('card', CUSTOMERS, 3)]);
    await play.target(PARSE_COMPLETE, BIND_COMPLETE, fields, row('4111'), encodeCommandComplete('SELECT 1'), idle);
    play.expect('client', PARSE_COMPLETE, BIND_COMPLETE, fields, row('***'), encodeCommandComplete('SELECT 1'), idle);
  });

  test('an unseen Describe without rows', async () => {
    const { play, warm } = masked();
    const insert = "INSERT INTO orders (note) VALUES ('a')";
    await warm(insert);
    await play.client(encodeParse({ statement: 's', sql: insert, parameterTypes: [] }), bind, encodeExecute('', 0), SYNC);
    await play.target(PARSE_COMPLETE, BIND_COMPLETE, NO_DATA, encodeCommandComplete('INSERT 0 1'), idle);
    play.expect('client', PARSE_COMPLETE, BIND_COMPLETE, encodeCommandComplete('INSERT 0 1'), idle);
  });

  test('its error is the error of the Execute', async () => {
    const { play, gate, warm } = masked();
    await warm(sql);
    await play.client(encodeParse({ statement: 's', sql, parameterTypes: [] }), bind, encodeExecute('', 0), SYNC);
    const error = errorResponse('ERROR', '25P02', 'current transaction is aborted');
    await play.target(PARSE_COMPLETE, BIND_COMPLETE, error, idle);
    play.expect('client', PARSE_COMPLETE, BIND_COMPLETE, error, idle);
    expect(gate.notes).toMatchObject([{ state: 'failed', error: { code: '25P02' } }]);
  });
});

describe('what may quote values', () => {
  const quoting = errorResponse('ERROR', '23505', 'duplicate key', undefined, 'Key (card)=(4111) already exists.');

  test('errors over protected data keep their condition only', async () => {
    const { play, gate, warm } = masked();
    await warm("INSERT INTO customers (card) VALUES ('4111')");
    await play.client(encodeQuery("INSERT INTO customers (card) VALUES ('4111')"));
    await play.target(quoting, idle);
    const client = play.take('client');
    expect(client.toString('latin1')).not.toContain('4111');
    expect(decodeErrorOrNotice(client.subarray(0, -6)).fields.get('M')).toBe('unique_violation');
    expect(JSON.stringify(gate)).not.toContain('4111');
    expect(gate.notes).toMatchObject([{ error: { code: '23505', message: 'unique_violation' } }]);
  });

  test('a deferred failure at the end of the transaction too', async () => {
    const { play, warm } = masked();
    await warm('BEGIN', "INSERT INTO customers (card) VALUES ('4111')", 'COMMIT');
    await play.client(encodeQuery('BEGIN'));
    await play.target(encodeCommandComplete('BEGIN'), encodeReadyForQuery('T'));
    await play.client(encodeQuery("INSERT INTO customers (card) VALUES ('4111')"));
    await play.target(encodeCommandComplete('INSERT 0 1'), encodeReadyForQuery('T'));
    await play.client(encodeQuery('COMMIT'));
    await play.target(quoting, idle);
    expect(play.take('client').toString('latin1')).not.toContain('4111');
  });

  test('a write elsewhere too: its triggers and foreign keys may read protected data', async () => {
    const { play, warm } = masked();
    await warm("INSERT INTO orders (note) VALUES ('4111')");
    await play.client(encodeQuery("INSERT INTO orders (note) VALUES ('4111')"));
    await play.target(noticeResponse('4111'), quoting, idle);
    expect(play.take('client').toString('latin1')).not.toContain('4111');
  });

  test('an error about a protected table, and one that has a context, wherever they come', async () => {
    const about = (...fields: readonly [string, string][]) =>
      encodeErrorOrNotice({ type: 'ErrorResponse', fields: new Map([['V', 'ERROR'], ['C', '22000'], ['M', '4111'], ...fields]) });
    for (const error of [about(['s', 'public'], ['t', 'customers']), about(['s', 'x'], ['t', 'y']), about(['W', '4111'])]) {
      const { play, warm } = masked();
      await warm('SELECT id FROM orders');
      await play.client(encodeQuery('SELECT id FROM orders'));
      await play.target(error, idle);
      expect(play.take('client').toString('latin1')).not.toContain('4111');
    }
  });

  test('reading elsewhere, and what the parser found in the text, stay as they are', async () => {
    const { play, warm } = masked();
    await warm('SELECT id FROM orders', 'SELECT x FROM customers');
    await play.client(encodeQuery('SELECT id FROM orders'));
    await play.target(quoting, idle);
    play.take('target');
    play.expect('client', quoting, idle);
    const fields = new Map(Object.entries({ V: 'ERROR', C: '42703', M: 'column "x" does not exist', P: '8' }));
    const undefinedColumn = encodeErrorOrNotice({ type: 'ErrorResponse', fields });
    await play.client(encodeQuery('SELECT x FROM customers'));
    await play.target(undefinedColumn, idle);
    play.expect('client', undefinedColumn, idle);
  });

  test('an error with a context, and every notice', async () => {
    const { play, warm } = masked();
    await warm('DO $$ BEGIN END $$');
    await play.client(encodeQuery('DO $$ BEGIN END $$'));
    const fields = new Map([
      ['S', 'ERROR'],
      ['V', 'ERROR'],
      ['C', 'XX000'],
      ['M', '4111'],
      ['W', 'PL/pgSQL function 4111'],
    ]);
    await play.target(noticeResponse('4111'), encodeErrorOrNotice({ type: 'ErrorResponse', fields }), idle);
    expect(play.take('client').toString('latin1')).not.toContain('4111');
  });

  test('notifications lose their payload', async () => {
    const { play } = masked();
    await play.target(encodeNotificationResponse({ processId: 1, channel: 'c', payload: '4111' }));
    play.expect('client', encodeNotificationResponse({ processId: 1, channel: 'c', payload: '' }));
  });

  test('literals and parameters are not recorded', async () => {
    const { play, gate, warm } = masked();
    const sql = 'SELECT id FROM customers WHERE card = $1';
    await warm(sql, "SELECT id FROM customers WHERE card = '4111'");
    await play.client(encodeQuery("SELECT id FROM customers WHERE card = '4111'"));
    await play.target(encodeCommandComplete('SELECT 0'), idle);
    const bound = encodeBind({ portal: '', statement: '', parameterFormats: [], parameters: [Buffer.from('4111')], resultFormats: [] });
    await play.client(encodeParse({ statement: '', sql, parameterTypes: [25] }), bound, encodeExecute('', 0), SYNC);
    expect(gate.commands).toHaveLength(2);
    expect(JSON.stringify(gate.commands)).not.toContain('4111');
    expect(gate.commands[1]?.parameters).toEqual([expect.stringMatching(/^<text, 4 bytes, hmac [0-9a-f]{16}>$/)]);
  });
});

test('after a schema change in the same transaction names prove nothing', async () => {
  const { play, warm } = masked();
  await warm('BEGIN', 'ALTER TABLE customers RENAME TO x', 'SELECT lower(note) FROM orders');
  await play.client(encodeQuery('BEGIN'));
  await play.target(encodeCommandComplete('BEGIN'), encodeReadyForQuery('T'));
  await play.client(encodeQuery('ALTER TABLE customers RENAME TO x'));
  await play.target(encodeCommandComplete('ALTER TABLE'), encodeReadyForQuery('T'));
  play.take('client');
  await play.client(encodeQuery('SELECT lower(note) FROM orders'));
  await play.target(encodeRowDescription([field('lower')]), row('4111'), encodeCommandComplete('SELECT 1'), encodeReadyForQuery('T'));
  expect(rowsOf(play.take('client'))).toEqual([[null]]);
});

test('after TRUNCATE they mean what they did', async () => {
  const { play, warm } = masked();
  await warm('BEGIN', 'TRUNCATE orders', 'COPY orders FROM STDIN', 'SELECT * INTO copy FROM customers');
  await play.client(encodeQuery('BEGIN'));
  await play.target(encodeCommandComplete('BEGIN'), encodeReadyForQuery('T'));
  await play.client(encodeQuery('TRUNCATE orders'));
  await play.target(encodeCommandComplete('TRUNCATE TABLE'), encodeReadyForQuery('T'));
  play.take('target');
  await play.client(encodeQuery('SELECT * INTO copy FROM customers'));
  play.expect('target', FAILING_QUERY);
  await play.target(errorResponse('ERROR', '42601', 'syntax error'), encodeReadyForQuery('T'));
  await play.client(encodeQuery('COPY orders FROM STDIN'));
  play.expect('target', encodeQuery('COPY orders FROM STDIN'));
});

test('a large row with masks is masked, or ends the session; one without them streams', async () => {
  const { play, warm } = masked();
  await warm('SELECT card, name FROM customers', 'SELECT note FROM orders');
  const fields = encodeRowDescription([field('card', CUSTOMERS, 3), field('name', CUSTOMERS, 2)]);
  await play.client(encodeQuery('SELECT card, name FROM customers'));
  const name = 'x'.repeat(3 << 20);
  await play.target(fields, row('4111', name), encodeCommandComplete('SELECT 1'), idle);
  expect(rowsOf(play.take('client'))).toEqual([['***', name]]);

  await play.client(encodeQuery('SELECT note FROM orders'));
  const large = row('x'.repeat(20 << 20));
  const note = encodeRowDescription([field('note', ORDERS, 3)]);
  await play.target(note, large, encodeCommandComplete('SELECT 1'), idle);
  play.expect('client', note, large, encodeCommandComplete('SELECT 1'), idle);

  await play.client(encodeQuery('SELECT card, name FROM customers'));
  await expect(play.target(fields, row('4111', 'x'.repeat(20 << 20)))).rejects.toMatchObject({ code: 'ERR_LIMIT' });
});

test('what a prepared statement will read seals its PREPARE already', async () => {
  const { play, gate, warm } = masked();
  const sql = "PREPARE s AS SELECT query_to_xml('SELECT id FROM customers WHERE card = 4111', true, true, '')";
  await warm(sql);
  await play.client(encodeQuery(sql));
  expect(gate.commands).toHaveLength(1);
  expect(JSON.stringify(gate.commands)).not.toContain('4111');
});
