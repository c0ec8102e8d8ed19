import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { CheckResult, Inspection, Target } from '@sallyport/core';
import { freePort, type PostgresServer, startPostgres } from '../../../../test-fixtures/servers/postgres.ts';
import { targetAt } from '../../test/test-target.ts';
import { openOwnConnection } from '../startup/own-connection.ts';
import { inspect } from './inspect.ts';

const pem = (name: string): string => readFileSync(new URL(`../../../../test-fixtures/certificates/${name}`, import.meta.url), 'utf8');
const soon = (): AbortSignal => AbortSignal.timeout(60_000);

function look(target: Target, sample = false): Promise<Inspection> {
  return inspect(target, { sample }, soon());
}

function of({ results }: Inspection, check: string): readonly CheckResult[] {
  return results.filter((result) => result.check === check);
}

async function run(server: PostgresServer, statements: readonly string[]): Promise<void> {
  const root = await openOwnConnection(targetAt(server), 'postgres', soon());
  for (const statement of statements) await root.query(statement);
  root.close();
}

const SET_UP = [
  "CREATE ROLE app LOGIN PASSWORD 'secret'",
  "CREATE ROLE passer LOGIN BYPASSRLS REPLICATION CREATEROLE PASSWORD 'secret'",
  "CREATE ROLE reader LOGIN PASSWORD 'secret'",
  'GRANT pg_read_server_files, pg_execute_server_program TO reader',
  "CREATE ROLE auditor LOGIN PASSWORD 'secret'",
  'GRANT EXECUTE ON FUNCTION pg_hba_file_rules() TO auditor',
  'GRANT SELECT ON pg_hba_file_rules TO auditor',
  "CREATE ROLE shut LOGIN PASSWORD 'secret'",
  'CREATE TABLE customers (id int, email text, "Card Number" text, "user" text, photo bytea)',
  "INSERT INTO customers VALUES (1, 'ada@example.com', '4111 1111 1111 1111', repeat('x', 1000), NULL)",
  'CREATE VIEW contacts AS SELECT email FROM customers',
  'CREATE FUNCTION public.touch() RETURNS int LANGUAGE sql VOLATILE AS $$SELECT 1$$',
  'CREATE FUNCTION public.steady() RETURNS int LANGUAGE sql STABLE AS $$SELECT 1$$',
  'GRANT SELECT ON customers TO app',
  'CREATE DATABASE archive',
];

describe('a server on this machine, without TLS', () => {
  let server: PostgresServer;
  const as = (username: string, password = 'secret', other: Partial<Target> = {}): Target =>
    targetAt(server, { credentials: { username, password }, options: { database: 'postgres' }, ...other });

  beforeAll(async () => {
    const hba = [
      'host all shut all reject',
      'host all all 127.0.0.1/32 scram-sha-256',
      'host all all 10.1.0.0/16 scram-sha-256',
      'host shop app all trust',
    ];
    server = await startPostgres({ version: 15, hba, config: { listen_addresses: '127.0.0.1, 127.0.0.2' } });
    await run(server, SET_UP);
  });
  afterAll(() => server?.stop());

  test('an account without further rights passes', async () => {
    const inspection = await look(as('app'));
    expect(inspection.results.map(({ check, level }) => [check, level])).toEqual([
      ['tls', 'ok'],
      ['login', 'ok'],
      ['version', 'ok'],
      ['clock', 'ok'],
      ['account', 'ok'],
      ['way round', 'ok'],
      ['functions', 'ok'],
    ]);
    expect(inspection.inside?.product).toMatch(/^PostgreSQL 15/);
    expect(inspection.inside?.databases).toEqual(['archive', 'postgres']);
    expect(of(inspection, 'functions')[0]).toMatchObject({
      message: expect.stringContaining('public.touch'),
      mend: expect.stringContaining('functions: [public.touch]'),
    });
    expect(of(inspection, 'functions')[0]?.message).not.toContain('steady');
  });

  test('a superuser is a problem, in one sentence', async () => {
    const inspection = await look(as('postgres', server.password));
    expect(of(inspection, 'account')).toEqual([
      expect.objectContaining({
        level: 'problem',
        message: expect.stringContaining('postgres is a superuser'),
        mend: expect.stringContaining('account of its own'),
      }),
    ]);
    expect(inspection.inside?.leastAccount).toContain('GRANT USAGE ON SCHEMA public TO sallyport;');
  });

  test('BYPASSRLS and the like each with what takes it away', async () => {
    const account = of(await look(as('passer')), 'account');
    expect(account.map(({ level, mend }) => [level, mend])).toEqual([
      ['problem', 'ALTER ROLE passer NOBYPASSRLS;'],
      ['warning', 'ALTER ROLE passer NOREPLICATION;'],
      ['warning', 'ALTER ROLE passer NOCREATEROLE;'],
    ]);
    expect(of(await look(as('reader')), 'account').map(({ level, mend }) => [level, mend])).toEqual([
      ['problem', 'REVOKE pg_execute_server_program FROM reader;'],
      ['problem', 'REVOKE pg_read_server_files FROM reader;'],
    ]);
  });

  test('a wrong password, no way in, no such database', async () => {
    const [password, out, nowhere] = await Promise.all([
      look(as('app', 'wrong')),
      look(as('shut')),
      look(as('app', 'secret', { options: { database: 'nowhere' } })),
    ]);
    expect(password.inside).toBeUndefined();
    expect(of(password, 'login')).toEqual([
      {
        check: 'login',
        level: 'problem',
        message: 'The server refuses app at the database postgres: password authentication failed for user "app" (28P01).',
        mend: 'correct username and password of its credentials',
      },
    ]);
    expect(of(out, 'login')[0]).toMatchObject({
      level: 'problem',
      message: expect.stringContaining('(28000)'),
      mend: expect.stringContaining('pg_hba.conf'),
    });
    expect(of(nowhere, 'login')[0]).toMatchObject({
      level: 'problem',
      message: expect.stringContaining('(3D000)'),
      mend: 'correct the name of the database',
    });
    expect(JSON.stringify([password, out, nowhere])).not.toContain('secret');
  });

  test('TLS that is asked for and not offered', async () => {
    const inspection = await look(as('app', 'secret', { tls: { mode: 'verify-full' } }));
    expect(inspection).toEqual({
      strongestTls: 'disable',
      results: [
        expect.objectContaining({
          check: 'tls',
          level: 'problem',
          message: expect.stringContaining('offers no TLS'),
          mend: expect.stringContaining('ssl = on'),
        }),
      ],
    });
  });

  test('columns of every database that is open, views marked, values only where asked for', async () => {
    const target = as('app', 'secret', { options: { database: 'postgres', databases: ['archive', 'missing'] } });
    const plain = await look(target);
    expect(plain.inside?.columns.map(({ relation, name, of: kind, sample }) => [relation, name, kind, sample])).toEqual([
      ['public.contacts', 'email', 'view', undefined],
      ['public.customers', 'id', 'table', undefined],
      ['public.customers', 'email', 'table', undefined],
      ['public.customers', 'Card Number', 'table', undefined],
      ['public.customers', 'user', 'table', undefined],
      ['public.customers', 'photo', 'table', undefined],
    ]);
    expect(of(plain, 'databases')).toEqual([
      expect.objectContaining({ level: 'problem', message: expect.stringContaining('The database missing does not open') }),
    ]);
    const sampled = (await look(target, true)).inside?.columns.filter(({ sample }) => sample !== undefined) ?? [];
    expect(sampled.map(({ name, sample }) => [name, sample])).toEqual([
      ['email', ['ada@example.com']],
      ['Card Number', ['4111 1111 1111 1111']],
      ['user', ['x'.repeat(200)]],
    ]);
  });

  test('functions: a listed one that is not there', async () => {
    const options = { database: 'postgres', functions: ['public.touch', 'public.tuoch'] };
    expect(of(await look(as('app', 'secret', { options })), 'functions')).toEqual([
      expect.objectContaining({ level: 'warning', message: expect.stringContaining('public.tuoch') }),
    ]);
  });

  test('changes nothing and leaves nothing behind', async () => {
    const inspection = await look(as('postgres', server.password), true);
    expect(inspection.inside).toBeDefined();
    const root = await openOwnConnection(targetAt(server), 'postgres', soon());
    const sessions = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'sallyport' AND pid <> pg_backend_pid()";
    let left = '';
    for (let tries = 0; tries < 100 && left !== '0'; tries += 1) [[left = '']] = (await root.query(sessions)) as [[string]];
    root.close();
    expect(left).toBe('0');
  });
});

describe('a server that the network reaches', () => {
  let server: PostgresServer;
  const as = (username: string): Target =>
    targetAt(server, { credentials: { username, password: 'secret' }, options: { database: 'postgres' } });
  const hba = [
    'host all all 127.0.0.1/32 scram-sha-256',
    'host all all 10.1.0.0/16 scram-sha-256',
    'host postgres app 192.0.2.7/32 md5',
    'host all all 10.2.0.0/16 reject',
  ];

  beforeAll(async () => {
    server = await startPostgres({ version: 15, hba, config: { listen_addresses: '*' } });
    await run(server, SET_UP);
  });
  afterAll(() => server?.stop());

  test('names the lines by which clients come round, where it may read them', async () => {
    const [way] = of(await look(as('auditor')), 'way round');
    expect(way).toEqual({
      check: 'way round',
      level: 'warning',
      message:
        'pg_hba.conf lets clients in that do not come through the gateway: line 2 (everybody from 10.1.0.0/16, scram-sha-256), line 3 (app to postgres from 192.0.2.7/32, md5).',
      mend: 'leave only lines for 127.0.0.1/32 in pg_hba.conf, then: SELECT pg_reload_conf();',
    });
  });

  test('says that it cannot know, where it may not', async () => {
    const [way] = of(await look(as('app')), 'way round');
    expect(way).toMatchObject({
      level: 'warning',
      message: expect.stringContaining('may not read'),
      mend: expect.stringContaining('pg_hba_file_rules'),
    });
  });
});

describe('certificates', () => {
  const servers: PostgresServer[] = [];
  const start = async (name: string): Promise<PostgresServer> => {
    const tls = { cert: pem(`${name}.pem`), key: pem(`${name}.key`) };
    const server = await startPostgres({ version: 15, tls, config: { listen_addresses: '127.0.0.1, 127.0.0.2' } });
    servers.push(server);
    return server;
  };
  const tlsOf = async (server: PostgresServer, host: string, tls: Target['tls']): Promise<CheckResult | undefined> =>
    of(await look(targetAt(server, { host, tls, options: { database: 'postgres' } })), 'tls')[0];
  afterAll(() => Promise.all(servers.map((server) => server.stop())));

  test('one that passes, one for another name, one that nothing trusts', async () => {
    const server = await start('localhost');
    const verify = { mode: 'verify-full', ca: pem('ca.pem') } as const;
    expect(await tlsOf(server, 'localhost', verify)).toMatchObject({
      level: 'ok',
      message: expect.stringMatching(/^TLSv1\.[23], with a certificate for localhost that is good until 2120-/),
    });
    expect(await tlsOf(server, '127.0.0.2', verify)).toMatchObject({
      level: 'problem',
      message: "The server's certificate is for localhost, 127.0.0.1, and not for 127.0.0.2.",
    });
    expect(await tlsOf(server, 'localhost', { mode: 'verify-full' })).toMatchObject({
      level: 'problem',
      message: expect.stringContaining('nothing here trusts'),
      mend: expect.stringMatching(/ca: FILE .*([0-9A-F]{2}:){31}/),
    });
    expect(await tlsOf(server, 'localhost', { mode: 'require' })).toMatchObject({
      level: 'ok',
      message: expect.stringContaining('nothing proves'),
    });
    expect(await tlsOf(server, 'localhost', { mode: 'disable' })).toMatchObject({ level: 'ok' });
  });

  test('one that is signed by itself, and one that has expired', async () => {
    const self = await start('self-signed');
    expect(await tlsOf(self, 'localhost', { mode: 'verify-full' })).toMatchObject({
      level: 'problem',
      message: expect.stringContaining('signed by itself'),
    });
    expect(await tlsOf(self, 'localhost', { mode: 'verify-full', ca: pem('self-signed.pem') })).toMatchObject({ level: 'ok' });
    const expired = await start('expired');
    for (const ca of [undefined, pem('expired.pem')]) {
      const tls = { mode: 'verify-full', ...(ca !== undefined && { ca }) } as const;
      expect(await tlsOf(expired, 'localhost', tls)).toMatchObject({
        level: 'problem',
        message: "The server's certificate expired on 2021-01-01.",
        mend: expect.stringContaining('renew'),
      });
    }
  });
});

test('what listens and is no PostgreSQL', async () => {
  const port = await freePort();
  const rude = createServer((socket) => socket.on('error', () => undefined).end('220 mail.example.com ESMTP\r\n')).listen(
    port,
    '127.0.0.1',
  );
  await once(rude, 'listening');
  const target = targetAt({ host: '127.0.0.1', port, user: 'app', password: 'secret' }, { options: { database: 'shop' } });
  const { results, inside } = await look(target);
  rude.close();
  expect(inside).toBeUndefined();
  expect(results.at(-1)).toMatchObject({ level: 'problem' });
  expect(JSON.stringify(results)).not.toContain('secret');
});
