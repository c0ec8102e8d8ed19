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
    const got = await curl(`https://127.0.0.1:${site.ports.https}/`);
    expect(got).toMatchObject({ code: 0, stderr: '' });
  });
});
