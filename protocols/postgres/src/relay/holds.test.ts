import { closeClassifier, field, type Scene, scene } from '../../test/playbook-kit.ts';
import { COPY_DONE, encodeCopyData, encodeCopyFail, encodeCopyResponse } from '../codec/copy.ts';
import { decodeErrorOrNotice } from '../codec/error-fields.ts';
import {
  BIND_COMPLETE,
  CLOSE_COMPLETE,
  encodeBind,
  encodeExecute,
  encodeParse,
  FLUSH,
  PARSE_COMPLETE,
  SYNC,
} from '../codec/extended-query.ts';
import { encodeCommandComplete, encodeQuery, encodeReadyForQuery } from '../codec/query.ts';
import { encodeDataRow, encodeRowDescription } from '../codec/rows.ts';
import { encodeNotificationResponse } from '../codec/session-messages.ts';
import { errorResponse, noticeResponse } from '../errors.ts';
import { FAILING_EXECUTE, FAILING_QUERY } from './denial.ts';

afterAll(() => closeClassifier());

const idle = encodeReadyForQuery('I');
const open = encodeReadyForQuery('T');
const tag = encodeCommandComplete;
const DROP = 'DROP TABLE t';
const COPY = 'COPY t FROM STDIN';
const notice = noticeResponse('approval ap_1 asked of dba');
const failing = errorResponse('ERROR', '42601', 'syntax error');
const holdDrops = {
  rule: ({ verbs }: { readonly verbs: readonly string[] }) =>
    verbs.includes('DROP TABLE') || verbs.includes('COPY') ? ('hold' as const) : ('allow' as const),
};
const parse = (sql: string) => encodeParse({ statement: '', sql, parameterTypes: [] });
const bind = encodeBind({ portal: '', statement: '', parameterFormats: [], parameters: [], resultFormats: [] });
const codeOf = (raw: Buffer) => decodeErrorOrNotice(raw.subarray(0, raw.readInt32BE(1) + 1)).fields.get('C');

async function held(): Promise<Scene> {
  const made = scene(holdDrops, { 'public.t': ['a'] });
  await made.warm(DROP, COPY, 'SELECT 1', 'BEGIN');
  return made;
}

/** The target speaks, and what waited for it goes on. */
async function tell({ play }: Scene, ...bytes: readonly Buffer[]): Promise<void> {
  await play.target(...bytes);
  await new Promise((resolve) => setImmediate(resolve));
}

/** What the target says when the gateway asks who the session is. */
function context(searchPath = 'public', user = 'app'): Buffer {
  const cells = [user, 'app', searchPath].map((cell) => Buffer.from(cell));
  return Buffer.concat([PARSE_COMPLETE, BIND_COMPLETE, encodeDataRow([...cells, null]), tag('SELECT 1'), CLOSE_COMPLETE, CLOSE_COMPLETE]);
}

/** A question of the gateway went out, ending with Sync or Flush. */
function expectQuestion({ play }: Scene, end: Buffer): void {
  const asked = play.take('target');
  expect(asked.toString('latin1')).toContain('current_user, session_user');
  expect(asked.subarray(-end.length)).toEqual(end);
}

test('a held command waits, says so, and runs once it is approved', async () => {
  const s = await held();
  await s.play.client(encodeQuery(DROP));
  expectQuestion(s, SYNC);
  await tell(s, context(), idle);
  s.play.expect('client', notice);
  expect(s.gate.asked[0]?.context).toEqual({
    database: 'shop',
    transaction: 'none',
    current_user: 'app',
    session_user: 'app',
    search_path: 'public',
  });
  s.play.done();
  s.gate.asked[0]?.approve();
  await s.play.client();
  expectQuestion(s, SYNC);
  await tell(s, context(), idle);
  await s.play.settled();
  s.play.expect('target', encodeQuery(DROP));
  await tell(s, tag('DROP TABLE'), idle);
  s.play.expect('client', tag('DROP TABLE'), idle);
  expect(s.gate.notes).toMatchObject([{ command: 1, state: 'completed' }]);
});

test('what is in flight is awaited before anybody is asked, and the other direction flows', async () => {
  const s = await held();
  await s.play.client(encodeQuery('SELECT 1'), encodeQuery(DROP));
  s.play.expect('target', encodeQuery('SELECT 1'));
  const answer = [encodeRowDescription([field('a')]), encodeDataRow([null]), tag('SELECT 1'), idle];
  await tell(s, ...answer);
  s.play.expect('client', ...answer);
  await s.play.client();
  expectQuestion(s, SYNC);
  await tell(s, context(), idle);
  s.play.expect('client', notice);
  const notification = encodeNotificationResponse({ processId: 1, channel: 'c', payload: 'p' });
  await tell(s, notification);
  s.play.expect('client', notification);
});

test('a refusal is an error in its place', async () => {
  const s = await held();
  await s.play.client(encodeQuery(DROP));
  await tell(s, context(), idle);
  s.play.take('target');
  s.gate.asked[0]?.deny('dana says no');
  await s.play.settled();
  s.play.expect('target', FAILING_QUERY);
  await tell(s, failing, idle);
  s.play.expect('client', notice, errorResponse('ERROR', '42501', 'dana says no'), idle);
});

test.each([
  ['search_path', context('evil, public')],
  ['current_user', context('public', 'postgres')],
])('a changed %s cancels what was approved', async (what, after) => {
  const s = await held();
  await s.play.client(encodeQuery(DROP));
  await tell(s, context(), idle);
  s.gate.asked[0]?.approve();
  await s.play.client();
  s.play.take('target');
  await tell(s, after, idle);
  await s.play.settled();
  s.play.expect('target', FAILING_QUERY);
  expect(s.gate.asked[0]?.cancelled).toEqual([expect.stringContaining(what)]);
  await tell(s, failing, idle);
  expect(codeOf(s.play.take('client').subarray(notice.length))).toBe('42501');
});

test('a CancelRequest takes it back: 57014', async () => {
  const s = await held();
  await s.play.client(encodeQuery(DROP));
  await tell(s, context(), idle);
  s.play.take('target');
  expect(s.relay.cancelHold()).toBe(true);
  await s.play.settled();
  s.play.expect('target', FAILING_QUERY);
  await tell(s, failing, idle);
  expect(codeOf(s.play.take('client').subarray(notice.length))).toBe('57014');
  expect(s.relay.cancelHold()).toBe(false);
});

test.each(['while it is asked about', 'after the approval'])('a client that leaves %s: it never runs', async (when) => {
  const s = await held();
  await s.play.client(encodeQuery(DROP));
  await tell(s, context(), idle);
  s.play.take('target');
  if (when === 'after the approval') s.gate.asked[0]?.approve();
  else expect(s.gate.asked[0]?.signal.aborted).toBe(false);
  s.relay.clientGone();
  await s.play.settled();
  expect(s.gate.asked[0]?.signal.aborted).toBe(true);
  expect(s.play.take('target').toString('latin1')).not.toContain(DROP);
  expect(s.gate.notes).toMatchObject([{ command: 1, state: 'failed', error: { code: '57014' } }]);
});

test('a target that does not say who the session is: denied, nobody is asked', async () => {
  const s = await held();
  await s.play.client(encodeQuery(DROP));
  s.play.take('target');
  await tell(s, errorResponse('ERROR', '57014', 'canceling statement due to statement timeout'), idle);
  await s.play.settled();
  s.play.expect('target', FAILING_QUERY);
  expect(s.gate.asked).toHaveLength(0);
});

describe('in the extended protocol', () => {
  test('a lone command is bound again in a group of its own, so that it may be one that wants that', async () => {
    const s = await held();
    await s.play.client(parse(DROP), bind, encodeExecute('', 0), SYNC);
    s.play.expect('target', parse(DROP), bind, FLUSH);
    await tell(s, PARSE_COMPLETE, BIND_COMPLETE);
    await s.play.client();
    s.play.expect('target', SYNC);
    await tell(s, idle);
    await s.play.client();
    expectQuestion(s, SYNC);
    await tell(s, context(), idle);
    s.gate.asked[0]?.approve();
    await s.play.client();
    expectQuestion(s, SYNC);
    await tell(s, context(), idle);
    await s.play.settled();
    s.play.expect('target', bind, encodeExecute('', 0), SYNC);
    await tell(s, BIND_COMPLETE, tag('DROP TABLE'), idle);
    s.play.expect('client', PARSE_COMPLETE, BIND_COMPLETE, notice, tag('DROP TABLE'), idle);
  });

  test('behind another command the group stays one', async () => {
    const s = await held();
    await s.play.client(parse('SELECT 1'), bind, encodeExecute('', 0), parse(DROP), bind, encodeExecute('', 0), SYNC);
    s.play.take('target');
    const first = [PARSE_COMPLETE, BIND_COMPLETE, encodeDataRow([null]), tag('SELECT 1')];
    await tell(s, ...first, PARSE_COMPLETE, BIND_COMPLETE);
    await s.play.client();
    expectQuestion(s, FLUSH);
    await tell(s, context());
    s.gate.asked[0]?.deny('no');
    await s.play.settled();
    s.play.expect('target', FAILING_EXECUTE, SYNC);
    await tell(s, errorResponse('ERROR', '34000', 'no portal'), idle);
    s.play.expect('client', ...first, PARSE_COMPLETE, BIND_COMPLETE, notice, errorResponse('ERROR', '42501', 'no'), idle);
  });

  test('an error of the question inside a group is the error of the command', async () => {
    const s = await held();
    await s.play.client(parse('SELECT 1'), bind, encodeExecute('', 0), parse(DROP), bind, encodeExecute('', 0), SYNC);
    await tell(s, PARSE_COMPLETE, BIND_COMPLETE, encodeDataRow([null]), tag('SELECT 1'), PARSE_COMPLETE, BIND_COMPLETE);
    await s.play.client();
    s.play.take('target');
    s.play.take('client');
    const error = errorResponse('ERROR', '57014', 'canceling statement due to user request');
    await tell(s, error);
    await s.play.settled();
    s.play.expect('target', SYNC);
    await tell(s, idle);
    s.play.expect('client', error, idle);
    expect(s.gate.asked).toHaveLength(0);
  });
});

test('inside a transaction the approver sees the locks', async () => {
  const s = await held();
  await s.play.client(encodeQuery('BEGIN'));
  await tell(s, tag('BEGIN'), open);
  await s.play.client(encodeQuery(DROP));
  const cells = ['app', 'app', 'public', 't AccessExclusiveLock'].map((cell) => Buffer.from(cell));
  await tell(s, PARSE_COMPLETE, BIND_COMPLETE, encodeDataRow(cells), tag('SELECT 1'), CLOSE_COMPLETE, CLOSE_COMPLETE, open);
  expect(s.gate.asked[0]?.context).toMatchObject({ transaction: 'open', locks: 't AccessExclusiveLock' });
});

describe('COPY FROM STDIN', () => {
  const ready = encodeCopyResponse({ type: 'CopyInResponse', format: 0, columnFormats: [0] });
  const data = [encodeCopyData(Buffer.from('1\n2')), encodeCopyData(Buffer.from('\n3\n'))];

  async function copying(): Promise<Scene> {
    const s = await held();
    await s.play.client(encodeQuery(COPY));
    await tell(s, context(), idle);
    s.play.take('target');
    await s.play.client();
    expect(s.gate.asked).toHaveLength(0);
    await tell(s, ready);
    await s.play.client(...data, COPY_DONE);
    s.play.take('client');
    return s;
  }

  test('is held when it is known what would be stored', async () => {
    const s = await copying();
    s.play.expect('target', ...data);
    expect(Buffer.concat(s.gate.recorded)).toEqual(Buffer.concat(data));
    expect(s.gate.asked[0]?.context).toMatchObject({ copy_lines: '3', copy_bytes: '6', current_user: 'app', transaction: 'open' });
    s.gate.asked[0]?.approve();
    await s.play.settled();
    s.play.expect('target', COPY_DONE);
    await tell(s, tag('COPY 3'), idle);
    expect(s.gate.notes).toMatchObject([{ state: 'completed', rows: 3 }]);
  });

  test('a refusal undoes it', async () => {
    const s = await copying();
    s.play.take('target');
    s.gate.asked[0]?.deny('too many rows');
    await s.play.settled();
    s.play.expect('target', encodeCopyFail('denied by the gateway'));
    await tell(s, errorResponse('ERROR', '57014', 'COPY from stdin failed: denied by the gateway'), idle);
    s.play.expect('client', errorResponse('ERROR', '42501', 'too many rows'), idle);
  });

  test('a client that leaves: it is not stored', async () => {
    const s = await copying();
    s.play.take('target');
    s.relay.clientGone();
    await s.play.settled();
    s.play.done();
  });
});

test('nobody is asked about a text that is no SQL: its author reads so at once', async () => {
  const made = scene({ rule: () => 'hold' as const }, { 'public.t': ['a'] });
  await made.warm('selct 1');
  await made.play.client(encodeQuery('selct 1'));
  made.play.expect('target', FAILING_QUERY);
  await made.play.target(failing, idle);
  const answer = made.play.take('client');
  expect(codeOf(answer)).toBe('42601');
  expect(answer.toString()).toContain('cannot be parsed');
  made.play.done();
});
