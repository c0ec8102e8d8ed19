import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type SshSite, startSshSite } from './ssh-site.ts';

const run = promisify(execFile);
let folder: string;
let site: SshSite;
const keygen = (...args: readonly string[]): Promise<unknown> => run('ssh-keygen', ['-q', ...args], { cwd: folder });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-certificates-'));
  for (const [name, type] of [
    ['ca', 'ed25519'],
    ['other-ca', 'ed25519'],
    ['rsa-ca', 'rsa'],
    ['ed', 'ed25519'],
    ['ec', 'ecdsa'],
    ['rsa', 'rsa'],
  ] as const)
    await keygen('-t', type, '-N', '', '-f', name);
  const authorities = await Promise.all(['ca', 'rsa-ca'].map(async (name) => (await readFile(join(folder, `${name}.pub`), 'utf8')).trim()));
  site = await startSshSite({ authorities });
});
afterAll(async () => {
  await site?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Signs a key and signs in with the certificate. */
async function signIn(key: string, ca: string, ...flags: readonly string[]) {
  await keygen('-s', ca, '-I', 'a test', ...flags, `${key}.pub`);
  const options = site.options.map((each) => (each === site.key ? join(folder, key) : each));
  return site.program('ssh', [
    '-p',
    String(site.port),
    ...options,
    '-o',
    `CertificateFile=${join(folder, `${key}-cert.pub`)}`,
    'alice@127.0.0.1',
    'echo in',
  ]);
}

test.each([
  ['ed', 'ca'],
  ['ec', 'ca'],
  ['rsa', 'ca'],
  ['ed', 'rsa-ca'],
])('a certificate for the key %s by the CA %s signs in', async (key, ca) => {
  expect(await signIn(key, ca, '-n', 'alice,root', '-V', '+1h')).toMatchObject({ code: 0, stdout: 'in\n' });
  expect((await site.lastSession()).facts).toMatchObject({ sign_in: 'publickey' });
});

test.each([
  ['by another CA', 'other-ca', ['-n', 'alice'], 'is not among identity.ssh_cas'],
  ['that has expired', 'ca', ['-n', 'alice', '-V', '20200101:20200102'], 'it expired at 2020-01-0'],
  ['that is not valid yet', 'ca', ['-n', 'alice', '-V', '20900101:20900102'], 'it is not valid before 20'],
  ['for somebody else', 'ca', ['-n', 'bob'], 'alice is not among its principals (bob)'],
  ['for nobody', 'ca', [], 'it names none, which would let anybody in'],
  ['of a host', 'ca', ['-h', '-n', 'alice'], 'it is a host certificate'],
  [
    'from elsewhere',
    'ca',
    ['-n', 'alice', '-O', 'source-address=192.0.2.0/24'],
    'only good from 192.0.2.0/24, and you come from 127.0.0.1',
  ],
  ['that forces a command', 'ca', ['-n', 'alice', '-O', 'force-command=true'], 'critical option force-command'],
] as const)('a certificate %s is refused with the reason', async (_, ca, flags, reason) => {
  const { code, stderr } = await signIn('ed', ca, ...flags);
  expect([code, stderr]).toEqual([255, expect.stringContaining('Permission denied')]);
  // ssh refuses a host's certificate by itself.
  if (!flags.includes('-h' as never)) expect(stderr).toContain(reason);
});

test('a certificate from the right place signs in', async () => {
  expect(await signIn('ed', 'ca', '-n', 'alice', '-O', 'source-address=127.0.0.0/8,::1/128')).toMatchObject({ code: 0 });
});

test('the gateway signs in at a target with a certificate of its own', async () => {
  await keygen('-s', 'ca', '-I', 'gateway', '-n', site.sshd.user, 'ed.pub');
  const [key, certificate] = await Promise.all(['ed', 'ed-cert.pub'].map((name) => readFile(join(folder, name), 'utf8')));
  const other = await startSshSite({
    credentials: ', certificate: "${file:./gateway-cert.pub}"',
    files: { 'gateway-cert.pub': certificate ?? '' },
    targetKey: key,
    sshdConfig: ['AuthorizedKeysFile none', `TrustedUserCAKeys ${join(folder, 'ca.pub')}`],
  });
  try {
    expect(await other.ssh(['alice@127.0.0.1', 'echo certified'])).toMatchObject({ code: 0, stdout: 'certified\n' });
  } finally {
    await other.stop();
  }
});
