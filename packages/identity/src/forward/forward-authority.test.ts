import { execFileSync, spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Keys, openKeys } from '../keys.ts';
import type { ForwardAuthority } from './forward-authority.ts';

const DAY_MS = 24 * 3_600_000;
const HOSTS = ['api.github.com', '*.example.com', '192.0.2.7', '2001:db8::7'];
let home: string;
let keys: Keys;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'sallyport-forward-'));
  keys = await openKeys(home);
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** What OpenSSL says of a host's certificate, as strictly as it can. */
async function verdict(authority: ForwardAuthority, host: string, ca = authority.caFile): Promise<string> {
  const { cert } = await authority.certificate(host);
  const leaf = join(home, 'leaf.pem');
  writeFileSync(leaf, cert as string);
  const name = /^[\d.]+$|:/.test(host) ? '-verify_ip' : '-verify_hostname';
  const args = ['verify', '-x509_strict', '-purpose', 'sslserver', name, host, '-CAfile', ca, '-untrusted', leaf, leaf];
  const { stdout, stderr } = spawnSync('openssl', args, { encoding: 'utf8' });
  return stdout.includes(': OK') ? 'ok' : (/error \d+ at .*: (.*)/.exec(stderr)?.[1] ?? stderr);
}

test('is not made before somebody asks for it', () => {
  expect(existsSync(join(home, 'keys', 'forward-ca-key.pem'))).toBe(false);
});

test.each(['api.github.com', 'deep.api.github.com', 'a.example.com', 'b.c.example.com', '192.0.2.7', '2001:db8::7'])(
  'a certificate for %s, which it may sign for, is good',
  async (host) => {
    expect(await verdict(await keys.forwardAuthority({ hosts: HOSTS }), host)).toBe('ok');
  },
);

test.each(['example.com', 'evil.com', 'xapi.github.com', 'api.github.com.evil.com', 'notexample.com', '192.0.2.8', '2001:db8::8'])(
  'one for %s is refused by OpenSSL, whoever has signed it',
  async (host) => {
    expect(await verdict(await keys.forwardAuthority({ hosts: HOSTS }), host)).toBe('permitted subtree violation');
  },
);

test('where no address is listed, none is good; where no name is, none is', async () => {
  const names = await keys.forwardAuthority({ hosts: ['api.github.com'] });
  expect(await verdict(names, '192.0.2.7')).toBe('excluded subtree violation');
  expect(await verdict(names, '2001:db8::7')).toBe('excluded subtree violation');
  const addresses = await keys.forwardAuthority({ hosts: ['192.0.2.7'] });
  expect(await verdict(addresses, '192.0.2.7')).toBe('ok');
  expect(await verdict(addresses, 'api.github.com')).toBe('permitted subtree violation');
});

test('the CA signs leaves for servers and nothing else, for 90 days', async () => {
  const { caFile, notAfter } = await keys.forwardAuthority({ hosts: HOSTS });
  const text = execFileSync('openssl', ['x509', '-in', caFile, '-noout', '-text']).toString();
  expect(text).toMatch(/Basic Constraints: critical\s+CA:TRUE, pathlen:0/);
  expect(text).toMatch(/Key Usage: critical\s+Certificate Sign\n/);
  expect(text).toMatch(
    /Name Constraints: critical\s+Permitted:\s+DNS:api\.github\.com\s+DNS:\.example\.com\s+IP:192\.0\.2\.7\/255\.255\.255\.255/,
  );
  expect(text).toMatch(/X509v3 Subject Key Identifier/);
  expect(text).toMatch(/X509v3 Authority Key Identifier/);
  const { validFromDate } = new X509Certificate(readFileSync(caFile));
  expect(notAfter - validFromDate.getTime()).toBeLessThanOrEqual(90 * DAY_MS + 3_600_000);
  const mode = (name: string) => (statSync(join(home, 'keys', name)).mode & 0o777).toString(8);
  expect([mode('forward-ca-key.pem'), mode('forward-ca.pem')]).toEqual(['600', '644']);
});

test('a leaf is for one host, one week and a server, and comes again from memory', async () => {
  const authority = await keys.forwardAuthority({ hosts: HOSTS });
  const now = Date.now();
  const first = await authority.certificate('api.github.com', now);
  const leaf = new X509Certificate(first.cert as string);
  expect(leaf.subjectAltName).toBe('DNS:api.github.com');
  expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
  expect(leaf.validToDate.getTime() - now).toBeLessThanOrEqual(7 * DAY_MS);
  expect((first.cert as string).match(/BEGIN CERTIFICATE/g)).toHaveLength(1);
  expect(await authority.certificate('api.github.com', now + 5 * DAY_MS)).toBe(first);
  expect(await authority.certificate('api.github.com', now + 6 * DAY_MS)).not.toBe(first);
  expect((await authority.certificate('a.example.com', now)).key).toBe(first.key);
});

test('the oldest of many certificates is forgotten, not the one in use', async () => {
  const authority = await keys.forwardAuthority({ hosts: ['*.example.com'] });
  const used = await authority.certificate('used.example.com');
  const idle = await authority.certificate('idle.example.com');
  for (let at = 0; at < 999; at += 1) {
    await authority.certificate(`h${at}.example.com`);
    await authority.certificate('used.example.com');
  }
  expect(await authority.certificate('used.example.com')).toBe(used);
  expect(await authority.certificate('idle.example.com')).not.toBe(idle);
});

test('the certificate is made anew for other hosts and with less than 30 days left; the key stays', async () => {
  const first = await keys.forwardAuthority({ hosts: HOSTS });
  const cert = readFileSync(first.caFile, 'utf8');
  const old = join(home, 'old-ca.pem');
  writeFileSync(old, cert);
  await keys.forwardAuthority({ hosts: HOSTS }, first.notAfter - 31 * DAY_MS);
  expect(readFileSync(first.caFile, 'utf8')).toBe(cert);
  const renewed = await keys.forwardAuthority({ hosts: HOSTS }, first.notAfter - 30 * DAY_MS);
  expect(renewed.notAfter).toBeGreaterThan(first.notAfter);
  expect(readFileSync(first.caFile, 'utf8')).not.toBe(cert);
  const other = await keys.forwardAuthority({ hosts: [...HOSTS, 'new.test'] });
  const made = new X509Certificate(readFileSync(other.caFile));
  expect(made.publicKey.equals(new X509Certificate(cert).publicKey)).toBe(true);
  // Who trusts the certificate of before goes on doing so, for what it was for.
  expect(await verdict(other, 'api.github.com', old)).toBe('ok');
  expect(await verdict(other, 'new.test', old)).toBe('permitted subtree violation');
  expect(await verdict(other, 'new.test')).toBe('ok');
});

test('starters at once agree on the key; one that is damaged is named and never made anew', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'sallyport-forward-'));
  try {
    const one = await openKeys(dir);
    const made = await Promise.all([one.forwardAuthority({ hosts: HOSTS }), one.forwardAuthority({ hosts: HOSTS })]);
    expect(await verdict(made[0], 'api.github.com')).toBe('ok');
    expect(await verdict(made[1], 'api.github.com')).toBe('ok');
    const file = join(dir, 'keys', 'forward-ca-key.pem');
    writeFileSync(file, readFileSync(file, 'utf8').slice(0, 60));
    await expect(one.forwardAuthority({ hosts: HOSTS })).rejects.toMatchObject({
      code: 'ERR_CONFIG',
      message: expect.stringContaining(file),
    });
    expect(readFileSync(file, 'utf8')).toHaveLength(60);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

describe('a company’s intermediate', () => {
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'pipe', cwd: home });
  const request = (name: string, ...args: string[]) =>
    openssl(
      'req',
      '-nodes',
      '-utf8',
      '-subj',
      `/O=Käse & Söhne, Inc/OU=one+CN=${name}`,
      '-multivalue-rdn',
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.csr`,
      ...args,
    );
  const issue = (name: string, extensions: string, ...args: string[]) => {
    writeFileSync(join(home, 'extensions'), extensions);
    openssl(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      '-CA',
      'root.crt',
      '-CAkey',
      'root.key',
      '-extfile',
      'extensions',
      '-out',
      `${name}.crt`,
      ...args,
    );
    return { cert: join(home, `${name}.crt`), key: join(home, `${name}.key`) };
  };
  const CA =
    'basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid';

  beforeAll(() => {
    openssl(
      'req',
      '-x509',
      '-nodes',
      '-newkey',
      'rsa:2048',
      '-subj',
      '/CN=root',
      '-addext',
      'keyUsage=critical,keyCertSign',
      '-keyout',
      'root.key',
      '-out',
      'root.crt',
    );
  });

  test('signs; clients that trust the root get the chain', async () => {
    request('between', '-newkey', 'rsa:2048');
    const own = issue('between', CA);
    const authority = await keys.forwardAuthority({ hosts: HOSTS, own });
    expect(authority.caFile).toBe(own.cert);
    expect(await verdict(authority, 'api.github.com', join(home, 'root.crt'))).toBe('ok');
    const leaf = new X509Certificate((await authority.certificate('api.github.com')).cert as string);
    expect(leaf.checkIssued(new X509Certificate(readFileSync(own.cert)))).toBe(true);
  });

  test('keeps its own name and key identifier, however they are written', async () => {
    request('odd', '-newkey', 'rsa:2048');
    const own = issue('odd', CA.replace('=hash', '=0102030405'));
    expect(await verdict(await keys.forwardAuthority({ hosts: HOSTS, own }), 'api.github.com', join(home, 'root.crt'))).toBe('ok');
  });

  test('that cannot sign is refused with the file’s name', async () => {
    const refused = (own: { cert: string; key: string }, words: string, now = Date.now()) =>
      expect(keys.forwardAuthority({ hosts: HOSTS, own }, now)).rejects.toMatchObject({
        code: 'ERR_CONFIG',
        message: expect.stringContaining(words),
      });
    request('leaf', '-newkey', 'rsa:2048');
    await refused(issue('leaf', 'basicConstraints=CA:FALSE'), 'forward_ca.cert: the first certificate');
    await refused(issue('leaf', 'basicConstraints=CA:TRUE\nkeyUsage=digitalSignature'), 'is no CA');
    const good = issue('leaf', CA);
    await refused({ ...good, key: join(home, 'root.key') }, 'forward_ca.key:');
    await refused(good, 'forward_ca.cert:', Date.now() + 40 * DAY_MS);
    request('curve', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256');
    await refused(issue('curve', CA), 'is no RSA key');
  });
});
