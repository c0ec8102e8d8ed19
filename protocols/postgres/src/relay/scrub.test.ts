import { decodeErrorOrNotice, encodeErrorOrNotice } from '../codec/error-fields.ts';
import { scrubError, scrubSealed, scrubSyntaxError } from './scrub.ts';

const VALUE = '4111222233334444';

function scrubbed(code: string, other: Readonly<Record<string, string>> = {}, scrub = scrubError): ReadonlyMap<string, string> {
  const fields = new Map(Object.entries({ S: 'ERROR', V: 'ERROR', C: code, M: `of "${VALUE}"`, ...other }));
  return decodeErrorOrNotice(scrub(encodeErrorOrNotice({ type: 'ErrorResponse', fields }))).fields;
}

test.each(['22P02', '23505', '42704', '42602', '42883', '42P01', '3F000', 'P0001', 'XX000', '0A000', '2BP01'])(
  '%s without a position: the condition’s name',
  (code) => {
    expect(JSON.stringify([...scrubbed(code)])).not.toContain(VALUE);
  },
);

test.each(['25P02', '26000', '34000', '40001', '42501', '53300', '54000', '55P03', '57014'])(
  '%s keeps its message, and no detail',
  (code) => {
    const fields = scrubbed(code, { D: VALUE, H: VALUE, q: VALUE });
    expect(fields.get('M')).toContain(VALUE);
    expect(['D', 'H', 'q'].some((field) => fields.has(field))).toBe(false);
  },
);

test('an error that the parser found in the client’s text keeps its message', () => {
  expect(scrubbed('42703', { P: '8', M: 'column "x" does not exist' }).get('M')).toBe('column "x" does not exist');
});

test('what a function says is hidden whatever state it takes', () => {
  expect(scrubbed('42501', { W: 'PL/pgSQL function f()' }).get('M')).not.toContain(VALUE);
});

test.each(["'hunter2'", 'hunter2', "E'x", '$$x$$', '"x'])('a syntax error of a sealed command quotes no literal: %s', (word) => {
  expect(scrubbed('42601', { P: '1', M: `syntax error at or near "${word}"` }, scrubSyntaxError).get('M')).toBe(
    'syntax error at or near "…"',
  );
});

test('it may quote a keyword', () => {
  expect(scrubbed('42601', { P: '1', M: 'syntax error at or near "PASWORD"' }, scrubSyntaxError).get('M')).toContain('PASWORD');
});

test('of a command that may hold passwords no context is told, nor what stands in a connection string', () => {
  const fields = scrubbed(
    '08001',
    { M: 'could not connect', D: `missing "=" after "${VALUE}" in connection info string`, W: VALUE, q: VALUE },
    scrubSealed,
  );
  expect(Object.fromEntries(fields)).toMatchObject({ M: 'could not connect', D: 'missing "…" in connection info string' });
  expect(JSON.stringify([...fields])).not.toContain(VALUE);
  const kept = { M: 'role "bob" cannot be dropped', D: 'owner of table "t"' };
  expect(Object.fromEntries(scrubbed('2BP01', kept, scrubSealed))).toMatchObject(kept);
});
