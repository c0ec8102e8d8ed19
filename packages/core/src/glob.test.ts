import fc from 'fast-check';
import { glob } from './glob.ts';

test.each([
  ['shop-*', 'shop-db', true],
  ['shop-*', 'shop-', true],
  ['shop-*', 'a-shop-db', false],
  ['*', '', true],
  ['?', 'a', true],
  ['?', '', false],
  ['a*b*c', 'aXbYbZc', true],
  ['a*b*c', 'aXbY', false],
  ['a.b', 'axb', false],
  ['a**', 'a', true],
  ['Shop', 'shop', false],
])('%s on %s', (pattern, text, expected) => expect(glob(pattern)(text)).toBe(expected));

test('agrees with the regular expression of the same meaning', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 8 });
  const text = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 12 });
  fc.assert(
    fc.property(letters, text, (pattern, subject) => {
      const same = new RegExp(
        `^${pattern
          .replaceAll('*', '.*')
          .replaceAll('?', '.')
          .replaceAll(/(\.\*)+/g, '.*')}$`,
      );
      expect(glob(pattern)(subject)).toBe(same.test(subject));
    }),
  );
});

test('is not slowed down by many stars', () => {
  expect(glob(`${'a*'.repeat(200)}b`)('a'.repeat(20_000))).toBe(false);
});
