import { type ForwardSite, type Seen, startForwardSite } from './forward-site.ts';

let site: ForwardSite;
let alice: string;
beforeAll(async () => {
  site = await startForwardSite();
  alice = await site.token('alice');
}, 60_000);
afterAll(() => site.stop(), 30_000);

// What the machine itself sets would lead past the proxy.
const run = (...args: readonly string[]) => site.run(args, { token: alice, env: { NO_PROXY: '', no_proxy: '' } });

test("exec asks the target's own host by a path, and any of its hosts by a URL", async () => {
  const { code, stdout, stderr } = await run('exec', 'service', '--', 'POST', '/from/exec', 'x-a: b');
  expect({ code, stderr }).toEqual({ code: 0, stderr: 'HTTP/1.1 200 OK\n' });
  const seen = JSON.parse(stdout) as Seen;
  expect(seen).toMatchObject({ method: 'POST', url: '/from/exec', signedIn: true, headers: { 'x-a': 'b' } });
  expect(Object.keys(seen.headers).filter((name) => /^(?:sallyport|proxy)-/.test(name))).toEqual([]);
  const other = await run('exec', 'service', '--', 'GET', `https://127.0.0.1:${site.ports.https}/by/address?x=1`);
  expect(JSON.parse(other.stdout)).toMatchObject({ url: '/by/address?x=1', signedIn: true });
});

test('what a rule denies has exit code 3, and a host that the target does not list is refused', async () => {
  expect(await run('exec', 'service', '--', 'DELETE', '/x')).toEqual({
    code: 3,
    stdout: '',
    stderr: 'sallyport: service: nothing is deleted here\n',
  });
  const { code, stderr } = await run('exec', 'service', '--', 'GET', 'https://elsewhere.example/');
  expect(code).toBeGreaterThan(0);
  expect(stderr).toContain('sallyport: ');
});

test('connect gives any program the proxy, the token and the CA', async () => {
  const asked = ['curl', '-sS', `https://localhost:${site.ports.https}/from/connect`];
  const { code, stdout, stderr } = await run('connect', 'service', '--', ...asked);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(JSON.parse(stdout)).toMatchObject({ url: '/from/connect', signedIn: true });
});
