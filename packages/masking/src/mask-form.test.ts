import { isMask } from './mask-form.ts';
import { makeMask } from './method.ts';

const key = Buffer.alloc(32, 7);

test.each(['redact', 'partial', 'hash'] as const)('what %s makes is a mask', (method) => {
  for (const value of ['4111 1111 1111 1234', '4111-1111-1111-1234', 'alice@example.com', 'abc', '', '😀😁😂🤣😃😄😅😆']) {
    expect(isMask(makeMask({ name: 'r', method }, { hashKey: key, tokenKey: key }).apply(value) ?? '')).toBe(true);
  }
});

test.each([
  ['h_abcdefghijklmnopqrstuv', true],
  ['seen h_abcdefghijklmnopqrstuv, twice', true],
  ['mt_0123ab_abcdefghijklmnopqrstuv', true],
  ['Dear mt_0123ab_abcdefghijklmnopqrstuvwxyz!', true],
  ['was [redacted] before', true],
  ['auth_abcdefghijklmnopqrstuv', false],
  ['h_abcdefghijklmnopqrstuvw', false],
  ['h_short', false],
  ['mt_0123ab_short', false],
  ['**bold** text', false],
  ['****', true],
  ['*** 5 stars ***', false],
  ['**** **** **** 1234 and more', false],
  ['SELECT * FROM t', false],
  ['', false],
])('%s: %s', (text, expected) => expect(isMask(text)).toBe(expected));
