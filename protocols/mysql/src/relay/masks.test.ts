import { GatewayError, ProtocolError, type TextMask } from '@sallyport/core';
import { redact } from '@sallyport/core/testing';
import { column, command, eof, err, ok, query, result, scene, textRow } from '../../test/playbook-kit.ts';
import { int, lenenc, lenencBytes, packets } from '../codec/bytes.ts';
import { CAPABILITY } from '../codec/capabilities.ts';
import { type ColumnDefinition, encodeColumn } from '../codec/columns.ts';
import { COMMAND } from '../codec/commands.ts';
import { MAX_MASKED_ROW_BYTES } from './row-masker.ts';

const customers = { schema: 'shop', name: 'customers', columns: ['id', 'name', 'card'] };
const orders = { schema: 'shop', name: 'orders', columns: ['id', 'note'] };
const made = {
  schema: 'shop',
  name: 'made',
  columns: ['card', 'copy', 'odd'],
  generated: new Map<string, readonly string[] | 'unknown'>([
    ['copy', ['CARD']],
    ['odd', 'unknown'],
  ]),
};
const cards = { schema: 'shop', name: 'cards', columns: ['card', 'shown'], view: 'unknown' as const };
const masks = { 'shop.customers.card': redact, 'shop.made.card': redact };
const named = (table: string, name: string, other: Partial<ColumnDefinition> = {}): ColumnDefinition =>
  column(name, { schema: 'shop', orgTable: table, orgName: name, ...other });
const CARD = named('customers', 'card');

type Scene = ReturnType<typeof scene>;

async function asked(
  sql: string,
  rules: Parameters<typeof scene>[0] = { masks },
  options: Parameters<typeof scene>[2] = {},
): Promise<Scene> {
  const one = scene(rules, [customers, orders, made, cards], options);
  await one.play.client(query(sql));
  await one.context();
  one.play.take('target');
  return one;
}

describe('what the server calls a column proves nothing', () => {
  test.each([
    ['an alias told as a table', 'SELECT note FROM (SELECT card AS note FROM customers) AS orders', named('orders', 'note')],
    [
      'a WITH query told as a table',
      'WITH orders AS (SELECT card AS note FROM customers) SELECT note FROM orders',
      named('orders', 'note'),
    ],
    ['an alias told as a column', 'SELECT card AS name FROM customers', named('customers', 'name')],
    ['a generated column', 'SELECT copy FROM made', named('made', 'copy')],
    ['one whose expression is not understood', 'SELECT odd FROM made', named('made', 'odd')],
    [
      'the schema of the session',
      'SELECT x FROM (SELECT card AS x FROM customers) AS d',
      column('x', { schema: 'mysql', orgTable: 'd', orgName: 'x' }),
    ],
  ])('%s', async (_, sql, definition) => {
    const { play } = await asked(sql);
    await play.target(result({ columns: [definition], rows: [textRow(['4111'])] }));
    expect(play.take('client').toString('latin1')).not.toContain('4111');
  });

  test.each([
    ['SELECT name FROM customers', named('customers', 'name')],
    ['SELECT * FROM orders JOIN customers', named('orders', 'note')],
    ['SELECT o.note FROM orders o JOIN (SELECT id FROM customers) AS d', named('orders', 'note')],
  ])('%s shows what is not masked', async (sql, definition) => {
    const { play } = await asked(sql);
    const answer = result({ columns: [definition], rows: [textRow(['seen'])] });
    await play.target(answer);
    play.expect('client', answer);
  });
});

describe('what code makes of masked data', () => {
  const named4111 = column('4111', { schema: 'shop', orgTable: '4111', orgName: '4111' });

  test.each(['CALL p()', 'EXECUTE IMMEDIATE @x', 'BEGIN NOT ATOMIC SELECT 1; END', 'SELECT 1; CALL p()'])(
    '%s names no column',
    async (sql) => {
      const { play } = await asked(sql);
      await play.target(result({ columns: [CARD, named4111], rows: [textRow(['4111', '4111'])] }));
      const seen = play.take('client').toString('latin1');
      expect(seen).not.toContain('4111');
      expect(seen).toContain('column 2');
    },
  );

  test('a stored function beside columns leaves the text’s names', async () => {
    const { play } = await asked('SELECT name, f(1) AS called FROM customers');
    const columns = [named('customers', 'name'), column('called')];
    await play.target(result({ columns, rows: [textRow(['Ann', '4111'])] }));
    play.expect('client', result({ columns, rows: [textRow(['Ann', null])] }));
  });
});

describe('what is recorded of a text', () => {
  test.each([
    "PREPARE s FROM 'SELECT name FROM customers WHERE card = ''4111'''",
    "SET @x = '4111'",
    "SELECT @x := '4111'",
    "SET @x := 1, @y = concat('4111')",
  ])('%s is without its literals', async (sql) => {
    const { gate } = await asked(sql);
    expect(gate.commands[0]?.text).not.toContain('4111');
  });

  test.each([
    ["SELECT name FROM customers WHERE name = 'Ann' AND card = '4111'", "SELECT name FROM customers WHERE name = 'Ann' AND card = '?'"],
    ['SELECT card FROM customers c WHERE c.id IN (7, 8) OR 9 = id', 'SELECT card FROM customers c WHERE c.id IN (7, 8) OR 9 = id'],
    ["SELECT name FROM customers WHERE name = concat('4111') LIMIT 5", "SELECT name FROM customers WHERE name = concat('?') LIMIT ?"],
    ["SELECT name FROM customers WHERE name = '41' '11'", "SELECT name FROM customers WHERE name = '?' '?'"],
    ["SELECT card FROM customers, made WHERE id = 7 AND card = '4111'", "SELECT card FROM customers, made WHERE id = 7 AND card = '?'"],
    ["SELECT x FROM customers, nowhere WHERE name = 'Ann'", "SELECT x FROM customers, nowhere WHERE name = '?'"],
    ["SELECT @x := card FROM customers WHERE name = 'Ann'", "SELECT @x := card FROM customers WHERE name = '?'"],
    ["UPDATE customers SET name = 'Ann' WHERE id = 7", "UPDATE customers SET name = '?' WHERE id = ?"],
    ["SELECT card FROM cards WHERE shown = '4111'", "SELECT card FROM cards WHERE shown = '?'"],
  ])('%s keeps what is compared with columns that are not masked', async (sql, text) => {
    const { gate } = await asked(sql);
    expect(gate.commands[0]?.text).toBe(text);
  });

  test('PREPARE over other tables keeps them', async () => {
    const { gate } = await asked("PREPARE s FROM 'SELECT note FROM orders WHERE id = ''4111'''");
    expect(gate.commands[0]?.text).toContain('4111');
  });
});

describe('errors', () => {
  const told = async (sql: string, message: string, code = 1064): Promise<string> => {
    const { play } = await asked(sql);
    await play.target(err({ code, sqlState: '42000', message }));
    return play.take('client').toString('latin1', 13);
  };
  const SYNTAX =
    "You have an error in your SQL syntax; check the manual that corresponds to your MariaDB server version for the right syntax to use near '";

  test('a syntax error is without literals', async () => {
    const sql = "SELECT name FROM customers WHERE card = = name AND card = '4111'";
    expect(await told(sql, `${SYNTAX}= name AND card = '4111'' at line 1`)).toBe(`${SYNTAX}= name AND card = ...' at line 1`);
    const within = "SELECT name FROM customers WHERE card = 'one two' = three";
    expect(await told(within, `${SYNTAX}two' = three' at line 1`)).toBe(`${SYNTAX}...' at line 1`);
  });

  test('a trigger may say what the client wrote, and no more', async () => {
    const sql = 'INSERT INTO orders (id, nonsense) VALUES (1, 2)';
    const plain = "Unknown column 'nonsense' in 'field list'";
    expect(await told(sql, plain, 1054)).toBe(plain);
    expect(await told(sql, "Unknown column '4111' in 'field list'", 1054)).not.toContain('4111');
    expect(await told(sql, '4111', 1054)).not.toContain('4111');
  });
});

describe('laundering', () => {
  test('is told to the rules', async () => {
    const copies = [
      'INSERT INTO orders SELECT id, card FROM customers',
      'SELECT card INTO @x FROM customers',
      'CALL p()',
      'SELECT card FROM',
    ];
    for (const sql of copies) expect([sql, (await asked(sql)).gate.commands[0]?.launders]).toEqual([sql, true]);
    const hidden = [
      'INSERT INTO orders SELECT * FROM customers',
      'INSERT INTO orders SELECT id, concat(name, card) FROM customers',
      'INSERT INTO orders SELECT id, (SELECT card) FROM customers',
      'INSERT INTO orders SELECT id, name FROM (SELECT id, card AS name FROM customers) AS d',
      'WITH c AS (SELECT card AS name FROM customers) INSERT INTO orders SELECT 1, name FROM c',
      'INSERT INTO orders SELECT id, name FROM customers UNION SELECT id, card FROM customers',
      'INSERT INTO orders (id, note) SELECT id, name FROM customers ON DUPLICATE KEY UPDATE note = card',
      'INSERT INTO orders SELECT id, @x := card FROM customers',
      'INSERT INTO orders SELECT id, f(name) FROM customers',
      'INSERT INTO orders SELECT id, copy FROM made',
      'INSERT INTO orders SELECT 1, shown FROM cards',
      'INSERT INTO orders SELECT id, name FROM customers, nowhere',
      'REPLACE INTO orders TABLE customers',
      'CREATE TABLE kept AS SELECT name FROM customers',
      'SELECT name INTO @x FROM customers',
    ];
    for (const sql of hidden) expect([sql, (await asked(sql)).gate.commands[0]?.launders]).toEqual([sql, true]);
    for (const sql of [
      'INSERT INTO orders SELECT 1, 2',
      'INSERT INTO orders SELECT id, name FROM customers',
      "INSERT INTO orders (id, note) SELECT c.id, upper(c.name) FROM customers c WHERE card = '4111' GROUP BY c.id LIMIT 3",
      "INSERT INTO orders SELECT count(*), 'all' FROM customers",
      "UPDATE customers SET card = '1'",
      'SELECT card FROM customers',
    ])
      expect([sql, (await asked(sql)).gate.commands[0]?.launders]).toEqual([sql, undefined]);
  });

  test('a mask that is written back is refused; what is read with one passes', async () => {
    const { play, context } = scene({ masks }, [customers]);
    await play.client(query("UPDATE customers SET card = '[redacted]' WHERE id = 1"));
    await context();
    expect(play.take('client').readUInt16LE(5)).toBe(1227);
    const partial = query("UPDATE customers SET card = '************4444' WHERE id = 1");
    await play.client(partial);
    expect(play.take('client').readUInt16LE(5)).toBe(1227);
    await play.client(query("SELECT name FROM customers WHERE card = '[redacted]'"));
    play.expect('target', query("SELECT name FROM customers WHERE card = '[redacted]'"));
  });
});

/** Finds every 4111. */
const finder: TextMask = {
  mayFind: (bytes) => bytes.includes('4111'),
  value: (bytes, start, end) => Buffer.from(bytes.toString('latin1', start, end).replaceAll('4111', '****'), 'latin1'),
  stream: () => ({ push: (bytes) => bytes, flush: () => Buffer.alloc(0) }),
  runs: () => ({ push: (bytes) => [{ length: bytes.length }], flush: () => [] }),
};

describe('what cannot be read is not shown', () => {
  test.each([35, 54, 56, 60, 101, 128, 160, 183, 1059, 2560, 5000, 0])('collation %d: no mask in it, and no forms', async (charset) => {
    const wide = Buffer.from('4111', 'utf16le');
    const { play } = await asked('SELECT card, name FROM customers', { masks, textMask: finder });
    await play.target(
      result({
        columns: [{ ...CARD, charset }, named('customers', 'name', { charset })],
        rows: [Buffer.concat([lenencBytes(wide), lenencBytes(wide)])],
      }),
    );
    const seen = play.take('client');
    expect(seen.includes(wide)).toBe(false);
    expect(seen.includes(Buffer.of(0xfb, 0xfb))).toBe(true);
  });

  test.each([8, 33, 45, 63, 224, 255, 309, 1069, 2304])('collation %d is searched', async (charset) => {
    const { play } = await asked('SELECT name FROM customers', { masks, textMask: finder });
    await play.target(result({ columns: [named('customers', 'name', { charset })], rows: [textRow(['my 4111'])] }));
    expect(play.take('client').toString('latin1')).toContain('my ****');
  });

  test('a value of an unknown type in a binary row ends the session', async () => {
    const { play, context } = scene({ masks }, [customers]);
    await play.client(command(COMMAND.STMT_PREPARE, 'SELECT name, card FROM customers'));
    await context();
    const definitions = [packets(encodeColumn(named('customers', 'name', { type: 0x77 })), 2), packets(encodeColumn(CARD), 3)];
    await play.target(packets(Buffer.concat([Buffer.of(0), int(1, 4), int(2, 2), int(0, 2), Buffer.alloc(3)]), 1), ...definitions, eof(4));
    await play.client(command(COMMAND.STMT_EXECUTE, Buffer.concat([int(1, 4), Buffer.of(0), int(1, 4)])));
    await play.target(packets(lenenc(2), 1), ...definitions, eof(4));
    play.take('client');
    const row = packets(Buffer.concat([Buffer.of(0, 0), lenencBytes('abc'), lenencBytes('4111')]), 5);
    await expect(play.target(row)).rejects.toThrow(ProtocolError);
    play.expect('client');
  });
});

describe('a target that lies', () => {
  test.each([
    ['more cells than columns', textRow(['4111', '4111'])],
    ['fewer', Buffer.alloc(0)],
    ['a cell beyond the row', Buffer.concat([lenenc(2 ** 40), Buffer.from('4111')])],
    ['a cell of 2^64 - 1 bytes', Buffer.concat([Buffer.of(0xfe), Buffer.alloc(8, 0xff), Buffer.from('4111')])],
  ])('%s: nothing of the row passes', async (_, row) => {
    const { play } = await asked('SELECT card FROM customers');
    await play.target(result({ columns: [CARD], rows: [] }).subarray(0, -9));
    play.take('client');
    await expect(play.target(packets(row, 4))).rejects.toThrow(ProtocolError);
    play.expect('client');
  });

  test.each([4097, 2 ** 40])('a result of %d columns', async (count) => {
    const { play } = await asked('SELECT card FROM customers');
    await expect(play.target(packets(lenenc(count), 1))).rejects.toThrow('more than 4096 columns');
  });

  test('fewer definitions than it announced', async () => {
    const { play } = await asked('SELECT card FROM customers');
    await expect(play.target(packets(lenenc(2), 1), packets(encodeColumn(CARD), 2), eof(3))).rejects.toThrow(ProtocolError);
  });

  test('a row above the bound', async () => {
    const { play } = await asked('SELECT card FROM customers');
    await play.target(result({ columns: [CARD], rows: [] }).subarray(0, -9));
    play.take('client');
    const row = packets(lenencBytes(Buffer.alloc(MAX_MASKED_ROW_BYTES, 0x34)), 4);
    await expect(play.target(row)).rejects.toThrow(GatewayError);
    play.expect('client');
  });

  test('an OK whose session changes are longer than it is', async () => {
    const capabilities = CAPABILITY.PROTOCOL_41 | CAPABILITY.SESSION_TRACK | CAPABILITY.MULTI_STATEMENTS;
    const { play } = await asked('DO 1', { masks }, { capabilities });
    const head = Buffer.concat([Buffer.of(0, 0, 0), int(0x4002, 2), int(0, 2), lenencBytes('')]);
    await expect(play.target(packets(Buffer.concat([head, Buffer.of(0xfe), Buffer.alloc(8, 0xff)]), 1))).rejects.toThrow(ProtocolError);
  });

  test('a file of the client is asked for by an answer to EXECUTE, and behind a first result', async () => {
    const { play } = await asked('SELECT 1; SELECT 2');
    await play.target(ok(1, 0x000a), packets(Buffer.from('\xfb/etc/passwd', 'latin1'), 2));
    play.expect('target', packets(Buffer.alloc(0), 3));
    expect(play.take('client').toString('latin1')).toContain('LOAD DATA LOCAL');
  });
});
