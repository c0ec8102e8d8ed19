import { isConnection, isSecretName, tellsOfSecrets } from './secrets.ts';

test.each(['host=db password=x', "PASSWORD = 'x'", 'postgresql://bob:x@db/shop', 'https://:x@db', 'password    =x'])(
  'a connection string: %s',
  (value) => {
    expect(isConnection(value)).toBe(true);
    expect(tellsOfSecrets(`SELECT '${value}'`)).toBe(true);
  },
);

test.each(['password', 'https://db/a:b@c', 'a@b.c', '12:30', 'host=db user=bob'])('none: %s', (value) => {
  expect(isConnection(value)).toBe(false);
});

test('names', () => {
  expect(['password', 'user_passwd', 'API_KEY', 'apikey', 'session_token'].every(isSecretName)).toBe(true);
  expect(['pass_count', 'key', 'name'].some(isSecretName)).toBe(false);
});

test.each([
  ['colons', `://${':'.repeat(1 << 20)}`],
  ['schemes', '://a:b'.repeat(200_000)],
  ['beginnings', 'passw'.repeat(200_000)],
  ['spaces', `passw${' '.repeat(1 << 20)}`],
])('no text keeps it busy: %s', (_what, text) => {
  expect(isConnection(text)).toBe(false);
});
