import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import type { Target } from '@sallyport/core';
import mysql2, { type ConnectionOptions } from 'mysql2/promise';
import { type MariadbServer, startMariadb } from '../../../test-fixtures/servers/mariadb.ts';
import { mysqlFlavours } from '../../../test-fixtures/servers/mysql.ts';
import { packets } from '../src/codec/bytes.ts';
import { CAPABILITY } from '../src/codec/capabilities.ts';
import { decodeAuthSwitch, decodeGreeting, encodeHandshakeResponse } from '../src/codec/handshake.ts';
import { decodeErr } from '../src/codec/responses.ts';
import { loginTarget } from '../src/startup/login-target.ts';
import { PacketReader } from '../src/startup/packet-reader.ts';
import { cachingSha2Proof, NATIVE, nativeProof } from '../src/startup/proofs.ts';
import { startTestGateway, type TestGateway, TOKEN } from './test-gateway.ts';
import { targetAt } from './test-target.ts';

const pem = (name: string): string => readFileSync(new URL(`../../../test-fixtures/certificates/${name}`, import.meta.url), 'utf8');
const WISHES = { capabilities: CAPABILITY.DEPRECATE_EOF | CAPABILITY.SESSION_TRACK, collation: 45, database: 'shop' };

let server: MariadbServer;
let gateway: TestGateway;
const sockets: Socket[] = [];

beforeAll(async () => {
  server = await startMariadb({ tls: { cert: pem('localhost.pem'), key: pem('localhost.key') }, args: ['--plugin-load-add=auth_ed25519'] });
  gateway = await startTestGateway(targetAt(server));
  const { host, port, user, password } = server;
  const admin = await mysql2.createConnection({ host, port, user, password, multipleStatements: true } satisfies ConnectionOptions);
  await admin.query("CREATE USER ed@'%' IDENTIFIED VIA ed25519 USING PASSWORD('the secret'); GRANT SELECT ON shop.* TO ed@'%'");
  await admin.end();
}, 120_000);

afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  await gateway?.close();
  await server?.stop();
});

function login(other: Partial<Target>, wishes: Partial<typeof WISHES> = {}): ReturnType<typeof loginTarget> {
  return loginTarget(targetAt(server, other), { ...WISHES, ...wishes }, AbortSignal.timeout(20_000));
}

describe('at the target', () => {
  test('native passwords and ed25519, with and without TLS', async () => {
    for (const mode of ['disable', 'verify-full'] as const) {
      const tls = mode === 'disable' ? { mode } : { mode, ca: pem('ca.pem') };
      for (const credentials of [
        { username: server.user, password: server.password },
        { username: 'ed', password: 'the secret' },
      ]) {
        const { socket, greeting, status } = await login({ host: 'localhost', tls, credentials });
        expect(greeting.serverVersion).toContain('MariaDB');
        expect(status & 2).toBe(2);
        socket.destroy();
      }
    }
  });

  test('a refusal says whose fault it is, and never the password', async () => {
    await expect(login({ credentials: { username: 'ed', password: 'wrong secret' } })).rejects.toMatchObject({ code: 'ERR_TARGET_AUTH' });
    await expect(login({}, { database: 'nowhere' })).rejects.toMatchObject({ code: 'ERR_ACCESS', err: { code: 1049 } });
    await expect(login({ tls: { mode: 'verify-full' } })).rejects.toMatchObject({ code: 'ERR_TARGET_UNREACHABLE' });
    await expect(login({ port: 1 })).rejects.toMatchObject({ code: 'ERR_TARGET_UNREACHABLE' });
  });
});

const mysql = mysqlFlavours().find(({ name }) => name === 'MySQL');

// Where no MySQL is, these are counted as skipped.
(mysql ? describe : describe.skip)('at a MySQL target', () => {
  let target: MariadbServer;

  beforeAll(async () => {
    const tls = { cert: pem('localhost.pem'), key: pem('localhost.key') };
    target = await (mysql ?? raise('no MySQL')).start({ tls });
  }, 120_000);

  afterAll(() => target?.stop());

  const signIn = (other: Partial<Target>): ReturnType<typeof loginTarget> =>
    loginTarget(targetAt(target, { host: 'localhost', ...other }), WISHES, AbortSignal.timeout(20_000));

  test('caching_sha2_password in full, by RSA, then fast; in full inside TLS; sha256_password both ways', async () => {
    const { host, port, user, password } = target;
    const app = { username: user, password };
    const ways = [{ mode: 'disable' }, { mode: 'verify-full', ca: pem('ca.pem') }] as const;
    for (const tls of [ways[0], ways[0], ways[1]]) (await signIn({ credentials: app, tls })).socket.destroy();

    const admin = await mysql2.createConnection({ host, port, user, password, multipleStatements: true });
    await admin.query("CREATE USER old@'%' IDENTIFIED WITH sha256_password BY 'the secret'; GRANT SELECT ON shop.* TO old@'%'");
    for (const tls of ways) {
      await admin.query('FLUSH PRIVILEGES'); // forgets who has signed in
      (await signIn({ credentials: app, tls })).socket.destroy();
      (await signIn({ credentials: { username: 'old', password: 'the secret' }, tls })).socket.destroy();
    }
    await admin.end();
    await expect(signIn({ credentials: { username: user, password: 'wrong' } })).rejects.toMatchObject({ code: 'ERR_TARGET_AUTH' });
  });
});

function raise(why: string): never {
  throw new Error(why);
}

/** A client that says what the test wants. */
async function client(
  user: string,
  plugin: string | undefined,
  proof: (nonce: Buffer) => Buffer,
  name = 'test',
): Promise<{ reader: PacketReader; write(payload: Buffer, sequence: number): void; nonce: Buffer; version: string }> {
  const socket = connect({ host: '127.0.0.1', port: gateway.port });
  sockets.push(socket);
  const reader = new PacketReader(socket, 'target', AbortSignal.timeout(20_000));
  const greeting = decodeGreeting((await reader.packet(1000)).payload);
  const capabilities =
    CAPABILITY.PROTOCOL_41 | CAPABILITY.SECURE_CONNECTION | (plugin === undefined ? 0 : CAPABILITY.PLUGIN_AUTH | CAPABILITY.CONNECT_ATTRS);
  const response = encodeHandshakeResponse({
    capabilities,
    collation: 45,
    user,
    proof: proof(greeting.nonce),
    ...(plugin !== undefined && { plugin }),
    attributes: new Map([['_client_name', name]]),
  });
  socket.write(packets(response, 1));
  return {
    reader,
    write: (payload, sequence) => void socket.write(packets(payload, sequence)),
    nonce: greeting.nonce,
    version: greeting.serverVersion,
  };
}

describe('at the gateway', () => {
  test('a native proof is asked for with a switch; the greeting is of the target’s family', async () => {
    for (const plugin of [NATIVE, undefined]) {
      const { reader, write, version } = await client('alice', plugin, (nonce) => nativeProof(TOKEN, nonce));
      expect(version).toContain('MariaDB');
      const request = decodeAuthSwitch((await reader.packet(1000)).payload);
      expect(request?.plugin).toBe(NATIVE);
      write(nativeProof(TOKEN, request?.data.subarray(0, 20) ?? Buffer.alloc(0)), 3);
      expect(await reader.packet(1000)).toMatchObject({ sequence: 4, payload: Buffer.from('00000002000000', 'hex') });
    }
  });

  test('Connector/J, which misreads the other method before a MariaDB, gets the native one', async () => {
    const { reader } = await client('alice', 'caching_sha2_password', () => Buffer.alloc(32), 'MySQL Connector/J');
    expect(decodeAuthSwitch((await reader.packet(1000)).payload)?.plugin).toBe(NATIVE);
  });

  test('a wrong native proof and an unknown user read the same', async () => {
    const sentences = [];
    for (const user of ['alice', 'mallory']) {
      const { reader, write } = await client(user, NATIVE, () => Buffer.alloc(0));
      const nonce = decodeAuthSwitch((await reader.packet(1000)).payload)?.data.subarray(0, 20) ?? Buffer.alloc(0);
      write(nativeProof('sp_wrong', nonce), 3);
      const err = decodeErr((await reader.packet(1000)).payload);
      sentences.push({ ...err, message: err.message.replaceAll(user, 'USER') });
    }
    expect(sentences[0]).toEqual(sentences[1]);
    expect(sentences[0]?.code).toBe(1045);
  });

  test('secrets in clear are not asked for outside TLS', async () => {
    const { reader } = await client('alice', 'mysql_clear_password', () => Buffer.alloc(0));
    expect(decodeErr((await reader.packet(1000)).payload)).toMatchObject({ code: 1045, message: expect.stringContaining('TLS') });
  });

  test('full authentication without TLS gives a key before it takes anything', async () => {
    const { reader, write } = await client('alice', 'caching_sha2_password', (nonce) => cachingSha2Proof(TOKEN, nonce));
    expect((await reader.packet(1000)).payload).toEqual(Buffer.of(1, 4));
    write(Buffer.of(2), 3);
    expect((await reader.packet(1000)).payload.toString()).toContain('BEGIN PUBLIC KEY');
    write(Buffer.alloc(256, 7), 5);
    expect(decodeErr((await reader.packet(1000)).payload).code).toBe(1045);
  });

  test('a client of before MySQL 4.1 is told so', async () => {
    const socket = connect({ host: '127.0.0.1', port: gateway.port });
    sockets.push(socket);
    const reader = new PacketReader(socket, 'target', AbortSignal.timeout(20_000));
    await reader.packet(1000);
    socket.write(packets(Buffer.alloc(40), 1));
    expect(decodeErr((await reader.packet(1000)).payload).message).toContain('older than');
  });
});
