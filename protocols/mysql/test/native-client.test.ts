import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { GatewayError } from '@sallyport/core';
import { CA_FILE } from '@sallyport/core/testing';
import { type MariadbServer, startMariadb } from '../../../test-fixtures/servers/mariadb.ts';
import { readDsn } from '../src/client/dsn.ts';
import { nativeClient } from '../src/client/native-client.ts';
import { startTestGateway, type TestGateway, TOKEN } from './test-gateway.ts';
import { targetAt } from './test-target.ts';

const run = promisify(execFile);
let server: MariadbServer;
let gateway: TestGateway;

beforeAll(async () => {
  server = await startMariadb();
  gateway = await startTestGateway(targetAt(server));
}, 120_000);

afterAll(async () => {
  await gateway?.close();
  await server?.stop();
});

test('the client that connect starts checks the certificate and takes the token from the environment alone', async () => {
  const endpoint = { target: 'shop-db', host: 'localhost', port: gateway.port, user: 'alice', token: TOKEN, caFile: CA_FILE };
  const { program, args, env, dsn } = nativeClient({ ...endpoint, database: 'shop' });
  expect([program, ...args, dsn].join(' ')).not.toContain(TOKEN);
  const { stdout, stderr } = await run(
    program,
    ['--no-defaults', ...args, '-N', '-e', "SHOW STATUS LIKE 'Ssl_cipher'; SELECT DATABASE()"],
    {
      env: { ...process.env, ...env },
    },
  );
  expect(stdout).toMatch(/\nshop\n$/);
  expect(stderr).toBe('');
  const other = nativeClient({ ...endpoint, host: '127.0.0.2' }); // not in the certificate
  await expect(
    run(other.program, ['--no-defaults', ...other.args, '-e', 'SELECT 1'], { env: { ...process.env, ...other.env } }),
  ).rejects.toThrow();
});

test('a connection URI says where a target is, the environment the rest', () => {
  const text = 'mysql://app:s%40crt@db.internal:3307/shop?ssl-mode=VERIFY_IDENTITY&ssl-ca=/etc/ca.pem';
  expect(readDsn(text, {})).toEqual({
    host: 'db.internal',
    port: 3307,
    username: 'app',
    password: 's@crt',
    database: 'shop',
    tls: 'verify-full',
    caFile: '/etc/ca.pem',
  });
  expect(readDsn('mariadb://[::1]/x', { MYSQL_TCP_PORT: '3308', MYSQL_PWD: 'p' })).toEqual({
    host: '::1',
    port: 3308,
    password: 'p',
    database: 'x',
  });
  expect(readDsn('postgresql://db/x', {})).toBeUndefined();
  expect(readDsn(undefined, { MYSQL_HOST: 'db' })).toEqual({ host: 'db' });
  expect(() => readDsn('mysql://app:secret%zz@db/x', {})).toThrow(GatewayError);
  expect(() => readDsn('mysql://app:secret%zz@db/x', {})).not.toThrow('secret');
});
