import { closeClassifier, type Scene, scene } from '../../test/playbook-kit.ts';
import { COPY_DONE, encodeCopyData, encodeCopyFail, encodeCopyResponse } from '../codec/copy.ts';
import { BIND_COMPLETE, encodeBind, encodeExecute, encodeParse, PARSE_COMPLETE, SYNC } from '../codec/extended-query.ts';
import { encodeCommandComplete, encodeQuery, encodeReadyForQuery } from '../codec/query.ts';
import { errorResponse } from '../errors.ts';

afterAll(() => closeClassifier());

const idle = encodeReadyForQuery('I');
const IN = 'COPY t FROM STDIN';
const copyIn = encodeCopyResponse({ type: 'CopyInResponse', format: 0, columnFormats: [0] });
const copyOut = encodeCopyResponse({ type: 'CopyOutResponse', format: 0, columnFormats: [0] });
const line = encodeCopyData(Buffer.from('1\n'));
const done = encodeCommandComplete('COPY 1');
const failure = errorResponse('ERROR', '22P02', 'invalid input syntax');

async function stage(...texts: readonly string[]): Promise<Scene> {
  const made = scene({}, { 'public.t': ['a'] });
  await made.warm(IN, 'COPY t TO STDOUT', 'SELECT 1', ...texts);
  return made;
}

test('in: data is recorded and passes', async () => {
  const { play, gate } = await stage();
  await play.client(encodeQuery(IN));
  await play.target(copyIn);
  await play.client(line, line, COPY_DONE);
  play.expect('target', encodeQuery(IN), line, line, COPY_DONE);
  await play.target(encodeCommandComplete('COPY 2'), idle);
  play.expect('client', copyIn, encodeCommandComplete('COPY 2'), idle);
  expect(gate.recorded).toEqual([line, line]);
  expect(gate.notes).toMatchObject([{ rows: 2, state: 'completed' }]);
});

test('in: a client that does not wait for the target', async () => {
  const { play } = await stage();
  await play.client(encodeQuery(IN), line, COPY_DONE, encodeQuery('SELECT 1'));
  play.expect('target', encodeQuery(IN), line, COPY_DONE, encodeQuery('SELECT 1'));
  await play.target(copyIn, done, idle, encodeCommandComplete('SELECT 1'), idle);
  play.expect('client', copyIn, done, idle, encodeCommandComplete('SELECT 1'), idle);
});

test('in: several COPYs with their data in one breath', async () => {
  const { play, gate } = await stage();
  const breath = [encodeQuery(IN), line, COPY_DONE, encodeQuery(IN), line, COPY_DONE, encodeQuery('SELECT 1')];
  await play.client(...breath);
  play.expect('target', ...breath);
  await play.target(copyIn, done, idle, copyIn, done, idle, encodeCommandComplete('SELECT 1'), idle);
  play.expect('client', copyIn, done, idle, copyIn, done, idle, encodeCommandComplete('SELECT 1'), idle);
  expect(gate.recorded).toEqual([line, line]);
});

test('in: several COPYs of one Query, whose data does not wait', async () => {
  const both = `${IN}; SELECT 1; ${IN}`;
  const { play } = await stage(both);
  await play.client(encodeQuery(both), line, COPY_DONE, line, COPY_DONE);
  play.expect('target', encodeQuery(both), line, COPY_DONE, line, COPY_DONE);
  await play.target(copyIn, done, encodeCommandComplete('SELECT 1'), copyIn, done, idle);
  play.expect('client', copyIn, done, encodeCommandComplete('SELECT 1'), copyIn, done, idle);
});

test('in: the client gives up', async () => {
  const { play, gate } = await stage();
  await play.client(encodeQuery(IN));
  await play.target(copyIn);
  await play.client(line, encodeCopyFail('no more'));
  const error = errorResponse('ERROR', '57014', 'COPY from stdin failed: no more');
  await play.target(error, idle);
  play.expect('client', copyIn, error, idle);
  expect(gate.notes).toMatchObject([{ state: 'failed', error: { code: '57014' } }]);
});

test('in: the target gives up while data is on its way', async () => {
  const { play } = await stage();
  await play.client(encodeQuery(IN));
  await play.target(copyIn);
  await play.client(line);
  await play.target(failure, idle);
  play.take('target');
  await play.client(line, COPY_DONE, encodeQuery('SELECT 1'));
  play.expect('target', encodeQuery('SELECT 1'));
});

test('in, extended: the Sync that was sent before the data gets no answer', async () => {
  const { play } = await stage();
  const bind = encodeBind({ portal: '', statement: '', parameterFormats: [], parameters: [], resultFormats: [] });
  await play.client(encodeParse({ statement: '', sql: IN, parameterTypes: [] }), bind, encodeExecute('', 0), SYNC);
  await play.target(PARSE_COMPLETE, BIND_COMPLETE, copyIn);
  play.take('target');
  await play.client(line, COPY_DONE, SYNC);
  play.expect('target', line, COPY_DONE, SYNC);
  await play.target(done, idle);
  play.expect('client', PARSE_COMPLETE, BIND_COMPLETE, copyIn, done, idle);
});

test('in, extended: a COPY that fails before its data leaves that Sync to be answered', async () => {
  const { play } = await stage();
  const bind = encodeBind({ portal: '', statement: '', parameterFormats: [], parameters: [], resultFormats: [] });
  await play.client(encodeParse({ statement: '', sql: IN, parameterTypes: [] }), bind, encodeExecute('', 0), SYNC);
  await play.target(PARSE_COMPLETE, BIND_COMPLETE, failure, idle);
  play.expect('client', PARSE_COMPLETE, BIND_COMPLETE, failure, idle);
});

test('in, extended: the target gives up in the middle, the client goes on to its Sync', async () => {
  const { play } = await stage();
  const bind = encodeBind({ portal: '', statement: '', parameterFormats: [], parameters: [], resultFormats: [] });
  await play.client(encodeParse({ statement: '', sql: IN, parameterTypes: [] }), bind, encodeExecute('', 0), SYNC);
  await play.target(PARSE_COMPLETE, BIND_COMPLETE, copyIn);
  await play.client(line);
  await play.target(failure);
  play.take('target');
  await play.client(line, COPY_DONE, SYNC);
  play.expect('target', SYNC);
  await play.target(idle);
  play.expect('client', PARSE_COMPLETE, BIND_COMPLETE, copyIn, failure, idle);
});

test('in: two in one text', async () => {
  const { play, gate } = await stage(`${IN}; SELECT 1; ${IN}`);
  await play.client(encodeQuery(`${IN}; SELECT 1; ${IN}`));
  await play.target(copyIn);
  await play.client(line, COPY_DONE);
  await play.target(done, encodeCommandComplete('SELECT 1'), copyIn);
  play.take('target');
  await play.client(line, COPY_DONE);
  play.expect('target', line, COPY_DONE);
  await play.target(done, idle);
  expect(gate.notes).toMatchObject([{ rows: 3, state: 'completed' }]);
});

test('in: a large message in parts', async () => {
  const { play, gate } = await stage();
  const large = encodeCopyData(Buffer.alloc(3 << 20, 'x\n'));
  await play.client(encodeQuery(IN));
  await play.target(copyIn);
  play.take('target');
  await play.client(large, COPY_DONE);
  play.expect('target', large, COPY_DONE);
  expect(Buffer.concat(gate.recorded).equals(large)).toBe(true);
});

test('in: another command in the middle ends the session', async () => {
  const { play } = await stage();
  await play.client(encodeQuery(IN));
  await play.target(copyIn);
  await expect(play.client(encodeQuery('SELECT 1'))).rejects.toMatchObject({ code: 'ERR_PROTOCOL', side: 'client' });
});

test('out: passes and is counted', async () => {
  const { play, gate } = await stage();
  await play.client(encodeQuery('COPY t TO STDOUT'));
  await play.target(copyOut, line, line, COPY_DONE, encodeCommandComplete('COPY 2'), idle);
  play.expect('client', copyOut, line, line, COPY_DONE, encodeCommandComplete('COPY 2'), idle);
  expect(gate.notes).toMatchObject([{ rows: 2, bytes: 2 * line.length }]);
});

test('both ways: only replication does that', async () => {
  const { play } = await stage();
  await play.client(encodeQuery('SELECT 1'));
  await expect(play.target(encodeCopyResponse({ type: 'CopyBothResponse', format: 0, columnFormats: [] }))).rejects.toMatchObject({
    code: 'ERR_PROTOCOL',
  });
});
