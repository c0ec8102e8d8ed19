import { readDsn } from './dsn.ts';

test.each([
  ['https://api.internal', { host: 'api.internal', port: 443, tls: 'verify-full' }],
  ['http://api.internal/v1', { host: 'api.internal', port: 80, tls: 'disable' }],
  ['HTTPS://app:p%40ss@[::1]:8443/', { host: '::1', port: 8443, tls: 'verify-full', username: 'app', password: 'p@ss' }],
  ['postgresql://db', undefined],
  [undefined, {}],
])('%j', (text, dsn) => {
  expect(readDsn(text)).toEqual(dsn);
});

test('what cannot be read is a sentence without the password', () => {
  expect(() => readDsn('https://app:secret@host:port')).toThrow(/^The address cannot be read: write https:\/\/HOST:PORT\.$/);
});
