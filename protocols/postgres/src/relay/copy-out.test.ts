import { closeClassifier, field, redact, type Scene, scene } from '../../test/playbook-kit.ts';
import { COPY_DONE, encodeCopyData, encodeCopyResponse } from '../codec/copy.ts';
import { decodeErrorOrNotice, encodeErrorOrNotice } from '../codec/error-fields.ts';
import {
  BIND_COMPLETE,
  CLOSE_COMPLETE,
  encodeBind,
  encodeExecute,
  encodeParameterDescription,
  encodeParse,
  FLUSH,
  NO_DATA,
  PARSE_COMPLETE,
  SYNC,
} from '../codec/extended-query.ts';
import { encodeCommandComplete, encodeQuery, encodeReadyForQuery } from '../codec/query.ts';
import { encodeRowDescription, type Field } from '../codec/rows.ts';
import { errorResponse } from '../errors.ts';
import { FAILING_QUERY } from './denial.ts';

afterAll(() => closeClassifier());

const CUSTOMERS = 20_000;
const INT4 = 23;
const idle = encodeReadyForQuery('I');
const FIELDS = [field('id', CUSTOMERS, 1, INT4), field('name', CUSTOMERS, 2), field('card', CUSTOMERS, 3)];
const done = encodeCommandComplete('COPY 2');
const data = (text: string): Buffer => encodeCopyData(Buffer.from(text));
const copyOut = (format = 0, columns = 3): Buffer =>
  encodeCopyResponse({ type: 'CopyOutResponse', format, columnFormats: Array<number>(columns).fill(format) });

async function stage(...texts: readonly string[]): Promise<Scene> {
  const tables = { 'public.customers': ['id', 'name', 'card'], 'public.orders': ['id', 'customer', 'note'] };
  const made = scene({ masks: { 'public.customers.card': redact, 'public.customers.id': { ...redact, rule: 'ids' } } }, tables);
  await made.warm(...texts);
  return made;
}

/** Enough turns for a step whose promises are settled. */
async function turns(): Promise<void> {
  for (let count = 0; count < 20; count += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** The gateway's own question is on its way to the target, which answers it. */
async function answerLook({ play }: Scene, query: string, fields: readonly Field[] = FIELDS, boundary = SYNC): Promise<void> {
  await turns();
  const asked = play.take('target');
  expect(asked.toString('latin1')).toContain(`\0${query}\0`);
  expect(asked.subarray(-5).equals(boundary)).toBe(true);
  const described = fields.length === 0 ? NO_DATA : encodeRowDescription(fields);
  await play.target(PARSE_COMPLETE, encodeParameterDescription([]), described, CLOSE_COMPLETE, ...(boundary === SYNC ? [idle] : []));
  play.expect('client');
  await turns();
}

test('a table is copied with its columns masked', async () => {
  const copy = 'COPY customers TO STDOUT';
  const made = await stage(copy);
  const { play, gate } = made;
  await play.client(encodeQuery(copy));
  await answerLook(made, 'SELECT * FROM "customers"');
  play.expect('target', encodeQuery(copy));
  await play.target(copyOut(), data('1\tAnn\t4111\n'), data('2\t\\N\t\\N\n'), COPY_DONE, done, idle);
  const seen = [data('\\N\tAnn\t***\n'), data('\\N\t\\N\t\\N\n')];
  play.expect('client', copyOut(), ...seen, COPY_DONE, done, idle);
  const bytes = seen.reduce((sum, raw) => sum + raw.length, 0);
  expect(gate.notes).toMatchObject([{ state: 'completed', rows: 2, bytes, masked: { 'test redact': 1, ids: 2 } }]);
});

test.each([
  ['COPY public.customers (card, "name") TO STDOUT CSV', 'SELECT "card","name" FROM "public"."customers"'],
  ['COPY (SELECT card, name FROM customers) TO STDOUT (FORMAT csv)', 'SELECT card, name FROM customers'],
])('columns and queries are the target’s to tell: %s', async (copy, query) => {
  const made = await stage(copy);
  await made.play.client(encodeQuery(copy));
  await answerLook(made, query, [FIELDS[2] as Field, FIELDS[1] as Field]);
  made.play.take('target');
  await made.play.target(copyOut(0, 2), data('"41\n'), data('11","A,n"\n'), COPY_DONE, done, idle);
  made.play.expect('client', copyOut(0, 2), data('***,"A,n"\n'), COPY_DONE, done, idle);
});

test('binary: a type that cannot hold the mask becomes NULL', async () => {
  const copy = 'COPY customers TO STDOUT (FORMAT binary)';
  const made = await stage(copy);
  await made.play.client(encodeQuery(copy));
  await answerLook(made, 'SELECT * FROM "customers"');
  made.play.take('target');
  const header = '5047434f50590aff0d0a000000000000000000';
  const raw = (hex: string): Buffer => encodeCopyData(Buffer.from(hex, 'hex'));
  await made.play.target(
    copyOut(1),
    raw(`${header}0003000000040000000100000003416e6e0000000434313131`),
    raw('ffff'),
    COPY_DONE,
    done,
    idle,
  );
  const seen = [raw(`${header}0003ffffffff00000003416e6e000000032a2a2a`), raw('ffff')];
  made.play.expect('client', copyOut(1), ...seen, COPY_DONE, done, idle);
});

test('more or fewer columns than described: all of them are hidden', async () => {
  const copy = 'COPY customers TO STDOUT';
  const made = await stage(copy);
  await made.play.client(encodeQuery(copy));
  await answerLook(made, 'SELECT * FROM "customers"');
  made.play.take('target');
  await made.play.target(copyOut(0, 2), data('Ann\t4111\n'), COPY_DONE, done, idle);
  made.play.expect('client', copyOut(0, 2), data('\\N\t\\N\n'), COPY_DONE, done, idle);
});

test('extended: asked inside the group, without ending it', async () => {
  const copy = 'COPY customers TO STDOUT';
  const made = await stage(copy);
  const { play } = made;
  const bind = encodeBind({ portal: '', statement: '', parameterFormats: [], parameters: [], resultFormats: [] });
  const parse = encodeParse({ statement: '', sql: copy, parameterTypes: [] });
  await play.client(parse, bind, encodeExecute('', 0), SYNC);
  play.expect('target', parse, bind, FLUSH);
  await play.target(PARSE_COMPLETE, BIND_COMPLETE);
  play.expect('client', PARSE_COMPLETE, BIND_COMPLETE);
  await answerLook(made, 'SELECT * FROM "customers"', FIELDS, FLUSH);
  await play.settled();
  expect(play.take('target').toString('latin1')).toContain('E\0\0\0\t\0\0\0\0\0');
  await play.target(NO_DATA, copyOut(), data('1\tAnn\t4111\n'), COPY_DONE, done, idle);
  play.expect('client', copyOut(), data('\\N\tAnn\t***\n'), COPY_DONE, done, idle);
});

describe('a COPY that cannot be told', () => {
  const copy = 'COPY customers TO STDOUT';
  const fields = { V: 'ERROR', C: '42P01', M: 'relation "customers" does not exist', P: '15' };
  const error = encodeErrorOrNotice({ type: 'ErrorResponse', fields: new Map(Object.entries(fields)) });

  test('fails as it would have', async () => {
    const { play, gate } = await stage(copy);
    await play.client(encodeQuery(copy));
    await turns();
    play.take('target');
    await play.target(error, idle);
    await play.settled();
    play.expect('target', FAILING_QUERY);
    await play.target(errorResponse('ERROR', '42601', 'syntax error'), idle);
    const { fields: told } = decodeErrorOrNotice(play.take('client').subarray(0, -6));
    expect([told.get('C'), told.get('M'), told.has('P')]).toEqual(['42P01', fields.M, false]);
    expect(gate.notes).toMatchObject([{ state: 'failed', error: { code: '42P01' } }]);
  });

  test('extended: the target’s own error takes its place, and nothing runs up to the Sync', async () => {
    const { play, gate } = await stage(copy);
    const bind = encodeBind({ portal: '', statement: '', parameterFormats: [], parameters: [], resultFormats: [] });
    await play.client(encodeParse({ statement: '', sql: copy, parameterTypes: [] }), bind, encodeExecute('', 0), SYNC);
    await play.target(PARSE_COMPLETE, BIND_COMPLETE);
    await turns();
    play.take('target');
    play.take('client');
    await play.target(error);
    await play.settled();
    play.expect('target', SYNC);
    await play.target(idle);
    expect(decodeErrorOrNotice(play.take('client').subarray(0, -6)).fields.get('C')).toBe('42P01');
    expect(gate.notes).toMatchObject([{ state: 'failed', error: { code: '42P01' } }]);
  });
});

test('data without its announcement, or in another format, ends the session', async () => {
  const copy = 'COPY customers TO STDOUT';
  for (const wrong of [data('1\tAnn\t4111\n'), copyOut(1)]) {
    const made = await stage(copy);
    await made.play.client(encodeQuery(copy));
    await answerLook(made, 'SELECT * FROM "customers"');
    await expect(made.play.target(wrong)).rejects.toMatchObject({ code: 'ERR_PROTOCOL' });
  }
});

test('what is copied into a masked table is recorded by its digest', async () => {
  const copy = 'COPY customers FROM STDIN';
  const { play, gate } = await stage(copy);
  const line = data('1\tAnn\t4111\n');
  await play.client(encodeQuery(copy), line, COPY_DONE);
  play.expect('target', encodeQuery(copy), line, COPY_DONE);
  expect(gate.recorded).toEqual([]);
  expect(gate.notes).toEqual([{ type: 'copy_data', lines: 1, bytes: line.length - 5, digest: expect.stringMatching(/^[0-9a-f]{64}$/) }]);
});
