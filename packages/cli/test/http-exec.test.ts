import { API_KEY, type HttpSite, startHttpSite } from './http-site.ts';

let site: HttpSite;
let [alice, leads] = ['', ''];
beforeAll(async () => {
  site = await startHttpSite();
  [alice, leads] = [await site.token('alice'), await site.token('dana', '--can', 'approve')];
}, 120_000);
afterAll(() => site.stop());

const exec = (args: readonly string[], input?: string) =>
  site.run(['exec', 'shop-api', ...args], { token: alice, ...(input !== undefined && { input }) });

test('a request, masked on its way back, with the credential that the client does not have', async () => {
  const { code, stdout, stderr } = await exec(['--', 'GET', '/customers?x=1', 'X-Trace: a b']);
  expect({ code, stdout, stderr }).toEqual({
    code: 0,
    stdout: '{"id":12345678901234567890,"email":"[redacted]"}',
    stderr: 'HTTP/1.1 200 OK\n',
  });
  const { url, headers } = site.received.at(-1) ?? { headers: {} };
  expect(url).toBe('/customers?x=1');
  expect(headers).toMatchObject({ authorization: `Bearer ${API_KEY}`, 'x-trace': 'a b' });
  expect(Object.keys(headers).filter((name) => name.startsWith('sallyport-') || name.startsWith('proxy-'))).toEqual([]);
  const replay = await site.run(['replay', await site.lastSession()]);
  expect(replay.stdout).toContain('#0 GET /customers?x=1');
  expect(replay.stdout).toMatch(/#0 200 · \d+ bytes · [\d.]+ ms · 1 masked by secrets/);
  expect(replay.stdout).not.toContain('ann@example.com');
});

test('standard input is the body, and --json has status, headers and body', async () => {
  const { code, stdout } = await exec(['--json', '--', 'POST', '/orders', 'content-type: application/json'], '{"id":1}');
  expect(code).toBe(0);
  expect(stdout).toContain('"body":{"id":12345678901234567890,"email":"[redacted]"}');
  expect(JSON.parse(stdout)).toMatchObject({ status: 200, headers: { 'content-type': 'application/json' } });
  expect(site.received.at(-1)?.body.toString()).toBe('{"id":1}');
});

test('what the target refuses is an answer with exit code 1', async () => {
  expect(await exec(['--', 'GET /missing'])).toEqual({ code: 1, stdout: 'there is no such thing\n', stderr: 'HTTP/1.1 404 Not Found\n' });
});

test('what a rule denies has exit code 3 and reaches nobody', async () => {
  const before = site.received.length;
  expect(await exec(['--', 'DELETE', '/customers/7'])).toEqual({ code: 3, stdout: '', stderr: 'sallyport: shop-api: ask the owner\n' });
  expect(site.received.length).toBe(before);
});

test('a held request waits, is sent again, and passes once it is approved', async () => {
  const put = site.start(['exec', 'shop-api', '--', 'PUT', '/orders/7', 'content-type: text/plain'], { token: alice, input: 'paid' });
  const id = (await put.heard(/ap_\w+/)) ?? '';
  expect(site.received.some(({ method }) => method === 'PUT')).toBe(false);
  const approved = await site.run(['approvals', 'approve', id], { token: leads });
  expect(approved.code).toBe(0);
  expect(await put.outcome).toMatchObject({ code: 0, stderr: expect.stringMatching(/^notice: approval ap_.*\nHTTP\/1\.1 200 OK\n$/) });
  expect(site.received.filter(({ method }) => method === 'PUT').map(({ body }) => body.toString())).toEqual(['paid']);
});

test('a held request that nobody decides about, or somebody denies, has exit code 3', async () => {
  expect(await exec(['--wait', '1s', '--', 'PUT', '/orders/8'], 'x')).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('in time; it did not run'),
  });
  const put = site.start(['exec', 'shop-api', '--', 'PUT', '/orders/9'], { token: alice, input: 'x' });
  await site.run(['approvals', 'deny', await put.heard(/ap_\w+/), '--reason', 'not today'], { token: leads });
  expect(await put.outcome).toMatchObject({ code: 3, stderr: expect.stringContaining('not today') });
  expect(site.received.some(({ url }) => url === '/orders/8' || url === '/orders/9')).toBe(false);
});

test('sessions are found by what was asked for', async () => {
  const { stdout } = await site.run(['sessions', 'search', '/customers?x=1', '--json']);
  expect(JSON.parse(stdout)).toEqual([expect.objectContaining({ event: expect.objectContaining({ text: 'GET /customers?x=1' }) })]);
});

test('connect runs any program, which signs in as often as it likes until it ends', async () => {
  const script = `curl -sS -H "Authorization: Bearer $SALLYPORT_TOKEN_SHOP_API" $SALLYPORT_URL_SHOP_API/a
curl -sS -H "Authorization: Bearer $SALLYPORT_TOKEN_SHOP_API" $SALLYPORT_URL_SHOP_API/b
echo; echo $SALLYPORT_TOKEN_SHOP_API; exit 7`;
  const { code, stdout, stderr } = await site.run(['connect', 'shop-api', '--', 'sh', '-c', script], { token: alice });
  const [answers, token = ''] = stdout.trim().split('\n');
  expect({ code, answers, stderr }).toEqual({ code: 7, answers: '{"id":12345678901234567890,"email":"[redacted]"}'.repeat(2), stderr: '' });
  const ended = await fetch(`http://127.0.0.1:${site.port}/a`, { headers: { authorization: `Bearer ${token}` } });
  expect(ended.status).toBe(401);
});

test('a printed way lasts, too', async () => {
  const { stdout } = await site.run(['connect', 'shop-api', '--print', 'dsn'], { token: alice });
  expect(stdout).toMatch(/^https:\/\/token:sp_[\w-]+@127\.0\.0\.1:\d+\/\n$/);
  const authorization = `Bearer ${new URL(stdout).password}`;
  for (const path of ['/a', '/b']) {
    const answer = await fetch(`http://127.0.0.1:${site.port}${path}`, { headers: { authorization, connection: 'close' } });
    expect(answer.status).toBe(200);
  }
});

test('a session as HAR', async () => {
  await exec(['--', 'POST', '/orders?note=x', 'content-type: text/plain'], 'one more');
  const { stdout } = await site.run(['sessions', 'export', '--format', 'har', await site.lastSession()]);
  const { log } = JSON.parse(stdout) as { log: { entries: readonly unknown[] } };
  expect(log.entries).toEqual([
    expect.objectContaining({
      request: expect.objectContaining({
        method: 'POST',
        url: `https://127.0.0.1:${site.port}/orders?note=x`,
        postData: expect.objectContaining({ text: 'one more' }),
      }),
      response: expect.objectContaining({
        status: 200,
        content: expect.objectContaining({ text: '{"id":12345678901234567890,"email":"[redacted]"}' }),
      }),
    }),
  ]);
});
