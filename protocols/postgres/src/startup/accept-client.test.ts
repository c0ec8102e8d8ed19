import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { CA_FILE, type HostRecord } from '@sallyport/core/testing';
import pg from 'pg';
import { type PostgresServer, startPostgres } from '../../../../test-fixtures/servers/postgres.ts';
import { startPassThrough } from '../../test/pass-through.ts';
import { testHost } from '../../test/test-host.ts';
import { targetAt } from '../../test/test-target.ts';
import { backendDecoder } from '../codec/decoder.ts';
import { decodeErrorOrNotice } from '../codec/error-fields.ts';
import { encodeStartupMessage, GSSENC_REQUEST_PACKET, SSL_REQUEST_PACKET } from '../codec/startup-packets.ts';

const PORT = 21_020;
const run = promisify(execFile);
const TOKEN = 'sp_right';

/** psql through the gateway: what it printed, or what it complained of. */
async function psql(settings: Record<string, string>, sql = 'SELECT current_user, current_database()', password = TOKEN): Promise<string> {
  const all: Record<string, string> = { host: 'localhost', port: String(PORT), user: 'alice', connect_timeout: '10', ...settings };
  const conninfo = Object.entries(all)
    .map(([name, value]) => `${name}='${value}'`)
    .join(' ');
  try {
    const { stdout, stderr } = await run('psql', [conninfo, '-AtXc', sql], { env: { ...process.env, PGPASSWORD: password } });
    return stdout + stderr;
  } catch (error) {
    return (error as { stderr: string }).stderr;
  }
}

describe('a client signs in', () => {
  let server: PostgresServer;
  let gateway: { stop(): void };
  let record: HostRecord;
  const answer = 'postgres|postgres\n';

  beforeAll(async () => {
    server = await startPostgres({ version: 15, port: 21_021 });
    const target = targetAt(server, { options: { database: 'postgres', databases: ['template1'] } });
    const testing = testHost([target], { alice: ['sp_older', TOKEN], 'bob@example.com': [TOKEN] }, AbortSignal.timeout(300_000));
    record = testing.record;
    gateway = await startPassThrough(PORT, testing.host);
  });
  afterAll(async () => {
    gateway?.stop();
    await server?.stop();
  });
  beforeEach(() => {
    record.admitted.length = 0;
    record.refused.length = 0;
  });

  test.each([
    [{ sslmode: 'disable' }],
    [{}],
    [{ sslmode: 'require', channel_binding: 'require' }],
    [{ sslmode: 'require', channel_binding: 'disable' }],
    [{ sslmode: 'verify-full', sslrootcert: CA_FILE }],
    [{ gssencmode: 'prefer' }],
    [{ dbname: 'alice' }],
    [{ dbname: 'shop-db' }],
    [{ options: '-c search_path=pg_catalog --statement-timeout=60000 -cjit=off', client_encoding: 'SQL_ASCII' }],
    [{ user: 'bob@example.com' }],
  ])('psql with %j', async (settings) => {
    expect(await psql(settings)).toBe(answer);
  });

  test('the settings of psql reach the target, and the facts of the client the host', async () => {
    const asked = { application_name: 'shop', options: '-c search_path=\\"a\\\\ b\\",public' };
    expect(
      await psql(asked, "SELECT current_setting('application_name'), current_setting('search_path'), current_setting('client_encoding')"),
    ).toBe('shop|"a b",public|UTF8\n');
    expect(record.admitted[0]).toMatchObject({
      user: 'alice',
      proof: { method: 'scram', token: TOKEN },
      facts: { application_name: 'shop', database: 'postgres', protocol: '3.0', tls: 'TLSv1.3' },
    });
  });

  test.each([
    [{ dbname: 'shop' }, 'is not open through this gateway'],
    [{ options: '-c role=postgres' }, 'The setting "role" cannot be given at sign-in'],
    [{ options: '-c session_authorization=postgres' }, 'cannot be given at sign-in'],
    [{ options: '--session-preload-libraries=x' }, 'cannot be given at sign-in'],
    [{ options: '-c standard_conforming_strings=off' }, 'stays on'],
    [{ options: '-c client_encoding=SJIS' }, 'set PGCLIENTENCODING=UTF8'],
    [{ client_encoding: 'GB18030' }, 'set PGCLIENTENCODING=UTF8'],
    [{ options: '-O' }, 'The start-up option "-O" does not pass'],
    [{ options: '-c' }, 'does not pass'],
    [{ replication: 'database' }, 'Replication does not pass this gateway'],
    [{ replication: 'true', dbname: 'replication' }, 'Replication does not pass this gateway'],
  ])('psql with %j is refused with a sentence', async (settings, sentence) => {
    expect(await psql(settings)).toContain(sentence);
    expect(record.admitted).toEqual([]);
  });

  test('a listed database', async () => {
    expect(await psql({ dbname: 'template1' })).toBe('postgres|template1\n');
  });

  test('a wrong token and an unknown user get the same words', async () => {
    const wrong = await psql({}, undefined, 'sp_wrong');
    const unknown = await psql({ user: 'mallory' }, undefined, 'sp_wrong');
    expect(wrong).toContain('Password authentication failed for user "alice"');
    expect(unknown.replaceAll('mallory', 'alice')).toBe(wrong);
    expect(record.refused).toHaveLength(4); // psql tries again without TLS
  });

  test('Ctrl-C cancels the query', async () => {
    const client = new pg.Client({ host: 'localhost', port: PORT, user: 'alice', password: TOKEN, database: 'postgres' });
    await client.connect();
    const { processID, secretKey } = client as unknown as { processID: number; secretKey: number };
    const sleep = client.query('SELECT pg_sleep(20)');
    const request = Buffer.alloc(16);
    for (const [index, value] of [16, 80877102, processID, secretKey].entries()) request.writeInt32BE(value, index * 4);
    setTimeout(() => connect(PORT, '127.0.0.1').end(request), 100);
    await expect(sleep).rejects.toMatchObject({ code: '57014' });
    await client.end();
  });

  test('node-postgres, with and without TLS', async () => {
    for (const ssl of [false, { rejectUnauthorized: false }]) {
      const client = new pg.Client({ host: 'localhost', port: PORT, user: 'alice', password: TOKEN, database: 'postgres', ssl });
      await client.connect();
      expect((await client.query('SELECT $1::int AS n', [42])).rows).toEqual([{ n: 42 }]);
      await client.end();
    }
  });
});

/** What an error said: SQLSTATE and message. */
function errorIn(bytes: Buffer): string | undefined {
  for (const frame of backendDecoder().push(bytes)) {
    if (frame.type !== 0x45) continue;
    const { fields } = decodeErrorOrNotice(frame.raw);
    return `${fields.get('C')} ${fields.get('M')}`;
  }
  return undefined;
}

describe('what arrives is not as it should be', () => {
  const port = 21_022;
  const target = targetAt({ host: '127.0.0.1', port: 21_099, user: 'app', password: '' });
  const { host, record } = testHost([target], { alice: [TOKEN] }, AbortSignal.timeout(300_000));
  let gateway: { stop(): void };

  beforeAll(async () => {
    gateway = await startPassThrough(port, host);
  });
  afterAll(() => gateway.stop());

  /** Says bytes, piece after piece, and hears the gateway out. */
  async function say(...pieces: (Buffer | string)[]): Promise<Buffer> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    socket.on('error', () => undefined);
    const heard: Buffer[] = [];
    socket.on('data', (chunk) => heard.push(chunk));
    const closed = once(socket, 'close');
    for (const piece of pieces) {
      socket.write(piece);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await closed;
    return Buffer.concat(heard);
  }
  const startup = (parameters: Record<string, string>, minor = 0): Buffer =>
    encodeStartupMessage(minor, new Map(Object.entries(parameters)));

  test.each([
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n'), "08P01 The client's first packet claims a length of 1195725856"],
    ['length 7', Buffer.from([0, 0, 0, 7, 0, 3, 0]), "08P01 The client's first packet claims a length of 7"],
    ['length 10001', Buffer.from([0, 0, 0x27, 0x11]), "08P01 The client's first packet claims a length of 10001"],
    ['length -1', Buffer.from([255, 255, 255, 255]), "08P01 The client's first packet claims a length of -1"],
    ['protocol 2.0', Buffer.from([0, 0, 0, 8, 0, 2, 0, 0]), '0A000 Unsupported frontend protocol 2.0'],
    ['no user', startup({ database: 'x' }), '28000 The client named no user'],
    [
      'parameters without their end',
      Buffer.concat([Buffer.from([0, 0, 0, 13, 0, 3, 0, 0]), Buffer.from('user\0')]),
      '08P01 The client sent a broken start-up message',
    ],
    [
      'bytes behind SSLRequest',
      Buffer.concat([SSL_REQUEST_PACKET, startup({ user: 'alice' })]),
      '08P01 The client sent unencrypted bytes behind its SSLRequest',
    ],
    ['GSSENCRequest twice', Buffer.concat([GSSENC_REQUEST_PACKET, GSSENC_REQUEST_PACKET]), undefined],
    [
      'a key of two bytes',
      Buffer.from([0, 0, 0, 14, 0x04, 0xd2, 0x16, 0x2e, 0, 0, 0, 1, 9, 9]),
      '08P01 The client sent a CancelRequest with a key of 2 bytes',
    ],
  ])('%s', async (_, bytes, sentence) => {
    const heard = await say(bytes);
    if (sentence === undefined) expect(heard.toString('latin1')).toContain('out of turn');
    else expect(errorIn(heard)).toContain(sentence);
  });

  test('a StartupMessage that comes a byte at a time is a StartupMessage', async () => {
    const bytes = startup({ user: 'alice', database: 'elsewhere' });
    expect(errorIn(await say(...Array.from(bytes, (byte) => Buffer.of(byte))))).toContain('3D000');
  });

  test('random bytes never do more than end the connection', async () => {
    for (let round = 0; round < 20; round += 1) {
      const noise = Buffer.from(Array.from({ length: 50 }, () => Math.floor(Math.random() * 256)));
      noise.writeInt32BE(50, 0);
      noise.writeInt32BE(0x30000, 4);
      await say(noise);
    }
    expect(record.admitted).toEqual([]);
  });

  test('an unknown key is answered as a known one: not at all', async () => {
    expect(await say(Buffer.from([0, 0, 0, 16, 0x04, 0xd2, 0x16, 0x2e, 0, 0, 0, 1, 9, 9, 9, 9]))).toHaveLength(0);
  });

  test.each([
    [9999, { '_pq_.test_protocol_negotiation': '' }, 0x30002],
    [1, {}, 0x30000],
    [2, { '_pq_.x': '' }, 0x30002],
    [0, { '_pq_.x': '' }, 0x30000],
  ])('3.%i with %j is negotiated once', async (minor, extensions, version) => {
    const heard = await say(startup({ user: 'alice', database: 'elsewhere', ...extensions }, minor));
    const frames = [...backendDecoder().push(heard)];
    expect(String.fromCharCode(...frames.map(({ type }) => type))).toBe('vE');
    expect(frames[0]?.raw.readInt32BE(5)).toBe(version);
    expect(frames[0]?.raw.readInt32BE(9)).toBe(Object.keys(extensions).length);
  });

  test.each([[0], [2]])('3.%i needs no negotiation', async (minor) => {
    const heard = await say(startup({ user: 'alice', database: 'elsewhere' }, minor));
    expect(heard[0]).toBe(0x45);
  });

  async function startTls(options: { readonly alpn?: string[] }): Promise<TLSSocket> {
    const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ...(options.alpn && { ALPNProtocols: options.alpn }) });
    await once(socket, 'secureConnect');
    return socket;
  }

  test('direct TLS with ALPN', async () => {
    const socket = await startTls({ alpn: ['postgresql'] });
    socket.write(startup({ user: 'alice', database: 'elsewhere' }));
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    expect(errorIn(chunk)).toContain('3D000');
    socket.destroy();
  });

  test('direct TLS without ALPN, and with another protocol', async () => {
    const socket = await startTls({});
    socket.on('error', () => undefined);
    await once(socket, 'close');
    await expect(startTls({ alpn: ['http/1.1'] })).rejects.toThrow();
  });

  test('a client that leaves in the middle of the handshake gives its place back', async () => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    socket.write(SSL_REQUEST_PACKET);
    await once(socket, 'data');
    socket.end(Buffer.from([0x16, 3, 1, 0, 200, 1])); // the head of a ClientHello
    socket.resume();
    await once(socket, 'end');
  });

  test('a CancelRequest inside TLS is answered by the end', async () => {
    const socket = await startTls({ alpn: ['postgresql'] });
    socket.resume();
    socket.write(Buffer.from([0, 0, 0, 16, 0x04, 0xd2, 0x16, 0x2e, 0, 0, 0, 1, 9, 9, 9, 9]));
    await once(socket, 'end');
    socket.destroy();
  });

  test('a SSLRequest inside TLS', async () => {
    const socket = await startTls({ alpn: ['postgresql'] });
    socket.write(SSL_REQUEST_PACKET);
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    expect(errorIn(chunk)).toContain('out of turn');
    socket.destroy();
  });

  test('an unreachable target is one sentence, behind a sign-in that went well', async () => {
    const failure = new pg.Client({ host: '127.0.0.1', port, user: 'alice', password: TOKEN }).connect();
    await expect(failure).rejects.toMatchObject({
      code: '08001',
      message: expect.stringContaining('The target shop-db cannot be reached at 127.0.0.1:21099'),
    });
  });
});

describe('deadlines, several targets, other ways to sign in', () => {
  const shop = targetAt({ host: '127.0.0.1', port: 21_099, user: 'app', password: '' });
  const stock = { ...shop, name: 'stock-db', options: { sign_in: 'password' } };

  test('a silent client is told when the time is over', async () => {
    const deadline = new AbortController();
    const gateway = await startPassThrough(21_023, testHost([shop], {}, deadline.signal).host);
    const silent = connect(21_023, '127.0.0.1');
    await once(silent, 'connect');
    const { GatewayError } = await import('@sallyport/core');
    setTimeout(() => deadline.abort(new GatewayError('ERR_ENDED', 'Sign-in took too long.')), 50);
    const [chunk] = (await once(silent, 'data')) as [Buffer];
    expect(errorIn(chunk)).toBe('57P01 Sign-in took too long.');
    await once(silent, 'close');
    gateway.stop();
  });

  test('where targets share a listener the user name picks one; a password goes only through TLS', async () => {
    const { host, record } = testHost([shop, stock], { 'alice@example.com': [TOKEN] });
    const gateway = await startPassThrough(21_024, host);
    const signIn = (user: string, password: string, ssl: boolean): Promise<unknown> =>
      new pg.Client({
        host: '127.0.0.1',
        port: 21_024,
        user,
        password,
        database: user,
        ssl: ssl && { rejectUnauthorized: false },
      }).connect();
    await expect(signIn('alice', TOKEN, true)).rejects.toMatchObject({ code: '28000', message: expect.stringContaining('alice@TARGET') });
    await expect(signIn('alice@nowhere', TOKEN, true)).rejects.toMatchObject({ code: '28000' });
    await expect(signIn('alice@example.com@shop-db', TOKEN, false)).rejects.toMatchObject({ code: '08001' });
    await expect(signIn('alice@example.com@stock-db', TOKEN, false)).rejects.toMatchObject({
      code: '28P01',
      message: expect.stringContaining('sslmode=require'),
    });
    await expect(signIn('alice@example.com@stock-db', 'wrong', true)).rejects.toMatchObject({ code: '28P01' });
    await expect(signIn('alice@example.com@stock-db', TOKEN, true)).rejects.toMatchObject({ code: '08001' });
    expect(record.admitted.map(({ target, proof }) => [target.name, proof.method])).toEqual([
      ['shop-db', 'scram'],
      ['stock-db', 'password'],
    ]);
    gateway.stop();
  });

  test('whom only an identity provider may know is asked for the secret itself, inside TLS alone', async () => {
    const { host, record } = testHost([shop], { 'ann@example.com': ['a.jwt.signed'] });
    const scram = async (user: string) => ({ ...(await host.scram(user)), vouched: true });
    const gateway = await startPassThrough(21_026, { ...host, scram });
    const signIn = (password: string, ssl: boolean): Promise<unknown> =>
      new pg.Client({
        host: '127.0.0.1',
        port: 21_026,
        user: 'ann@example.com',
        password,
        ssl: ssl && { rejectUnauthorized: false },
      }).connect();
    await expect(signIn('a.jwt.signed', false)).rejects.toMatchObject({
      code: '28P01',
      message: expect.stringContaining('sslmode=require'),
    });
    await expect(signIn('another', true)).rejects.toMatchObject({ code: '28P01' });
    await expect(signIn('a.jwt.signed', true)).rejects.toMatchObject({ code: '08001' }); // signed in; no target is there
    expect(record.admitted.map(({ proof }) => proof.method)).toEqual(['password']);
    gateway.stop();
  });

  test('a notice while access is asked for does not disturb the sign-in', async () => {
    const { host } = testHost([shop], { alice: [TOKEN] }, undefined, async (signIn) => {
      signIn.notice?.('approval ap_1 asked of leads');
      await new Promise((resolve) => setTimeout(resolve, 20));
    });
    const gateway = await startPassThrough(21_025, host);
    const told = await psql({ port: '21025', sslmode: 'require' });
    expect(told).toContain('cannot be reached');
    gateway.stop();
  });
});
