import { MASK_METHODS, type MaskMethod } from '@sallyport/core';
import fc from 'fast-check';
import { makeMask } from './method.ts';

const key = Buffer.alloc(32, 7);
const maskFunction = (method: MaskMethod, hashKey: Buffer, name: string) =>
  makeMask({ name, method, domain: 'test' }, { hashKey, tokenKey: hashKey }).apply;
const partial = maskFunction('partial', key, 'r');

test.each([
  ['4111 1111 1111 1234', '**** **** **** 1234'],
  ['4111-1111-1111-1234', '****-****-****-1234'],
  ['4111111111111234', '************1234'],
  ['411111111123', '*********123'],
  ['alice@example.com', '*****.com'.slice(1)],
  ['abcdefgh', '****gh'],
  ['abcd', '****d'],
  ['abc', '****'],
  ['', '****'],
  ['😀😁😂🤣😃😄😅😆', '****😅😆'],
  ['x'.repeat(1_000_000), '****xxxx'],
  [`${'a'.repeat(40)}😀😁😂🤣`, '****😀😁😂🤣'],
  [`${'a'.repeat(40)}😀b😂🤣`, '****😀b😂🤣'],
])('partial %#', (value, expected) => expect(partial(value)).toBe(expected));

test('hash is keyed, short, and apart for each rule', () => {
  const hash = maskFunction('hash', key, 'r');
  expect(hash('alice')).toMatch(/^h_[A-Za-z0-9_-]{22}$/);
  expect(hash('alice')).toBe(maskFunction('hash', key, 'r')('alice'));
  expect(hash('alice')).not.toBe(hash('alicf'));
  expect(hash('alice')).not.toBe(maskFunction('hash', key, 's')('alice'));
  expect(hash('alice')).not.toBe(maskFunction('hash', Buffer.alloc(32, 8), 'r')('alice'));
});

test('null is SQL NULL', () => expect(maskFunction('null', key, 'r')('alice')).toBeNull());

describe('laws', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.string({ unit: fc.constantFrom('1', '2', ' ', '-'), maxLength: 40 }),
    fc.string({ unit: fc.constantFrom('a', '😀', '\ud800'), maxLength: 40 }),
  );
  const methods = MASK_METHODS;

  test('never throws and is deterministic', () => {
    fc.assert(
      fc.property(text, fc.constantFrom(...methods), (value, method) =>
        expect(maskFunction(method, key, 'r')(value)).toBe(maskFunction(method, key, 'r')(value)),
      ),
    );
  });

  test('partial shows at most four characters and a quarter of the value', () => {
    fc.assert(
      fc.property(text, (value) => {
        const shown = Array.from((partial(value) ?? '').replace(/^[* -]*/, '')).filter((point) => !' -'.includes(point));
        expect(shown.length).toBeLessThanOrEqual(4);
        expect(shown.length).toBeLessThanOrEqual(Array.from(value).length / 4);
      }),
    );
  });

  test('the mask of four characters or more never contains them, signs of the mask itself aside', () => {
    const telling = text.filter(
      (value) => Array.from(value).length >= 4 && !value.includes('*') && !/^[ -]+$/.test(value) && !'[redacted]'.includes(value),
    );
    fc.assert(
      fc.property(telling, fc.constantFrom(...methods), (value, method) =>
        expect(maskFunction(method, key, 'r')(value) ?? '').not.toContain(value),
      ),
    );
  });
});
