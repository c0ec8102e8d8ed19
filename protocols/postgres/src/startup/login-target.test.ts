import { readFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import type { Target } from '@sallyport/core';
import { type PostgresServer, startPostgres } from '../../../../test-fixtures/servers/postgres.ts';
import { targetAt } from '../../test/test-target.ts';
import { encodeAuthentication } from '../codec/authentication.ts';
import { encodeQuery } from '../codec/query.ts';
import { SSL_REQUEST_PACKET } from '../codec/startup-packets.ts';
import { errorResponse } from '../errors.ts';
import { cancelAtTarget, loginTarget, type TargetLogin } from './login-target.ts';
import { openOwnConnection } from './own-connection.ts';

const pem = (name: string): string => readFileSync(new URL(`../../../../test-fixtures/certificates/${name}`, import.meta.url), 'utf8');
const ca = pem('ca.pem');
const soon = (): AbortSignal => AbortSignal.timeout(10_000);

function login(target: Target, parameters = new Map<string, string>(), minor: 0 | 2 = 0): Promise<TargetLogin> {
  return loginTarget(target, 'postgres', parameters, soon(), minor);
}

/** Logs in, runs nothing, leaves; gives what the server said of itself. */
async function visit(target: Target, parameters?: Map<string, string>, minor?: 0 | 2): Promise<TargetLogin> {
  const session = await login(target, parameters, minor);
  session.socket.destroy();
  return session;
}

const HBA = [
  'hostssl all app all cert',
  'host all trusted all trust',
  'host all plain all password',
  'host all md5er all md5',
  'hostssl all all all scram-sha-256',
  'host all scrammer all scram-sha-256',
  'host all postgres all scram-sha-256',
];
const USERS = `
  CREATE ROLE app LOGIN; CREATE ROLE trusted LOGIN;
  SET password_encryption = 'md5'; CREATE ROLE md5er LOGIN PASSWORD 'sécret';
  SET password_encryption = 'scram-sha-256'; CREATE ROLE plain LOGIN PASSWORD 'sécret'; CREATE ROLE scrammer LOGIN PASSWORD 'sécret';`;

describe.each([
  { version: 15, port: 21_010, certificate: 'localhost', host: 'localhost', minor: 0 },
  { version: 18, port: 21_011, certificate: 'other', host: '127.0.0.1', minor: 2 },
] as const)('a real PostgreSQL $version with the certificate $certificate', ({ version, port, certificate, host, minor }) => {
  let server: PostgresServer;
  const as = (username: string, password?: string, other: Partial<Target> = {}): Target =>
    targetAt(server, { host, credentials: { username, ...(password !== undefined && { password }) }, ...other });
  const tls = { mode: 'require', ca } as const;

  beforeAll(async () => {
    const keys = { cert: pem(`${certificate}.pem`), key: pem(`${certificate}.key`), ca };
    server = await startPostgres({ version, port, hba: HBA, tls: keys, config: { password_encryption: 'scram-sha-256' } });
    const root = await openOwnConnection(targetAt(server), 'postgres', soon());
    for (const statement of USERS.split(';').filter((text) => text.trim() !== '')) await root.query(statement);
    root.close();
  });
  afterAll(() => server?.stop());

  test('trust', () => visit(as('trusted')));
  test('md5', () => visit(as('md5er', 'sécret')));
  test('SCRAM-SHA-256', () => visit(as('scrammer', 'sécret')));
  test('SCRAM-SHA-256 again, and with the salt of a password that was set anew', async () => {
    const target = as('scrammer', 'sécret');
    await visit(target);
    await visit(target);
    const root = await openOwnConnection(targetAt(server), 'postgres', soon());
    await root.query("ALTER ROLE scrammer PASSWORD 'sécret'");
    root.close();
    await visit(target);
  });
  // The server offers PLUS here and would refuse `y`, so only a right binding passes.
  test('SCRAM-SHA-256-PLUS', () => visit(as('scrammer', 'sécret', { tls })));
  test('a client certificate', () =>
    visit(as('app', undefined, { tls, credentials: { username: 'app', certificate: pem('app.pem'), key: pem('app.key') } })));
  test('a cleartext password inside TLS', () => visit(as('plain', 'sécret', { tls })));

  test('never a cleartext password outside TLS', async () => {
    await expect(visit(as('plain', 'sécret'))).rejects.toMatchObject({
      code: 'ERR_TARGET_AUTH',
      message: expect.stringContaining('clear text'),
    });
  });

  test("a wrong password is the target's matter, not the client's", async () => {
    const failure = visit(as('scrammer', 'wrong'));
    await expect(failure).rejects.toMatchObject({ code: 'ERR_TARGET_AUTH', message: expect.stringContaining('Your token is fine') });
    await expect(failure).rejects.not.toMatchObject({ message: expect.stringContaining('scrammer') });
  });

  test('a missing password, and a login without TLS where the target wants it', async () => {
    await expect(visit(as('scrammer'))).rejects.toMatchObject({ code: 'ERR_TARGET_AUTH' });
    await expect(visit(as('app'))).rejects.toMatchObject({ code: 'ERR_TARGET_AUTH' });
  });

  test("a database that does not exist keeps the target's SQLSTATE", async () => {
    await expect(loginTarget(as('trusted'), 'nowhere', new Map(), soon())).rejects.toMatchObject({ sqlState: '3D000' });
  });

  test("the client's settings arrive; all ParameterStatus come back, in order", async () => {
    const { parameters, backendKey } = await visit(
      as('trusted'),
      new Map([
        ['application_name', 'shop'],
        ['timezone', 'Asia/Tokyo'],
      ]),
      minor,
    );
    expect(parameters.get('application_name')).toBe('shop');
    expect(parameters.get('TimeZone')).toBe('Asia/Tokyo');
    expect([...parameters.keys()]).toEqual(expect.arrayContaining(['server_version', 'standard_conforming_strings', 'client_encoding']));
    expect(backendKey?.secretKey).toHaveLength(minor === 2 ? 32 : 4);
    await expect(visit(as('trusted'), new Map([['timezone', 'Mars/Olympus']]))).rejects.toMatchObject({ sqlState: '22023' });
  });

  test('protocol 3.2 is negotiated down where the target does not speak it', async () => {
    const { backendKey } = await visit(as('trusted'), new Map(), 2);
    expect(backendKey?.secretKey).toHaveLength(version === 15 ? 4 : 32);
  });

  test('verify-full looks at the name', async () => {
    const target = as('trusted', undefined, { tls: { mode: 'verify-full', ca } });
    if (certificate === 'localhost') await visit(target);
    else
      await expect(visit(target)).rejects.toMatchObject({ code: 'ERR_TARGET_UNREACHABLE', message: expect.stringContaining('TLS check') });
    await expect(visit(as('trusted', undefined, { tls: { mode: 'verify-full' } }))).rejects.toMatchObject({
      code: 'ERR_TARGET_UNREACHABLE',
    });
    await visit(as('trusted', undefined, { tls: { mode: 'require' } }));
  });

  test('cancels what a session is doing, plain and inside TLS', async () => {
    for (const mode of ['disable', 'require'] as const) {
      const target = as('trusted', undefined, { tls: { mode } });
      const { socket, backendKey } = await login(target, new Map(), minor);
      socket.write(encodeQuery('SELECT pg_sleep(20)'));
      await new Promise((resolve) => setTimeout(resolve, 100));
      if (backendKey !== undefined) await cancelAtTarget(target, backendKey);
      let heard = '';
      for await (const chunk of socket) {
        heard += String(chunk);
        if (heard.includes('57014')) break;
      }
      expect(heard).toContain('57014');
    }
  });
});

describe('a target that is not what it should be', () => {
  let server: Server;
  let answer: (socket: Socket, said: Buffer) => void;
  const target = (mode: 'disable' | 'require' = 'disable'): Target =>
    targetAt({ host: '127.0.0.1', port: 21_012, user: 'app', password: 'secret' }, { tls: { mode } });

  beforeAll((done) => {
    server = createServer((socket) => socket.on('error', () => undefined).on('data', (said) => answer(socket, said))).listen(
      21_012,
      '127.0.0.1',
      done,
    );
  });
  afterAll((done) => void server.close(done));

  test('nothing listens', async () => {
    await expect(login(targetAt({ host: '127.0.0.1', port: 21_099, user: 'app', password: '' }))).rejects.toMatchObject({
      code: 'ERR_TARGET_UNREACHABLE',
      message: expect.stringContaining('127.0.0.1:21099 (ECONNREFUSED)'),
    });
  });

  test('no TLS', async () => {
    answer = (socket) => socket.write('N');
    await expect(login(target('require'))).rejects.toMatchObject({ message: expect.stringContaining('does not offer TLS') });
  });

  test('plain text behind its agreement to TLS', async () => {
    answer = (socket, said) => said.equals(SSL_REQUEST_PACKET) && socket.write('S and more');
    await expect(login(target('require'))).rejects.toMatchObject({ message: expect.stringContaining('unencrypted') });
  });

  test('it leaves without a word', async () => {
    answer = (socket) => socket.end();
    await expect(login(target())).rejects.toMatchObject({
      code: 'ERR_TARGET_UNREACHABLE',
      message: expect.stringContaining('closed the connection'),
    });
  });

  test('it is silent, until the caller has waited long enough', async () => {
    answer = () => undefined;
    const reason = new Error('enough');
    await expect(
      loginTarget(target(), 'postgres', new Map(), AbortSignal.any([AbortSignal.timeout(50), AbortSignal.abort(reason)])),
    ).rejects.toBe(reason);
    await expect(loginTarget(target(), 'postgres', new Map(), AbortSignal.timeout(50))).rejects.toMatchObject({ name: 'TimeoutError' });
  });

  test('it claims to have checked a password that it does not know', async () => {
    answer = (socket, said) => {
      if (said[0] === 0) socket.write(encodeAuthentication({ type: 'AuthenticationSASL', mechanisms: ['SCRAM-SHA-256'] }));
      else if (said.includes('SCRAM')) {
        const nonce = /r=([^,]+)$/.exec(said.toString('latin1'))?.[1];
        socket.write(encodeAuthentication({ type: 'AuthenticationSASLContinue', data: Buffer.from(`r=${nonce}x,s=c2FsdA==,i=4096`) }));
      } else
        socket.write(
          encodeAuthentication({ type: 'AuthenticationSASLFinal', data: Buffer.from(`v=${Buffer.alloc(32).toString('base64')}`) }),
        );
    };
    await expect(login(target())).rejects.toMatchObject({ code: 'ERR_TARGET_AUTH', message: expect.stringContaining('could not prove') });
  });

  test.each([
    ['an endless hash', 'i=99999999', '99999999 SCRAM iterations'],
    ['no hash', 'i=0', '0 SCRAM iterations'],
  ])('it asks for %s', async (_, iterations, words) => {
    answer = (socket, said) => {
      const nonce = /r=([^,]+)$/.exec(said.toString('latin1'))?.[1];
      const request =
        said[0] === 0
          ? { type: 'AuthenticationSASL', mechanisms: ['SCRAM-SHA-256'] }
          : { type: 'AuthenticationSASLContinue', data: Buffer.from(`r=${nonce}x,s=c2FsdA==,${iterations}`) };
      socket.write(encodeAuthentication(request as Parameters<typeof encodeAuthentication>[0]));
    };
    await expect(login(target())).rejects.toMatchObject({ side: 'target', message: expect.stringContaining(words) });
  });

  test('it skips the proof, speaks out of turn, or something else', async () => {
    answer = (socket, said) => {
      const request = said[0] === 0 ? { type: 'AuthenticationSASL', mechanisms: ['SCRAM-SHA-256'] } : { type: 'AuthenticationOk' };
      socket.write(encodeAuthentication(request as Parameters<typeof encodeAuthentication>[0]));
    };
    await expect(login(target())).rejects.toMatchObject({ side: 'target' });
    answer = (socket) => socket.write('HTTP/1.1 400 Bad Request\r\n');
    await expect(login(target())).rejects.toMatchObject({ side: 'target' });
  });

  test('it is full', async () => {
    answer = (socket) => socket.end(errorResponse('FATAL', '53300', 'sorry, too many clients already'));
    await expect(login(target())).rejects.toMatchObject({ sqlState: '53300', message: expect.stringContaining('too many clients') });
  });
});
