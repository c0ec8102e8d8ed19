import type { GatewayError } from '@sallyport/core';
import { closeClassifier, field, scene } from '../../test/playbook-kit.ts';
import { decodeErrorOrNotice } from '../codec/error-fields.ts';
import {
  BIND_COMPLETE,
  CLOSE_COMPLETE,
  encodeBind,
  encodeClose,
  encodeDescribe,
  encodeExecute,
  encodeParse,
  FLUSH,
  NO_DATA,
  PARSE_COMPLETE,
  PORTAL_SUSPENDED,
  SYNC,
} from '../codec/extended-query.ts';
import { EMPTY_QUERY_RESPONSE, encodeCommandComplete, encodeQuery, encodeReadyForQuery, TERMINATE } from '../codec/query.ts';
import { encodeDataRow, encodeRowDescription } from '../codec/rows.ts';
import { encodeNotificationResponse, encodeParameterStatus } from '../codec/session-messages.ts';
import { errorResponse, farewell } from '../errors.ts';
import { FAILING_EXECUTE, FAILING_QUERY } from './denial.ts';

afterAll(() => closeClassifier());

const idle = encodeReadyForQuery('I');
const open = encodeReadyForQuery('T');
const failed = encodeReadyForQuery('E');
const tag = encodeCommandComplete;
const parse = (sql: string, statement = '') => encodeParse({ statement, sql, parameterTypes: [] });
const bind = (statement = '', portal = '', parameters: readonly (Buffer | null)[] = []) =>
  encodeBind({ portal, statement, parameterFormats: [], parameters, resultFormats: [] });
const execute = (portal = '', rows = 0) => encodeExecute(portal, rows);
const row = (...cells: readonly string[]) => encodeDataRow(cells.map((cell) => Buffer.from(cell)));
const syntaxError = errorResponse('ERROR', '42601', 'syntax error at or near "sallyport"');
const noPortal = errorResponse('ERROR', '34000', 'portal "sallyport-denied" does not exist');
const denial = errorResponse('ERROR', '42501', 'denied by a test');
const denyDrop = {
  rule: ({ verbs }: { readonly verbs: readonly string[] }) =>
    verbs.some((verb) => verb.startsWith('DROP')) ? ('deny' as const) : ('allow' as const),
};
/** SQLSTATE of the error that `raw` begins with. */
const codeOf = (raw: Buffer) => decodeErrorOrNotice(raw.subarray(0, raw.readInt32BE(1) + 1)).fields.get('C');

test('a flood of Syncs waits for its answers after 4096 of them', async () => {
  const { play } = scene();
  const times = (count: number, message: Buffer) => Array.from({ length: count }, () => message);
  await play.client(...times(5_000, SYNC));
  play.expect('target', ...times(4_096, SYNC));
  await play.target(...times(4_096, idle));
  play.expect('client', ...times(4_096, idle));
  await play.settled();
  play.expect('target', ...times(5_000 - 4_096, SYNC));
});

describe('simple queries', () => {
  test('pass as they are, and are recorded with their result', async () => {
    const { play, gate, warm } = scene();
    await warm('SELECT 1');
    await play.client(encodeQuery('SELECT 1'));
    play.expect('target', encodeQuery('SELECT 1'));
    const answer = [encodeRowDescription([field('a')]), row('1'), tag('SELECT 1'), idle];
    await play.target(...answer);
    play.expect('client', ...answer);
    play.done();
    expect(gate.commands).toMatchObject([{ text: 'SELECT 1', verbs: ['SELECT'], class: ['read'] }]);
    expect(gate.notes).toEqual([{ type: 'result', command: 1, state: 'completed', rows: 1, bytes: row('1').length }]);
  });

  test('a denied one is replaced, in its place of a pipeline', async () => {
    const { play, gate, warm } = scene(denyDrop);
    await warm('SELECT 1', 'DROP TABLE t');
    await play.client(encodeQuery('SELECT 1'), encodeQuery('DROP TABLE t'), encodeQuery('SELECT 1'));
    play.expect('target', encodeQuery('SELECT 1'), FAILING_QUERY, encodeQuery('SELECT 1'));
    const answer = [encodeRowDescription([field('a')]), row('1'), tag('SELECT 1'), idle];
    await play.target(...answer, syntaxError, idle, ...answer);
    play.expect('client', ...answer, denial, idle, ...answer);
    play.done();
    expect(gate.notes).toMatchObject([
      { command: 2, state: 'failed', error: { code: '42501' } },
      { command: 1, state: 'completed' },
      { command: 3, state: 'completed' },
    ]);
  });

  test('a denial inside a transaction aborts it, as the target says', async () => {
    const { play, warm } = scene(denyDrop);
    await warm('BEGIN', 'DROP TABLE t', 'COMMIT');
    await play.client(encodeQuery('BEGIN'));
    await play.target(tag('BEGIN'), open);
    await play.client(encodeQuery('DROP TABLE t'));
    play.take('client');
    await play.target(syntaxError, failed);
    play.expect('client', denial, failed);
    await play.client(encodeQuery('COMMIT'));
    await play.target(tag('ROLLBACK'), idle);
    play.expect('client', tag('ROLLBACK'), idle);
  });

  test('several statements are judged as one and denied as one', async () => {
    const { play, gate, warm } = scene(denyDrop);
    await warm('SELECT 1; DROP TABLE t');
    await play.client(encodeQuery('SELECT 1; DROP TABLE t'));
    play.expect('target', FAILING_QUERY);
    expect(gate.commands).toMatchObject([{ verbs: ['SELECT', 'DROP TABLE'] }]);
  });

  test('several results are one command', async () => {
    const { play, gate, warm } = scene();
    await warm('SELECT 1; SELECT 2');
    await play.client(encodeQuery('SELECT 1; SELECT 2'));
    const fields = encodeRowDescription([field('a')]);
    await play.target(fields, row('1'), tag('SELECT 1'), fields, row('2'), tag('SELECT 1'), idle);
    expect(gate.notes).toMatchObject([{ command: 1, state: 'completed', rows: 2 }]);
  });

  test('an empty text', async () => {
    const { play, gate, warm } = scene();
    await warm('');
    await play.client(encodeQuery(''));
    await play.target(EMPTY_QUERY_RESPONSE, idle);
    play.expect('client', EMPTY_QUERY_RESPONSE, idle);
    expect(gate.commands).toMatchObject([{ class: ['session'] }]);
    expect(gate.notes).toMatchObject([{ state: 'completed', rows: 0 }]);
  });

  test('a target that runs what was denied ends the session', async () => {
    const { play, warm } = scene(denyDrop);
    await warm('DROP TABLE t');
    await play.client(encodeQuery('DROP TABLE t'));
    await expect(play.target(tag('DROP TABLE'))).rejects.toMatchObject({ code: 'ERR_PROTOCOL' });
  });

  test('a text that was not seen before is classified in the background', async () => {
    const { play, gate } = scene();
    await play.client(encodeQuery('SELECT 4711, 8'));
    await play.settled();
    play.expect('target', encodeQuery('SELECT 4711, 8'));
    expect(gate.commands).toHaveLength(1);
  });
});

describe('the extended protocol', () => {
  test('a whole round is one command, asked about at Execute', async () => {
    const { play, gate, warm } = scene();
    await warm('SELECT $1');
    await play.client(parse('SELECT $1'), bind('', '', [Buffer.from('x')]));
    expect(gate.commands).toHaveLength(0);
    await play.client(encodeDescribe('P', ''), execute(), SYNC);
    play.expect('target', parse('SELECT $1'), bind('', '', [Buffer.from('x')]), encodeDescribe('P', ''), execute(), SYNC);
    const answer = [PARSE_COMPLETE, BIND_COMPLETE, encodeRowDescription([field('a')]), row('x'), tag('SELECT 1'), idle];
    await play.target(...answer);
    play.expect('client', ...answer);
    expect(gate.commands).toMatchObject([{ text: 'SELECT $1', parameters: ['x'] }]);
    expect(gate.notes).toMatchObject([{ state: 'completed', rows: 1 }]);
  });

  test('other values are another command with another digest', async () => {
    const { play, gate, warm } = scene();
    await warm('SELECT $1');
    await play.client(
      parse('SELECT $1', 's'),
      bind('s', '', [Buffer.from('a')]),
      execute(),
      bind('s', '', [null]),
      execute(),
      bind('s', '', [Buffer.from('a')]),
      execute(),
      SYNC,
    );
    const [first, second, third] = gate.commands;
    expect(gate.commands.map(({ parameters }) => parameters)).toEqual([['a'], [null], ['a']]);
    expect(first?.digest).toBe(third?.digest);
    expect(first?.digest).not.toBe(second?.digest);
  });

  test('a denial in the middle of a pipeline: earlier work is undone by the target, later work is skipped', async () => {
    const { play, gate, warm } = scene(denyDrop);
    await warm('INSERT INTO t VALUES (1)', 'DROP TABLE t');
    const insert = [parse('INSERT INTO t VALUES (1)'), bind(), execute()];
    await play.client(...insert, parse('DROP TABLE t'), bind(), execute(), ...insert, SYNC);
    play.expect('target', ...insert, parse('DROP TABLE t'), bind(), FAILING_EXECUTE, ...insert, SYNC);
    const done = [PARSE_COMPLETE, BIND_COMPLETE, tag('INSERT 0 1')];
    await play.target(...done, PARSE_COMPLETE, BIND_COMPLETE, noPortal, idle);
    play.expect('client', ...done, PARSE_COMPLETE, BIND_COMPLETE, denial, idle);
    expect(gate.notes).toMatchObject([
      { command: 2, state: 'failed' },
      { command: 1, state: 'completed' },
      { command: 3, state: 'failed', error: { code: '42501' } },
    ]);
  });

  test('after an error messages are dropped up to Sync, and not asked about', async () => {
    const { play, gate, warm } = scene();
    await warm('SELECT x', 'SELECT 1');
    await play.client(parse('SELECT x'), FLUSH);
    const error = errorResponse('ERROR', '42703', 'column "x" does not exist');
    await play.target(error);
    play.take('target');
    await play.client(bind(), execute(), encodeQuery('SELECT 1'), SYNC);
    play.expect('target', SYNC);
    await play.target(idle);
    play.expect('client', error, idle);
    expect(gate.commands).toHaveLength(0);
  });

  test('a portal that stops at its row limit goes on as the same command', async () => {
    const { play, gate, warm } = scene();
    await warm('SELECT 2');
    await play.client(parse('SELECT 2'), bind('', 'p'), execute('p', 1), FLUSH);
    await play.target(PARSE_COMPLETE, BIND_COMPLETE, row('1'), PORTAL_SUSPENDED);
    await play.client(execute('p', 1), SYNC);
    await play.target(row('2'), tag('SELECT 1'), idle);
    expect(gate.commands).toHaveLength(1);
    expect(gate.notes).toMatchObject([{ state: 'completed', rows: 2 }]);
  });

  test('a suspended portal ends with its transaction', async () => {
    const { play, gate, warm } = scene();
    await warm('SELECT 2');
    await play.client(parse('SELECT 2'), bind('', 'p'), execute('p', 1), SYNC);
    await play.target(PARSE_COMPLETE, BIND_COMPLETE, row('1'), PORTAL_SUSPENDED, idle);
    expect(gate.notes).toMatchObject([{ state: 'completed', rows: 1 }]);
    play.take('client');
    play.take('target');
    await play.client(execute('p', 1), SYNC);
    play.expect('target', FAILING_EXECUTE, SYNC);
    await play.target(noPortal, idle);
    expect(codeOf(play.take('client'))).toBe('34000');
  });

  test('a denied portal stays denied', async () => {
    const { play, gate, warm } = scene(denyDrop);
    await warm('BEGIN', 'DROP TABLE t');
    await play.client(parse('DROP TABLE t'), bind(), execute(), execute(), SYNC);
    play.expect('target', parse('DROP TABLE t'), bind(), FAILING_EXECUTE, FAILING_EXECUTE, SYNC);
    expect(gate.commands).toHaveLength(1);
  });

  test('a name that may still stand for an older text waits for the answer', async () => {
    const { play, gate, warm } = scene(denyDrop);
    await warm('DROP TABLE t', 'SELECT 1');
    await play.client(parse('DROP TABLE t', 'a'), SYNC);
    await play.target(PARSE_COMPLETE, idle);
    play.take('target');
    // The group fails at its first message, so that "a" stays what it was: the Bind behind it means DROP.
    const broken = [bind('missing', 'p'), encodeClose('S', 'a'), parse('SELECT 1', 'a'), SYNC];
    await play.client(...broken, bind('a'), execute(), SYNC);
    play.expect('target', ...broken);
    await play.target(errorResponse('ERROR', '26000', 'prepared statement "missing" does not exist'), idle);
    await play.settled();
    play.expect('target', bind('a'), FAILING_EXECUTE, SYNC);
    expect(gate.commands).toMatchObject([{ text: 'DROP TABLE t' }]);
  });

  test('Close, then Parse of the same name in one group', async () => {
    const { play, gate, warm } = scene();
    await warm('SELECT 1', 'SELECT 1, 2');
    await play.client(parse('SELECT 1', 'a'), SYNC);
    await play.target(PARSE_COMPLETE, idle);
    await play.client(encodeClose('S', 'a'), parse('SELECT 1, 2', 'a'), bind('a'), execute(), SYNC);
    await play.target(CLOSE_COMPLETE, PARSE_COMPLETE, BIND_COMPLETE, row('1', '2'), tag('SELECT 1'), idle);
    expect(gate.commands).toMatchObject([{ text: 'SELECT 1, 2' }]);
  });

  test('names that the target would cut are refused', async () => {
    const { play, warm } = scene();
    await warm('SELECT 1');
    await expect(play.client(parse('SELECT 1', 'x'.repeat(64)))).rejects.toMatchObject({ code: 'ERR_LIMIT' });
  });
});

describe('SQL-level names', () => {
  test('EXECUTE is what its PREPARE says', async () => {
    const { play, gate, warm } = scene(
      { rule: ({ class: classes }) => (classes.includes('write') ? 'deny' : 'allow') },
      { 'public.t': ['a'] },
    );
    await warm('PREPARE x AS DELETE FROM t', 'EXECUTE x');
    await play.client(encodeQuery('PREPARE x AS DELETE FROM t'));
    await play.target(tag('PREPARE'), idle);
    play.take('target');
    await play.client(encodeQuery('EXECUTE x'));
    play.expect('target', FAILING_QUERY);
    expect(gate.commands[1]).toMatchObject({ class: ['write'], relations: ['t'], unfiltered: true });
  });

  test('EXECUTE of an unknown name is unknown', async () => {
    const { play, gate, warm } = scene();
    await warm('EXECUTE nothing');
    await play.client(encodeQuery('EXECUTE nothing'));
    expect(gate.commands[0]?.class).toContain('unknown');
  });

  test('a pipelined EXECUTE waits for its PREPARE', async () => {
    const { play, gate, warm } = scene();
    await warm('PREPARE y AS SELECT 1', 'EXECUTE y');
    await play.client(encodeQuery('PREPARE y AS SELECT 1'), encodeQuery('EXECUTE y'));
    play.expect('target', encodeQuery('PREPARE y AS SELECT 1'));
    await play.target(tag('PREPARE'), idle);
    await play.settled();
    play.expect('target', encodeQuery('EXECUTE y'));
    expect(gate.commands[1]?.class).toEqual(['read']);
  });

  test('DEALLOCATE forgets, FETCH is its cursor', async () => {
    const { play, gate, warm } = scene({}, { 'public.t': ['a'] });
    await warm('PREPARE x AS SELECT 1', 'DEALLOCATE x', 'EXECUTE x', 'DECLARE c CURSOR FOR SELECT a FROM t', 'FETCH 1 FROM c');
    for (const [sql, done] of [
      ['PREPARE x AS SELECT 1', 'PREPARE'],
      ['DEALLOCATE x', 'DEALLOCATE'],
      ['DECLARE c CURSOR FOR SELECT a FROM t', 'DECLARE CURSOR'],
    ] as const) {
      await play.client(encodeQuery(sql));
      await play.target(tag(done), open);
    }
    await play.client(encodeQuery('EXECUTE x'));
    expect(gate.commands.at(-1)?.class).toContain('unknown');
    await play.target(errorResponse('ERROR', '26000', 'no'), open);
    await play.client(encodeQuery('FETCH 1 FROM c'));
    expect(gate.commands.at(-1)).toMatchObject({ class: ['read'], relations: ['t'] });
  });
});

describe('what is no command', () => {
  test('FunctionCall is denied in its place', async () => {
    const { play } = scene();
    await play.client(Buffer.from('460000001000000001000000000000000000', 'hex').subarray(0, 17));
    play.expect('target', FAILING_QUERY);
    await play.target(syntaxError, idle);
    expect(codeOf(play.take('client'))).toBe('42501');
  });

  test('Terminate passes', async () => {
    const { play } = scene();
    await play.client(TERMINATE);
    play.expect('target', TERMINATE);
  });

  test('NoticeResponse, NotificationResponse and ParameterStatus pass at any time', async () => {
    const { play } = scene();
    const messages = [encodeNotificationResponse({ processId: 1, channel: 'c', payload: 'p' }), encodeParameterStatus('TimeZone', 'UTC')];
    await play.target(...messages);
    play.expect('client', ...messages);
  });

  test('an encoding that cannot be read safely ends the session', async () => {
    const { play } = scene();
    await expect(play.target(encodeParameterStatus('client_encoding', 'SJIS'))).rejects.toMatchObject({ code: 'ERR_ENDED' });
  });

  test('SQL_ASCII converts nothing: it passes where the database is UTF-8, and nowhere else', async () => {
    const asciiStatus = encodeParameterStatus('client_encoding', 'SQL_ASCII');
    const { play } = scene();
    await play.target(encodeParameterStatus('server_encoding', 'UTF8'), asciiStatus);
    play.expect('client', encodeParameterStatus('server_encoding', 'UTF8'), asciiStatus);
    const other = scene().play;
    await other.target(encodeParameterStatus('server_encoding', 'LATIN1'));
    await expect(other.target(asciiStatus)).rejects.toMatchObject({ code: 'ERR_ENDED' });
  });

  test("the target's own FATAL is passed on, and ends the session with its reason", async () => {
    const { play, gate } = scene();
    const fatal = errorResponse('FATAL', '57P01', 'terminating connection due to administrator command');
    await play.client(encodeQuery('SELECT 1'));
    play.expect('target', encodeQuery('SELECT 1'));
    const error = await play.target(fatal).catch((cause: unknown) => cause);
    play.expect('client', fatal);
    expect(error).toMatchObject({ code: 'ERR_TARGET_CLOSED', sqlState: '57P01' });
    expect(farewell(error as GatewayError)).toHaveLength(0);
    expect(gate.notes).toMatchObject([{ command: 1, state: 'failed', error: { code: '57P01' } }]);
  });

  test('an answer that nobody asked for ends the session', async () => {
    const { play } = scene();
    await expect(play.target(NO_DATA)).rejects.toMatchObject({ code: 'ERR_PROTOCOL', side: 'target' });
  });

  test('commands in flight at the end are unknown', async () => {
    const { play, relay, gate, warm } = scene();
    await warm('SELECT 1');
    await play.client(encodeQuery('SELECT 1'));
    relay.clientGone();
    relay.ended();
    expect(gate.notes).toMatchObject([{ command: 1, state: 'unknown' }]);
  });
});
