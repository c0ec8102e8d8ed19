import { spawnSync } from 'node:child_process';
import { writeSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ForwardSite, type Seen, startForwardSite } from './forward-site.ts';

let site: ForwardSite;
let alice: string;

beforeAll(async () => {
  site = await startForwardSite();
  alice = await site.token('alice');
}, 60_000);
afterAll(() => site.stop(), 30_000);

const here = (name: string): string => fileURLToPath(new URL(`forward-clients/${name}`, import.meta.url));
const has = (program: string, ...args: readonly string[]): boolean => spawnSync(program, args, { stdio: 'ignore' }).status === 0;
const url = (): string => `https://localhost:${site.ports.https}/from/client`;

/** Runs a client that prints what the server says it was asked. */
async function reaches(program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<void> {
  const proxy = site.proxy(alice);
  const { code, stdout, stderr } = await site.program(program, args, {
    HTTPS_PROXY: proxy,
    https_proxy: proxy,
    NO_PROXY: '',
    no_proxy: '',
    ...env,
  });
  if (code !== 0) throw new Error(stderr);
  const seen = JSON.parse(stdout) as Seen;
  expect(seen).toMatchObject({ url: '/from/client', signedIn: true });
}

/** Where the machine lacks a program there is nothing to try, and the run says so. */
function where(there: boolean, what: string): typeof test {
  if (!there) writeSync(2, `NOT TRIED through the forward proxy: ${what} is not installed here.\n`);
  return there ? test : test.skip;
}

test.each([
  ['fetch', 'console.log(await (await fetch(process.env.ASKED)).text())'],
  ['https', "import https from 'node:https'; https.get(process.env.ASKED, (answer) => answer.pipe(process.stdout))"],
])('Node.js: %s, with NODE_USE_ENV_PROXY and NODE_EXTRA_CA_CERTS', async (_, program) => {
  await reaches(process.execPath, ['--input-type=module', '-e', program], {
    ...{ ASKED: url(), NODE_USE_ENV_PROXY: '1', NODE_EXTRA_CA_CERTS: site.ca, NODE_OPTIONS: '' },
  });
});

where(has('python3', '-c', 'import ssl'), 'Python')('Python: urllib, with SSL_CERT_FILE', async () => {
  await reaches('python3', [here('client.py'), url(), 'urllib'], { SSL_CERT_FILE: site.ca });
});

where(has('python3', '-c', 'import requests'), "Python's requests")('Python: requests, with REQUESTS_CA_BUNDLE', async () => {
  await reaches('python3', [here('client.py'), url(), 'requests'], { REQUESTS_CA_BUNDLE: site.ca });
});

where(has('java', '-version') && has('keytool', '-help'), 'Java')('Java: HttpClient, with a trust store', async () => {
  const store = join(site.folder, 'trusted.p12');
  const { code, stderr } = await site.program('keytool', [
    ...['-importcert', '-noprompt', '-alias', 'sallyport', '-file', site.ca, '-keystore', store, '-storetype', 'PKCS12'],
    ...['-storepass', 'changeit'],
  ]);
  expect([code, stderr]).toEqual([0, expect.any(String)]);
  await reaches('java', [
    '-Djdk.http.auth.tunneling.disabledSchemes=',
    ...[`-Djavax.net.ssl.trustStore=${store}`, '-Djavax.net.ssl.trustStorePassword=changeit'],
    ...[here('Client.java'), url(), String(site.port), 'alice', alice],
  ]);
});

where(has('go', 'version'), 'Go')('Go: net/http, with SSL_CERT_FILE', async () => {
  const program = join(site.folder, 'go-client');
  expect(await site.program('go', ['build', '-o', program, here('client.go')])).toMatchObject({ code: 0 });
  await reaches(program, [url(), site.proxy(alice)], { SSL_CERT_FILE: site.ca });
  // TLS with the proxy, too.
  const both = join(site.folder, 'both-cas.pem');
  await writeFile(both, (await readFile(site.ca, 'utf8')) + (await site.run(['ca'])).stdout);
  await reaches(program, [url(), site.proxy(alice).replace('http:', 'https:')], { SSL_CERT_FILE: both });
});

where(has('git', '--version'), 'git')('git clones and pushes, with http.proxy and GIT_SSL_CAINFO', async () => {
  const work = join(site.folder, 'work');
  const git = async (args: readonly string[]): Promise<string> => {
    const settings = [`http.proxy=${site.proxy(alice)}`, 'user.name=alice', 'user.email=alice@example.com'];
    const env = { GIT_CONFIG_GLOBAL: '/dev/null', GIT_TERMINAL_PROMPT: '0', GIT_SSL_CAINFO: site.ca, NO_PROXY: '', no_proxy: '' };
    const { code, stdout, stderr } = await site.program('git', [...settings.flatMap((setting) => ['-c', setting]), ...args], env);
    if (code !== 0) throw new Error(stderr);
    return stdout;
  };
  await git(['clone', `https://localhost:${site.ports.git}/repository.git`, work]);
  await mkdir(work, { recursive: true });
  await writeFile(join(work, 'file'), 'content');
  await git(['-C', work, 'add', '.']);
  await git(['-C', work, 'commit', '-q', '-m', 'one']);
  await git(['-C', work, 'push', '-q', 'origin', 'HEAD:refs/heads/main']);
  const [pushed, own] = [await git(['-C', work, 'ls-remote', 'origin', 'refs/heads/main']), await git(['-C', work, 'rev-parse', 'HEAD'])];
  expect(pushed.split('\t')[0]).toBe(own.trim());
});
