import { closeClassifier, type Scene, scene, tokens } from '../../test/playbook-kit.ts';
import { COPY_DONE, encodeCopyData, encodeCopyFail, encodeCopyResponse } from '../codec/copy.ts';
import { decodeErrorOrNotice } from '../codec/error-fields.ts';
import { decodeBind, encodeBind, encodeExecute, encodeParse, SYNC } from '../codec/extended-query.ts';
import { decodeQuery, encodeCommandComplete, encodeQuery, encodeReadyForQuery } from '../codec/query.ts';
import { errorResponse } from '../errors.ts';
import { FAILING_EXECUTE, FAILING_QUERY } from './denial.ts';

afterAll(() => closeClassifier());

const TABLES = { 'public.people': ['id', 'email', 'note'], 'public.visits': ['person', 'mail', 'ip'], 'public.notes': ['id', 'email'] };
const contact = tokens('contact');
const MASKS = {
  'public.people.email': contact,
  'public.visits.mail': contact,
  'public.visits.ip': tokens('net'),
  'public.people.note': tokens('note'),
};
const TOKEN = contact.apply("o'neil@example.com") ?? '';
const OTHER = contact.apply('b@example.com') ?? '';
const idle = encodeReadyForQuery('I');
const failed = errorResponse('ERROR', '42601', 'syntax error');

async function stage(...texts: readonly string[]): Promise<Scene> {
  const made = scene({ masks: MASKS }, TABLES);
  await made.warm(...texts);
  return made;
}

async function sent(sql: string): Promise<string> {
  const { play, gate } = await stage(sql);
  await play.client(encodeQuery(sql));
  const { sql: text } = decodeQuery(play.take('target'));
  expect(JSON.stringify(gate.commands)).not.toContain('neil');
  return text;
}

describe('a literal is given its original back', () => {
  test.each([
    [`SELECT id FROM people WHERE email = '${TOKEN}'`, "SELECT id FROM people WHERE email = 'o''neil@example.com'"],
    [
      `SELECT /* ä */ id FROM people p WHERE p.email IN ('${TOKEN}', 'x')`,
      "SELECT /* ä */ id FROM people p WHERE p.email IN ('o''neil@example.com', 'x')",
    ],
    [`UPDATE people SET id = 1 WHERE email = '${TOKEN}'`, "UPDATE people SET id = 1 WHERE email = 'o''neil@example.com'"],
    [
      `DELETE FROM people WHERE email = '${OTHER}'; SELECT 1 FROM visits WHERE mail = '${OTHER}'`,
      "DELETE FROM people WHERE email = 'b@example.com'; SELECT 1 FROM visits WHERE mail = 'b@example.com'",
    ],
  ])('%s', async (sql, restored) => expect(await sent(sql)).toBe(restored));
});

describe('but never elsewhere', () => {
  test.each([
    `SELECT '${TOKEN}' FROM people`,
    `SELECT id FROM people WHERE email LIKE '${TOKEN}'`,
    `SELECT id FROM people WHERE email > '${TOKEN}'`,
    `SELECT id FROM people WHERE lower(email) = '${TOKEN}'`,
    `SELECT email = '${TOKEN}', '${TOKEN}' FROM visits`,
    `SELECT id FROM people WHERE note = '${TOKEN}'`,
    `SELECT person FROM visits WHERE ip = '${TOKEN}'`,
    `SELECT id FROM notes WHERE email = '${TOKEN}'`,
    `SELECT id FROM people, notes WHERE email = '${TOKEN}'`,
    `SELECT id FROM people WHERE email = '${TOKEN}x'`.replace('mt_contact', 'mt_other'),
    `EXPLAIN SELECT id FROM people WHERE email = '${TOKEN}'`,
    `SELECT id FROM people WHERE email = '${TOKEN}' || ''`,
  ])('%s', async (sql) => expect(await sent(sql)).toBe(sql));
});

describe('extended', () => {
  const sql = 'SELECT id FROM people WHERE email = $1 AND note = $2';
  const bindOf = (parameters: readonly string[], format = 0): Buffer =>
    encodeBind({
      portal: '',
      statement: 's',
      parameterFormats: [format],
      parameters: parameters.map((one) => Buffer.from(one)),
      resultFormats: [],
    });

  test.each([0, 1])('a bound value in format %d', async (format) => {
    const { play, gate } = await stage(sql);
    const parse = encodeParse({ statement: 's', sql, parameterTypes: [] });
    await play.client(parse, bindOf([TOKEN, TOKEN], format));
    play.expect('target', parse, bindOf(["o'neil@example.com", TOKEN], format));
    await play.client(encodeExecute('', 0), SYNC);
    expect(gate.commands).toMatchObject([{ text: sql }]);
    expect(JSON.stringify(gate.commands)).not.toContain('neil');
  });

  test('arrays, in both formats', async () => {
    const any = 'SELECT id FROM people WHERE email = ANY ($1)';
    const { play } = await stage(any);
    const int = (value: number): Buffer => Buffer.from(value.toString(16).padStart(8, '0'), 'hex');
    const binary = (...values: readonly string[]): Buffer =>
      Buffer.concat([...[1, 0, 25, values.length, 1].map(int), ...values.flatMap((one) => [int(one.length), Buffer.from(one)])]);
    const bind = (value: Buffer, format: number): Buffer =>
      encodeBind({ portal: '', statement: '', parameterFormats: [format], parameters: [value], resultFormats: [] });
    await play.client(encodeParse({ statement: '', sql: any, parameterTypes: [] }));
    play.take('target');
    await play.client(bind(Buffer.from(`{${TOKEN},x,NULL}`), 0), bind(binary('y', OTHER), 1));
    play.expect('target', bind(Buffer.from(`{"o'neil@example.com",x,NULL}`), 0), bind(binary('y', 'b@example.com'), 1));
  });

  test('a literal of a prepared statement; its text stays what the client sent', async () => {
    const literal = `SELECT id FROM people WHERE email = '${TOKEN}' AND id = $1`;
    const { play, gate } = await stage(literal);
    await play.client(encodeParse({ statement: 's', sql: literal, parameterTypes: [23] }));
    play.expect('target', encodeParse({ statement: 's', sql: literal.replace(TOKEN, "o''neil@example.com"), parameterTypes: [23] }));
    await play.client(bindOf(['1']), encodeExecute('', 0), SYNC);
    expect(decodeBind(bindOf(['1'])).parameters).toHaveLength(1);
    expect(gate.commands).toHaveLength(1);
    expect(JSON.stringify(gate.commands)).not.toContain('neil');
  });

  test('a parameter that is also shown stays a token', async () => {
    const shown = 'SELECT $1, id FROM people WHERE email = $1';
    const { play } = await stage(shown);
    const bind = bindOf([TOKEN]);
    await play.client(encodeParse({ statement: 's', sql: shown, parameterTypes: [25] }), bind);
    expect(play.take('target').toString('latin1')).toContain(bind.toString('latin1'));
  });
});

describe('a mask that would be stored is refused', () => {
  test.each([
    `INSERT INTO people (email) VALUES ('${TOKEN}')`,
    "INSERT INTO notes (email) VALUES ('a [redacted] b')",
    `UPDATE people SET email = '${TOKEN}' WHERE email = '${TOKEN}'`,
    "UPDATE notes SET email = '****1111'",
    `INSERT INTO notes (email) VALUES (E'${TOKEN}')`,
    `INSERT INTO notes (email) VALUES ($$${TOKEN}$$)`,
    `INSERT INTO notes (email) SELECT '${TOKEN}' WHERE true`,
    `WITH w AS (INSERT INTO notes (email) VALUES ('${TOKEN}')) SELECT 1`,
  ])('%s', async (sql) => {
    const { play, gate } = await stage(sql);
    await play.client(encodeQuery(sql));
    play.expect('target', FAILING_QUERY);
    await play.target(failed, idle);
    const { fields } = decodeErrorOrNotice(play.take('client').subarray(0, -6));
    expect([fields.get('C'), fields.get('M')]).toEqual(['42501', expect.stringContaining('would store a mask')]);
    expect(gate.notes).toContainEqual(expect.objectContaining({ type: 'refused', command: 1 }));
  });

  test('a bound value', async () => {
    const sql = 'UPDATE people SET email = $1 WHERE email = $2';
    const { play } = await stage(sql);
    const parameters = [TOKEN, TOKEN].map((one) => Buffer.from(one));
    const bind = encodeBind({ portal: '', statement: '', parameterFormats: [], parameters, resultFormats: [] });
    await play.client(encodeParse({ statement: '', sql, parameterTypes: [] }), bind);
    play.take('target');
    await play.client(encodeExecute('', 0), SYNC);
    play.expect('target', FAILING_EXECUTE, SYNC);
  });

  test.each([
    "DELETE FROM notes WHERE email = '[redacted]'",
    "UPDATE notes SET id = 1 WHERE email LIKE '[redacted]%'",
    'INSERT INTO notes (email) VALUES ($$**$$)',
  ])('but not %s', async (sql) => expect(await sent(sql)).toBe(sql));

  test('for whom no mask applies, nothing is one', async () => {
    const { play, warm } = scene({}, TABLES);
    const sql = "INSERT INTO notes (email) VALUES ('[redacted]')";
    await warm(sql);
    await play.client(encodeQuery(sql));
    play.expect('target', encodeQuery(sql));
  });

  const COPY = 'COPY notes FROM STDIN';
  const copyIn = encodeCopyResponse({ type: 'CopyInResponse', format: 0, columnFormats: [0, 0] });
  const data = (text: string): Buffer => encodeCopyData(Buffer.from(text));

  test.each([[[`1\t${TOKEN}\n`]], [['1\tx\n2\t[reda', 'cted]']], [['1\t****1111\n']]])('copied data: %j', async (pieces) => {
    const { play, gate } = await stage(COPY);
    await play.client(encodeQuery(COPY), ...pieces.map(data), COPY_DONE);
    play.expect('target', encodeQuery(COPY), ...pieces.map(data), encodeCopyFail('refused by the gateway'));
    await play.target(copyIn, errorResponse('ERROR', '57014', 'COPY from stdin failed: refused'), idle);
    expect(decodeErrorOrNotice(play.take('client').subarray(copyIn.length, -6)).fields.get('C')).toBe('42501');
    expect(gate.notes).toContainEqual(expect.objectContaining({ type: 'refused' }));
  });

  test('a COPY that was given up and completes ends the session', async () => {
    const { play } = await stage(COPY);
    await play.client(encodeQuery(COPY), data(`1\t${TOKEN}\n`), COPY_DONE);
    await expect(play.target(copyIn, encodeCommandComplete('COPY 1'))).rejects.toMatchObject({ code: 'ERR_PROTOCOL' });
  });
});
