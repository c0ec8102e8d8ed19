import { blank } from './blanking.ts';

const secret = (name: string): boolean => /passw|secret/i.test(name);

test('lines stay, literals and comments go', () => {
  expect(blank("SELECT 'x', 4111\n  FROM t -- secret\n", true)).toBe("SELECT '?', ?\n  FROM t  \n");
  expect(blank('SELEKT "secret', true, { identifiers: true })).toBe('SELEKT "?"');
});

test('literals stay by their number, and as the caller sees fit', () => {
  const keeps = (literal: number, written: string): boolean => literal !== 1 && written !== '4';
  expect(blank("SELECT E'a', 'b', 3, 4", true, { keeps })).toBe("SELECT E'a', '?', 3, ?");
});

test.each([
  ['SET app.password = hunter2', 'SET app.password = ?'],
  ['SET app.password TO "hunter2", hunter3; SET x = y', 'SET app.password TO "?", ?; SET x = y'],
  ['ALTER ROLE bob SET app.secret = hunter2', 'ALTER ROLE bob SET app.secret = ?'],
  ['SET my.password = -12', 'SET my.password = -?'],
  ["ALTER ROLE bob PASSWORD 'x' CONNECTION LIMIT 5 SUPERUSER", "ALTER ROLE bob PASSWORD '?' CONNECTION LIMIT 5 SUPERUSER"],
  ['SELECT password FROM users', 'SELECT password FROM users'],
])('values of secret names go: %s', (text, blanked) => {
  expect(blank(text, true, { secret, keeps: (_literal, written) => /^\d/.test(written) })).toBe(blanked);
});

test('a text that may be anything loses the word behind such a name too', () => {
  expect(blank('ALTER USER bob PASSWORD hunter2 VALID', true, { secret, identifiers: true })).toBe('ALTER USER bob PASSWORD ? VALID');
  expect(blank('CREATE USER bob PASSWORD "hunter2"', true, { secret, identifiers: true })).toBe('CREATE USER bob PASSWORD "?"');
});
