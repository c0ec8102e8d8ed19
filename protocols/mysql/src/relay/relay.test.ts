import { redact } from '@sallyport/core/testing';
import { column, command, eof, err, ok, query, result, SECRET, scene, textRow } from '../../test/playbook-kit.ts';
import { int, lenenc, lenencBytes, packets } from '../codec/bytes.ts';
import { CAPABILITY } from '../codec/capabilities.ts';
import { encodeColumn, TYPE } from '../codec/columns.ts';
import { COMMAND } from '../codec/commands.ts';
import { errOf } from '../errors.ts';

const DENIED = err(errOf('denied', 'denied by a test'));
const customers = { schema: 'shop', name: 'customers', columns: ['id', 'name', 'card'] };
const CARD = column('card', { schema: 'shop', orgTable: 'customers', orgName: 'card' });
const NAME = column('name', { schema: 'shop', orgTable: 'customers', orgName: 'name' });
const masks = { 'shop.customers.card': redact };
const prepareOk = (id: number, columns: number, parameters: number): Buffer =>
  packets(Buffer.concat([Buffer.of(0), int(id, 4), int(columns, 2), int(parameters, 2), Buffer.alloc(3)]), 1);
const execute = (id: number, values: Buffer, flags = 0): Buffer =>
  command(COMMAND.STMT_EXECUTE, Buffer.concat([int(id, 4), Buffer.of(flags), int(1, 4), values]));

describe('commands', () => {
  test('a text is judged once the session is known, and its result passes as it came', async () => {
    const { play, gate, context } = scene();
    await play.client(query('SELECT name FROM customers'));
    await context();
    play.expect('target', query('SELECT name FROM customers'));
    const answer = result({ columns: [NAME], rows: [textRow(['Ann']), textRow([null])] });
    await play.target(answer);
    play.expect('client', answer);
    play.done();
    expect(gate.commands[0]).toMatchObject({ class: ['read'], relations: ['shop.customers'], text: 'SELECT name FROM customers' });
    expect(gate.notes).toEqual([{ type: 'result', command: 1, state: 'completed', rows: 2, bytes: 13 }]);
  });

  test('a denial is one error; the target hears nothing and the next command goes on', async () => {
    const { play, context } = scene({ rule: ({ class: classes }) => (classes.includes('ddl') ? 'deny' : 'allow') });
    await play.client(query('DROP TABLE customers'));
    await context();
    play.expect('client', DENIED);
    play.expect('target');
    await play.client(command(COMMAND.PING));
    play.expect('target', command(COMMAND.PING));
    await play.target(ok());
    play.expect('client', ok());
    play.done();
  });

  test('a database that is not open is refused however it is named, and refusals are on record', async () => {
    const { play, gate, context } = scene({}, [], { databases: ['shop'] });
    const message = `The database "hr" of target shop-db is not open through this gateway: leave it out, or have it added to the target's "databases".`;
    const refused = err(errOf('denied', message));
    await play.client(query('SELECT pay FROM hr.staff'));
    await context();
    play.expect('client', refused);
    for (const sql of [
      'USE hr',
      'SELECT 1; INSERT INTO shop.t SELECT 1 FROM hr.staff',
      'SELECT hr.pay_of(1)',
      'SELECT hr . staff.pay FROM hr . staff',
    ]) {
      await play.client(query(sql));
      play.expect('client', refused);
    }
    await play.client(command(COMMAND.INIT_DB, 'hr'));
    play.expect('client', refused);
    play.expect('target');
    expect(gate.notes).toContainEqual({ type: 'refused', command: 1, message });
    await play.client(query('SELECT 1 FROM information_schema.tables, shop.t, t'));
    play.expect('target', query('SELECT 1 FROM information_schema.tables, shop.t, t'));
  });

  test('what is sent ahead waits for the answer before it', async () => {
    const { play, context } = scene({ rule: ({ verbs }) => (verbs.includes('DROP TABLE') ? 'deny' : 'allow') });
    await play.client(query('SELECT 1'), query('DROP TABLE customers'), command(COMMAND.PING));
    await context();
    play.expect('target', query('SELECT 1'));
    play.expect('client');
    const answer = result({ columns: [column('1')], rows: [textRow(['1'])] });
    await play.target(answer);
    await play.settled();
    play.expect('client', answer, DENIED);
    play.expect('target', command(COMMAND.PING));
    await play.target(ok());
    play.expect('client', ok());
    play.done();
  });

  test('several results are one command; with DEPRECATE_EOF too', async () => {
    const deprecate = CAPABILITY.PROTOCOL_41 | CAPABILITY.DEPRECATE_EOF;
    const { play, gate, context } = scene({}, [], { capabilities: deprecate | CAPABILITY.MULTI_STATEMENTS });
    await play.client(query('SELECT 1; SELECT 2'));
    // The context's answer comes without EOF packets here.
    play.take('target');
    const own = ['', 'utf8mb4', 'shop', 'app@%', '0'];
    const end = (sequence: number, status: number): Buffer =>
      packets(Buffer.concat([Buffer.of(0xfe, 0, 0), int(status, 2), int(0, 2)]), sequence);
    const definitions = own.map((_, index) => packets(encodeColumn(column(String(index))), index + 2));
    await play.target(packets(lenenc(5), 1), ...definitions, packets(textRow(own), 7), end(8, 2));
    await play.client();
    play.expect('target', query('SELECT 1; SELECT 2'));
    const one = (sequence: number, status: number): Buffer =>
      Buffer.concat([
        packets(lenenc(1), sequence),
        packets(encodeColumn(column('n')), sequence + 1),
        packets(textRow(['1']), sequence + 2),
        end(sequence + 3, status),
      ]);
    await play.target(one(1, 0x000a), one(5, 2));
    play.expect('client', one(1, 0x000a), one(5, 2));
    expect(gate.notes).toMatchObject([{ state: 'completed', rows: 2 }]);
    void context;
  });

  test('unknown commands and binary logs are refused', async () => {
    const { play, gate } = scene();
    for (const code of [0x12, 0x1e, 0x20, 0xfa, 0x00]) {
      await play.client(command(code, 'whatever'));
      expect(play.take('client').readUInt16LE(5)).toBe(code === 0x12 || code === 0x1e ? 1227 : 1047);
    }
    play.done();
    expect(gate.notes.map(({ type }) => type)).toEqual(Array(5).fill('refused'));
  });

  test('a target that asks for a file of the client gets nothing, and the client an error', async () => {
    const { play, gate, context } = scene();
    await play.client(query('SELECT 1'));
    await context();
    play.take('target');
    await play.target(packets(Buffer.from('\xfb/etc/passwd', 'latin1'), 1));
    play.expect('target', packets(Buffer.alloc(0), 2));
    expect(play.take('client').readUInt16LE(5)).toBe(1227);
    await play.target(ok(3));
    play.done();
    expect(gate.notes).toMatchObject([
      { type: 'refused', command: 1 },
      { type: 'result', state: 'failed' },
    ]);
    await play.client(command(COMMAND.PING));
    play.expect('target', command(COMMAND.PING));
  });

  test('KILL with an id that the gateway told becomes the target’s; of an idle session it is done', async () => {
    let busy = true;
    const { play, gate } = scene({}, [], {
      findSession: (id) => (id === 77 ? { threadId: 5, busy: () => busy, cancelHold: () => false } : undefined),
    });
    await play.client(query('KILL QUERY 77'));
    play.expect('target', query('KILL QUERY 5'));
    await play.target(ok());
    play.expect('client', ok());
    busy = false;
    await play.client(query('kill query 77;'));
    play.expect('client', ok());
    play.done();
    expect(gate.notes).toMatchObject([{ type: 'kill', connection: 77 }, { type: 'kill' }]);
  });
});

describe('prepared statements', () => {
  test('are judged when they are executed, with their values; long data waits until then', async () => {
    const { play, gate, context } = scene({ rule: ({ parameters }) => (parameters.includes('secret long data') ? 'deny' : 'allow') });
    const prepare = command(COMMAND.STMT_PREPARE, 'INSERT INTO notes VALUES (?, ?)');
    await play.client(prepare);
    await context();
    play.expect('target', prepare);
    const answer = [prepareOk(3, 0, 2), packets(encodeColumn(column('?')), 2), packets(encodeColumn(column('?')), 3), eof(4)];
    await play.target(...answer);
    play.expect('client', ...answer);
    const long = (text: string): Buffer => command(COMMAND.STMT_SEND_LONG_DATA, Buffer.concat([int(3, 4), int(1, 2), Buffer.from(text)]));
    const values = Buffer.concat([Buffer.of(0, 1, TYPE.LONG, 0, TYPE.BLOB, 0), int(7, 4)]);
    await play.client(long('secret '), long('long data'), execute(3, values));
    play.expect('target');
    play.expect('client', DENIED);
    await play.client(long('harmless'), execute(3, values));
    play.expect('target', long('harmless'), execute(3, values));
    await play.target(ok());
    play.expect('client', ok());
    const untyped = Buffer.concat([Buffer.of(0, 0), int(8, 4), lenencBytes('x')]);
    await play.client(execute(0xffffffff, untyped));
    play.expect('target', execute(0xffffffff, untyped));
    await play.target(ok());
    expect(gate.commands.map(({ parameters }) => parameters)).toEqual([
      ['7', 'secret long data'],
      ['7', 'harmless'],
      ['8', 'x'],
    ]);
    play.expect('client', ok());
    await play.client(command(COMMAND.STMT_CLOSE, int(3, 4)), execute(3, untyped), execute(0xffffffff, untyped));
    const unknown = play.take('client');
    expect([unknown.readUInt16LE(5), unknown.subarray(unknown.length / 2).readUInt16LE(5)]).toEqual([1243, 1243]);
  });

  test('under another sql_mode the text is not what was judged', async () => {
    const { play, gate, context } = scene({ rule: ({ class: classes }) => (classes.includes('unknown') ? 'deny' : 'allow') });
    await play.client(command(COMMAND.STMT_PREPARE, 'SELECT "x"'));
    await context();
    await play.target(prepareOk(1, 0, 0));
    await play.client(query("SET sql_mode = 'ANSI_QUOTES'"));
    await play.target(ok());
    play.take('target');
    play.take('client');
    await play.client(execute(1, Buffer.alloc(0)));
    await context('ANSI_QUOTES');
    play.expect('client', DENIED);
    play.expect('target');
    expect(gate.commands.at(-1)?.class).toEqual(['unknown']);
  });

  test('a cursor’s rows come by FETCH, masked as their statement said', async () => {
    const { play, gate, context } = scene({ masks }, [customers]);
    await play.client(command(COMMAND.STMT_PREPARE, 'SELECT name, card FROM customers'));
    await context();
    const definitions = [packets(encodeColumn(NAME), 2), packets(encodeColumn(CARD), 3)];
    await play.target(prepareOk(4, 2, 0), ...definitions, eof(4));
    await play.client(execute(4, Buffer.alloc(0), 1));
    play.take('target');
    play.take('client');
    await play.target(packets(lenenc(2), 1), ...definitions, eof(4, 0x42));
    play.expect('client', packets(lenenc(2), 1), ...definitions, eof(4, 0x42));
    const fetch = command(COMMAND.STMT_FETCH, Buffer.concat([int(4, 4), int(10, 4)]));
    await play.client(fetch);
    play.expect('target', fetch);
    const row = (card: string): Buffer => Buffer.concat([Buffer.of(0, 0), lenencBytes('Ann'), lenencBytes(card)]);
    await play.target(packets(row('4111'), 1), eof(2, 0x82));
    play.expect('client', packets(row('***'), 1), eof(2, 0x82));
    expect(gate.notes).toMatchObject([{ type: 'result', command: 1, state: 'completed', rows: 1, masked: { 'test redact': 1 } }]);
  });
});

describe('masks', () => {
  test('by origin, whatever the alias; what is computed over masked data is hidden', async () => {
    const { play, context } = scene({ masks }, [customers]);
    await play.client(query("SELECT name, card AS x, concat(card, '') AS y, count(*) AS n FROM customers"));
    await context();
    play.take('target');
    const columns = [NAME, { ...CARD, name: 'x' }, column('y'), column('n', { type: TYPE.LONGLONG, charset: 63 })];
    await play.target(result({ columns, rows: [textRow(['Ann', '4111', '4111', '1'])] }));
    play.expect('client', result({ columns, rows: [textRow(['Ann', '***', null, '1'])] }));
  });

  test('a derived table’s column that MySQL tells by the table behind it and its own alias is hidden', async () => {
    const { play, context } = scene({ masks }, [customers]);
    await play.client(query('SELECT name FROM (SELECT card AS name FROM customers) AS d'));
    await context();
    play.take('target');
    await play.target(result({ columns: [NAME], rows: [textRow(['4111'])] }));
    play.expect('client', result({ columns: [NAME], rows: [textRow([null])] }));
  });

  test('packets are numbered anew where a mask changes how many there are', async () => {
    const { play, context } = scene({ masks }, [customers]);
    await play.client(query('SELECT card FROM customers'));
    await context();
    play.take('target');
    await play.target(result({ columns: [CARD], rows: [textRow(['4'.repeat(0xffffff - 4)]), textRow(['4111'])] }));
    play.expect('client', result({ columns: [CARD], rows: [textRow(['***']), textRow(['***'])] }));
  });

  test('an error that may quote a value loses its text', async () => {
    const { play, context } = scene({ masks }, [customers]);
    await play.client(query("INSERT INTO customers VALUES (1, 'Ann', '4111')"));
    await context();
    play.take('target');
    await play.target(err({ code: 1062, sqlState: '23000', message: "Duplicate entry '4111' for key 'card'" }));
    const seen = play.take('client').toString('latin1');
    expect(seen).toContain('#23000The target reported error 1062');
    expect(seen).not.toContain('4111');
  });

  test('the literals of a statement over masked data are not recorded', async () => {
    const { play, gate, context } = scene({ masks }, [customers]);
    await play.client(query("SELECT name FROM customers WHERE card = '4111'"));
    await context();
    expect(gate.commands[0]?.text).not.toContain('4111');
  });
});

describe('COM_CHANGE_USER', () => {
  const change = (user: string): Buffer =>
    command(COMMAND.CHANGE_USER, Buffer.from(`${user}\0\0shop\0\x2d\0caching_sha2_password\0`, 'latin1'));

  async function signedIn(secret: string): Promise<ReturnType<typeof scene>> {
    const s = scene();
    await s.play.client(change('alice'));
    expect(s.play.take('client').toString('latin1')).toContain('\xfecaching_sha2_password');
    await s.play.client(packets(Buffer.alloc(32), 2));
    s.play.expect('client', packets(Buffer.of(1, 4), 3));
    await s.play.client(packets(Buffer.from(`${secret}\0`), 4));
    return s;
  }

  test('with the same secret the session begins anew', async () => {
    const { play } = await signedIn(SECRET);
    play.expect('target', command(COMMAND.RESET_CONNECTION));
    await play.target(ok());
    await play.client();
    play.expect('target', command(COMMAND.INIT_DB, 'shop'));
    await play.target(ok());
    await play.client();
    play.expect('client', ok(5));
    play.done();
  });

  test('another secret or another user is refused', async () => {
    const { play, refused } = await signedIn('sp_other');
    expect(play.take('client').readUInt16LE(5)).toBe(1045);
    expect(refused).toHaveLength(1);
    await play.client(change('bob'));
    expect(play.take('client').readUInt16LE(5)).toBe(1045);
    play.done();
  });
});

describe('holds', () => {
  test('a command runs when it is approved, and not when the session is another one by then', async () => {
    const { play, gate, context } = scene({ rule: ({ class: classes }) => (classes.includes('ddl') ? 'hold' : 'allow') });
    await play.client(query('DROP TABLE customers'));
    await context();
    await context();
    expect(gate.asked[0]?.context).toMatchObject({ database: 'shop', transaction: 'none', current_user: 'app@%' });
    gate.asked[0]?.approve();
    await play.client();
    await context();
    await play.settled();
    play.expect('target', query('DROP TABLE customers'));
    await play.target(ok());
    play.expect('client', ok());
    await play.client(query('DROP TABLE orders'));
    await context();
    gate.asked[1]?.approve();
    await play.client();
    await context('', 'elsewhere');
    await play.settled();
    play.expect('target');
    expect(play.take('client').toString()).toContain('database changed while the command was held');
  });

  test('a KILL QUERY takes a held command back', async () => {
    const { play, relay, gate, context } = scene({ rule: () => 'hold' });
    await play.client(query('DROP TABLE customers'));
    await context();
    await context();
    expect(relay.cancelHold()).toBe(true);
    await play.settled();
    play.expect('target');
    expect(play.take('client').readUInt16LE(5)).toBe(1317);
    expect(gate.notes).toMatchObject([{ type: 'result', state: 'failed', error: { code: '1317' } }]);
  });

  test('a client that leaves takes its command with it', async () => {
    const { play, relay, gate, context } = scene({ rule: () => 'hold' });
    await play.client(query('DROP TABLE customers'));
    await context();
    await context();
    expect(relay.held?.()).toBe(true);
    relay.clientGone();
    await play.settled();
    play.expect('target');
    expect(gate.notes).toMatchObject([{ type: 'result', state: 'failed' }]);
  });
});
