import { nativeClient } from './native-client.ts';

const ENDPOINT = { target: 'shop-db', host: '::1', port: 15432, user: 'alice@shop-db', token: 'sp_secret', caFile: '/keys/ca.pem' };

test('the environment is all that a client needs', () => {
  expect(nativeClient({ ...ENDPOINT, database: 'shop' }).env).toEqual({
    PGHOST: '::1',
    PGPORT: '15432',
    PGUSER: 'alice@shop-db',
    PGDATABASE: 'shop',
    PGPASSWORD: 'sp_secret',
    PGSSLMODE: 'verify-full',
    PGSSLROOTCERT: '/keys/ca.pem',
  });
});

test('without a database the target stands for its usual one', () => {
  const { env, args, dsn } = nativeClient(ENDPOINT);
  expect(env['PGDATABASE']).toBe('shop-db');
  expect(args.slice(-2)).toEqual(['-d', 'shop-db']);
  expect(dsn).toBe('postgresql://alice%40shop-db@[::1]:15432/shop-db?sslmode=verify-full&sslrootcert=%2Fkeys%2Fca.pem');
});

test('the token is among neither the arguments nor in the URL', () => {
  const { args, dsn } = nativeClient(ENDPOINT);
  expect([...args, dsn].join(' ')).not.toContain('sp_secret');
});
