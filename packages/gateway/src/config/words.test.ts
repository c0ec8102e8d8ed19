import { formatAddress, isLoopback, isWildcard, parseAddress } from './address.ts';
import { parseDuration } from './duration.ts';
import { formatPath } from './problem.ts';
import { parseSecret } from './secret.ts';
import { nearest } from './suggestion.ts';

test.each([
  ['500ms', 500],
  ['90s', 90_000],
  ['10m', 600_000],
  ['1h30m', 5_400_000],
  ['90d', 7_776_000_000],
  ['2w', 1_209_600_000],
  ['0s', undefined],
  ['', undefined],
  ['10', undefined],
  ['10 m', undefined],
  ['-1s', undefined],
  ['1.5h', undefined],
  ['999999999w', undefined],
])('duration %p', (text, ms) => expect(parseDuration(text)).toBe(ms));

test.each([
  ['db.internal:5432', { host: 'db.internal', port: 5432 }],
  ['db.internal', { host: 'db.internal', port: 1 }],
  ['[::1]:80', { host: '::1', port: 80 }],
  ['10.0.0.7:65535', { host: '10.0.0.7', port: 65535 }],
  ['::1', undefined],
  ['[nonsense]:80', undefined],
  ['host:0', undefined],
  ['host:65536', undefined],
  ['host:', undefined],
  [':80', undefined],
  ['http://host:80', undefined],
  ['host name:80', undefined],
  ['${env:HOST}:80', undefined],
])('address %p', (text, address) => expect(parseAddress(text, 1)).toEqual(address));

test('addresses back to text, and who can reach them', () => {
  expect(formatAddress({ host: '::1', port: 80 })).toBe('[::1]:80');
  expect(parseAddress('host')).toBeUndefined();
  expect(['localhost', '127.0.0.9', '::1', '0.0.0.0', '127.example.com', '10.0.0.1'].map(isLoopback)).toEqual([
    true,
    true,
    true,
    false,
    false,
    false,
  ]);
  expect(['0.0.0.0', '::', '127.0.0.1'].map(isWildcard)).toEqual([true, true, false]);
});

test.each([
  ['${env:PASSWORD}', { from: 'env', name: 'PASSWORD' }],
  ['${file:./pw}', { from: 'file', path: './pw' }],
  ['s3cret$', { from: 'literal', value: 's3cret$' }],
  ['${env:}', undefined],
  ['${env:A B}', undefined],
  ['x${env:A}', undefined],
  ['${vault:a}', undefined],
])('secret %p', (text, secret) => expect(parseSecret(text)).toEqual(secret));

test('paths', () => expect(formatPath(['rules', 2, 'match', 'a b', 'c'])).toBe('rules[2].match["a b"].c'));

test('the nearest word, or none', () => {
  const keys = ['listen', 'address', 'tls', 'ca', 'data_dir'];
  expect(['adress', 'lsiten', 'data-dir', 'TLS', 'xyz', 'tl'].map((word) => nearest(word, keys))).toEqual([
    'address',
    'listen',
    'data_dir',
    'tls',
    undefined,
    'tls',
  ]);
});
