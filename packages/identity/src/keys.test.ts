import { execFileSync } from 'node:child_process';
import { createPublicKey, sign, verify, X509Certificate } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type AddressInfo, isIP } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkServerIdentity, connect, createServer } from 'node:tls';
import { defaultNames, type Keys, openKeys } from './keys.ts';
import { readCertificate, type ServerCertificate } from './server-certificate.ts';

const DAY_MS = 24 * 3_600_000;
let home: string;
let keys: Keys;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'sallyport-keys-'));
  keys = await openKeys(home);
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** A handshake as a careful client makes it. Rejects with the client's error. */
async function verifyFull(server: ServerCertificate, ca: string, name: string): Promise<void> {
  const listener = createServer({ key: server.key, cert: server.cert }, (socket) => socket.end());
  listener.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const { port } = listener.address() as AddressInfo;
  try {
    await new Promise<void>((resolve, reject) => {
      const servername = isIP(name) ? '' : name;
      const socket = connect({
        port,
        host: '127.0.0.1',
        servername,
        ca,
        checkServerIdentity: (_, cert) => checkServerIdentity(name, cert),
      });
      socket.once('error', reject);
      socket.once('secureConnect', () => {
        socket.destroy();
        resolve();
      });
    });
  } finally {
    listener.close();
  }
}

test('secrets are readable by their owner alone, public parts by all', () => {
  const folder = join(home, 'keys');
  const mode = (name: string) => (statSync(join(folder, name)).mode & 0o777).toString(8);
  expect(mode('.')).toBe('700');
  expect(['listener-ca.pem', 'evidence.pem', 'server-secret'].map(mode)).toEqual(['600', '600', '600']);
  expect(['ca.pem', 'evidence.pub'].map(mode)).toEqual(['644', '644']);
  expect(readFileSync(keys.caFile, 'utf8')).not.toContain('PRIVATE');
});

test('a second start finds the same keys', async () => {
  const again = await openKeys(home);
  expect(again.secret('fingerprint')).toEqual(keys.secret('fingerprint'));
  expect(again.evidence.publicKey.equals(keys.evidence.publicKey)).toBe(true);
  expect(readFileSync(again.caFile, 'utf8')).toBe(readFileSync(keys.caFile, 'utf8'));
});

test('derived secrets are 32 bytes and independent of each other', () => {
  const secrets = (['token-salt', 'fingerprint', 'mask-hash', 'mask-token'] as const).map((label) => keys.secret(label).toString('hex'));
  expect(new Set(secrets).size).toBe(4);
  for (const secret of secrets) expect(secret).toHaveLength(64);
});

test('the evidence key signs, and its public file verifies', () => {
  const signature = sign(null, Buffer.from('seal'), keys.evidence.privateKey);
  expect(verify(null, Buffer.from('seal'), createPublicKey(readFileSync(keys.evidence.publicFile)), signature)).toBe(true);
});

test('starters at once agree on every key and leave nothing half made', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'sallyport-keys-'));
  try {
    const starters = await Promise.all([openKeys(dir), openKeys(dir), openKeys(dir)]);
    const seen = starters.map((one) => [
      one.secret('token-salt').toString('hex'),
      one.evidence.publicKey.export({ type: 'spki', format: 'pem' }),
      readFileSync(one.caFile, 'utf8'),
    ]);
    expect(new Set(seen.map((one) => JSON.stringify(one))).size).toBe(1);
    expect(readdirSync(join(dir, 'keys')).sort()).toEqual(['ca.pem', 'evidence.pem', 'evidence.pub', 'listener-ca.pem', 'server-secret']);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test.each(['listener-ca.pem', 'evidence.pem', 'server-secret'])('a damaged or shared %s is named, and never made anew', async (name) => {
  const dir = mkdtempSync(join(tmpdir(), 'sallyport-keys-'));
  const file = join(dir, 'keys', name);
  try {
    await openKeys(dir);
    chmodSync(file, 0o640);
    await expect(openKeys(dir)).rejects.toMatchObject({ code: 'ERR_CONFIG', message: expect.stringContaining(`chmod 600 ${file}`) });
    chmodSync(file, 0o600);
    writeFileSync(file, readFileSync(file, 'utf8').slice(0, 20));
    await expect(openKeys(dir)).rejects.toMatchObject({ code: 'ERR_CONFIG', message: expect.stringContaining(file) });
    expect(readFileSync(file, 'utf8')).toHaveLength(20);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

describe('the gateway’s own certificate', () => {
  const names = ['gateway.example.com', 'localhost', '127.0.0.1', '::1'];

  test('passes verify-full under each of its names, and under no other', async () => {
    const server = await keys.serverCertificate(names);
    const ca = readFileSync(keys.caFile, 'utf8');
    for (const name of names) await verifyFull(server, ca, name);
    await expect(verifyFull(server, ca, 'evil.example.com')).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
  });

  test('is refused by who trusts another CA', async () => {
    const other = readFileSync(keys.caFile, 'utf8');
    const dir = mkdtempSync(join(tmpdir(), 'sallyport-keys-'));
    try {
      const server = await (await openKeys(dir)).serverCertificate(['localhost']);
      await expect(verifyFull(server, other, 'localhost')).rejects.toMatchObject({
        code: expect.stringMatching(/UNABLE|SELF_SIGNED|SIGNATURE/),
      });
    } finally {
      rmSync(dir, { recursive: true });
    }
  });

  test('satisfies the strict checks of OpenSSL, for a server', async () => {
    const server = await keys.serverCertificate(names);
    const leaf = join(home, 'leaf.pem');
    writeFileSync(leaf, new X509Certificate(server.cert).toString());
    const verdict = execFileSync('openssl', [
      'verify',
      '-x509_strict',
      '-purpose',
      'sslserver',
      '-verify_hostname',
      'localhost',
      '-CAfile',
      keys.caFile,
      leaf,
    ]);
    expect(verdict.toString()).toContain('OK');
    const text = execFileSync('openssl', ['x509', '-in', keys.caFile, '-noout', '-text']).toString();
    expect(text).toMatch(/Basic Constraints: critical\s+CA:TRUE, pathlen:0/);
    expect(text).toMatch(/Key Usage: critical\s+Certificate Sign, CRL Sign/);
  });

  test('is cached, 398 days at most, and made anew for other names or shortly before its end', async () => {
    const first = await keys.serverCertificate(names);
    expect((await keys.serverCertificate(names)).cert).toBe(first.cert);
    expect((await keys.serverCertificate(names)).key).toBe(first.key);
    expect(statSync(join(home, 'keys', 'listener.pem')).mode & 0o777).toBe(0o600);
    const leaf = new X509Certificate(first.cert);
    expect(leaf.validToDate.getTime() - leaf.validFromDate.getTime()).toBeLessThanOrEqual(398 * DAY_MS);
    expect((await keys.serverCertificate(names, first.notAfter - 31 * DAY_MS)).cert).toBe(first.cert);
    const renewed = await keys.serverCertificate(names, first.notAfter - 30 * DAY_MS);
    expect(renewed.notAfter).toBeGreaterThan(first.notAfter);
    expect((await keys.serverCertificate(['localhost'])).cert).not.toBe(renewed.cert);
  });

  test('has the default names of this machine', () => {
    expect(defaultNames()).toEqual(expect.arrayContaining(['localhost', '127.0.0.1', '::1']));
  });
});

describe('a certificate of one’s own', () => {
  const make = (name: string, ...args: string[]) => {
    const files = { cert: join(home, `${name}.crt`), key: join(home, `${name}.key`) };
    execFileSync('openssl', ['req', '-x509', '-nodes', '-subj', '/CN=own', '-keyout', files.key, '-out', files.cert, ...args], {
      stdio: 'pipe',
    });
    return files;
  };
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384'];
  const digest = (file: string, hash: string) =>
    execFileSync('openssl', ['x509', '-in', file, '-noout', '-fingerprint', `-${hash}`])
      .toString()
      .replace(/^.*=|:|\s+$/g, '')
      .replaceAll(':', '')
      .toLowerCase();

  test.each([
    ['RSA with SHA-256', ['-newkey', 'rsa:2048', '-sha256'], 'sha256'],
    ['RSA with SHA-1', ['-newkey', 'rsa:2048', '-sha1'], 'sha256'],
    ['RSA-PSS with SHA-512', ['-newkey', 'rsa:2048', '-sha512', '-sigopt', 'rsa_padding_mode:pss'], 'sha512'],
    ['ECDSA with SHA-384', [...ec, '-sha384'], 'sha384'],
  ])('signed by %s gets the end point hash of RFC 5929', async (name, args, hash) => {
    const files = make(name.replaceAll(' ', '-'), ...args);
    expect((await readCertificate(files, Date.now())).hash.toString('hex')).toBe(digest(files.cert, hash));
  });

  test('is refused with the file’s name when it cannot serve', async () => {
    const good = make('good', ...ec);
    const other = make('other', ...ec);
    const refused = (files: typeof good, words: string, now = Date.now()) =>
      expect(readCertificate(files, now)).rejects.toMatchObject({ code: 'ERR_CONFIG', message: expect.stringContaining(words) });
    await refused({ ...good, cert: join(home, 'none.crt') }, `tls.cert: cannot read ${join(home, 'none.crt')} (ENOENT)`);
    await refused({ cert: good.cert, key: other.key }, `tls.key: ${other.key} is not the key of the first certificate`);
    await refused({ cert: good.key, key: good.key }, 'holds no PEM certificate');
    await refused({ cert: good.cert, key: good.cert }, 'holds no PEM private key');
    await refused(good, 'expired at', Date.now() + 40 * DAY_MS);
    await refused(make('edwards', '-newkey', 'ed25519'), 'channel binding is undefined');
  });
});
