import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ForwardSite, type Seen, startForwardSite } from './forward-site.ts';
import type { Outcome } from './site.ts';

let site: ForwardSite;
let alice: string;

beforeAll(async () => {
  site = await startForwardSite();
  alice = await site.token('alice');
}, 60_000);
afterAll(() => site.stop(), 30_000);
beforeEach(() => {
  site.reached.length = 0;
});

/** curl through the forward proxy. @param secret undefined: without signing in */
function curl(url: string, args: readonly string[] = [], secret: string | undefined = alice): Promise<Outcome> {
  const proxy = secret === undefined || secret === '' ? `http://127.0.0.1:${site.port}` : site.proxy(secret);
  return site.program('curl', ['-sS', '--noproxy', '', '--proxy', proxy, '--cacert', site.ca, ...args, url]);
}

const seen = ({ stdout }: Outcome): Seen => JSON.parse(stdout) as Seen;

describe('curl', () => {
  test.each([['--http1.1'], ['--http2']])(
    'reaches a listed host with %s; the credential is the gateway’s, and the proxy’s own goes no further',
    async (version) => {
      const got = await curl(`https://localhost:${site.ports.https}/a?b=c`, [version, '-H', 'authorization: Bearer of-the-client']);
      expect(got).toMatchObject({ code: 0, stderr: '' });
      const { headers, url } = seen(got);
      expect(url).toBe('/a?b=c');
      expect(headers).toMatchObject({ host: `localhost:${site.ports.https}`, authorization: 'Bearer the-service-token' });
      expect(Object.keys(headers)).not.toContain('proxy-authorization');
      expect(JSON.stringify(headers)).not.toContain(alice);
    },
  );

  test('reaches an address in place of a name', async () => {
    expect(await curl(`https://127.0.0.1:${site.ports.https}/`)).toMatchObject({ code: 0, stderr: '' });
  });

  test('signs in when it is challenged, with a bearer token, or over TLS with the proxy', async () => {
    const url = `https://localhost:${site.ports.https}/`;
    expect(await curl(url, ['--proxy-anyauth'])).toMatchObject({ code: 0, stderr: '' });
    expect(await curl(url, ['--proxy-header', `proxy-authorization: Bearer ${alice}`], '')).toMatchObject({ code: 0, stderr: '' });
    const own = join(site.folder, 'ca.pem');
    await writeFile(own, (await site.run(['ca'])).stdout);
    const proxy = site.proxy(alice).replace('http:', 'https:');
    expect(await curl(url, ['--proxy', proxy, '--proxy-cacert', own])).toMatchObject({ code: 0, stderr: '' });
  });

  test('sends and gets a large body, and is let wait for it', async () => {
    const file = join(site.folder, 'large');
    await writeFile(file, Buffer.alloc(20 << 20, 'x'));
    const got = await curl(`https://localhost:${site.ports.https}/`, ['--http2', '--data-binary', `@${file}`]);
    expect(seen(got).body).toBe(20 << 20);
  });

  test('asks in plain HTTP where a target is listed so', async () => {
    const got = await curl(`http://localhost:${site.ports.http}/a?b`);
    expect(got).toMatchObject({ code: 0, stderr: '' });
    const { headers, url } = seen(got);
    expect(url).toBe('/a?b');
    expect(headers).toMatchObject({ host: `localhost:${site.ports.http}` });
    expect(Object.keys(headers)).not.toContain('proxy-authorization');
    // The same within a tunnel, as clients of WebSockets ask for it.
    expect(await curl(`http://localhost:${site.ports.http}/`, ['--proxytunnel'])).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('what is refused, and how', () => {
  const status = async (url: string, args: readonly string[] = [], secret?: string) => {
    const { stdout, stderr } = await curl(url, ['-o', '/dev/null', '-w', '%{http_connect} %{http_code}', '-v', ...args], secret);
    return { codes: stdout, why: /proxy-status: (.*)\r?\n/.exec(stderr)?.[1] ?? '', said: stderr };
  };

  test('nobody gets in without a token, or with a wrong one', async () => {
    const url = `https://localhost:${site.ports.https}/`;
    const nobody = await status(url, [], '');
    expect(nobody.codes).toBe('407 000');
    expect(nobody.said).toMatch(/proxy-authenticate: Basic realm="sallyport"/);
    expect(nobody.said).toMatch(/proxy-authenticate: Bearer realm="sallyport"/);
    expect((await status(url, [], 'sp_wrong')).codes).toBe('407 000');
    expect((await status(`http://localhost:${site.ports.http}/`, [], '')).codes).toBe('000 407');
    // The server's own `Authorization` is no proof for the proxy.
    expect((await status(url, ['--proxy-header', `authorization: Bearer ${alice}`], '')).codes).toBe('407 000');
    expect(site.reached).toEqual([]);
  });

  test.each([
    ['a host that no target lists', 'https://localhost:2/', 'No target here stands for localhost:2'],
    ['a pattern that leads to a private address', 'https://localhost/', 'No target here stands for localhost:443, only'],
    ['no server', 'https://0x7f.1/', ''],
  ])('%s', async (_, url) => {
    const { codes } = await status(url);
    expect(codes).toMatch(/^40[03] 000$/);
    expect(site.reached).toEqual([]);
  });
});
