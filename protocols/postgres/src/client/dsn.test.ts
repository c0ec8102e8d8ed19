import fc from 'fast-check';
import { readDsn } from './dsn.ts';

test.each([
  ['postgres://app@db.internal/shop', { host: 'db.internal', username: 'app', database: 'shop' }],
  [
    'postgresql://app:p%40ss%2Fword@db.internal:6432/shop%20two?sslmode=require',
    { host: 'db.internal', port: 6432, username: 'app', password: 'p@ss/word', database: 'shop two', tls: 'require' },
  ],
  ['postgresql://[::1]:5433/', { host: '::1', port: 5433 }],
  ['postgresql://?host=db.internal&user=app&dbname=shop', { host: 'db.internal', username: 'app', database: 'shop' }],
  [
    "host=db.internal user = app password='it\\'s a \\\\' dbname=shop",
    { host: 'db.internal', username: 'app', password: "it's a \\", database: 'shop' },
  ],
  ['host=db sslmode=verify-ca sslrootcert=/etc/ca.pem', { host: 'db', tls: 'verify-full', caFile: '/etc/ca.pem' }],
  ['host=db sslmode=prefer sslrootcert=system', { host: 'db' }],
])('%s', (text, dsn) => expect(readDsn(text, {})).toEqual(dsn));

test('the environment fills in what the string leaves out', () => {
  const env = {
    PGHOST: 'elsewhere',
    PGPORT: '6432',
    PGUSER: 'app',
    PGPASSWORD: 'secret',
    PGDATABASE: 'shop',
    PGSSLMODE: 'require',
    PGOPTIONS: '-c x=y',
  };
  expect(readDsn('host=db', env)).toEqual({
    host: 'db',
    port: 6432,
    username: 'app',
    password: 'secret',
    database: 'shop',
    tls: 'require',
  });
  expect(readDsn(undefined, { PGHOST: 'db' })).toEqual({ host: 'db' });
  expect(readDsn(undefined, {})).toEqual({});
});

test.each(['db.internal', 'mysql://app@db/shop', 'https://example.com', ''])('%s is none', (text) =>
  expect(readDsn(text, {})).toBeUndefined(),
);

test.each([
  ['host=/var/run/postgresql', 'Unix socket'],
  ['postgresql://a,b/shop', 'cannot be read|Several hosts'],
  ['host=a,b', 'Several hosts'],
  ['host=db port=http', 'no port'],
  ["host='db", 'character 1 on'],
])('%s is refused', (text, why) => expect(() => readDsn(text, {})).toThrow(new RegExp(why)));

test('a refusal never quotes a password', () => {
  for (const text of ['postgresql://app:hunter#2@db/shop', 'postgresql://app:hun%ter2@db/shop', "host=db password='hunter2"]) {
    try {
      readDsn(text, {});
    } catch (error) {
      expect(`${(error as Error).message}${String((error as Error).cause)}`).not.toContain('hun');
    }
  }
});

test('any password survives both forms', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), (password) => {
      fc.pre(password.isWellFormed());
      const quoted = password.replace(/['\\]/g, '\\$&');
      expect(readDsn(`host=db password='${quoted}'`, {})?.password).toBe(password);
      expect(readDsn(`postgresql://app:${encodeURIComponent(password)}@db/shop`, {})?.password).toBe(password);
    }),
  );
});
