import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { type TestGateway, TOKEN, testGateway, testTarget } from './test-gateway.ts';

/** What is judged is what the target gets. */

interface Seen {
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

let target: Awaited<ReturnType<typeof testTarget>>;
let gateway: TestGateway;
let seen: Seen[];

beforeEach(async () => {
  seen = [];
  target = await testTarget((message, response) => {
    void text(message).then((body) => {
      seen.push({ url: message.url, headers: message.headers, body });
      response.end('ok');
    });
  });
  gateway = await testGateway(target.port, { options: { github: true } });
});
afterEach(async () => {
  target.close();
  await gateway.close();
});

async function say(method: string, path: string, body?: string | Buffer, headers: Record<string, string> = {}): Promise<[number, string]> {
  const asked = request({ port: gateway.port, method, path, headers: { authorization: `Bearer ${TOKEN}`, ...headers } });
  asked.end(body);
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  return [answer.statusCode ?? 0, await text(answer)];
}

test('the path that was judged is the one that is sent', async () => {
  await say('GET', '/a/./b/..//%63/caf%c3%a9?x=%zz&y');
  expect(gateway.gate.commands[0]).toMatchObject({ text: 'GET /a/c/caf%C3%A9?x=%zz&y', objects: { paths: ['/a/c/café'] } });
  expect(seen.map(({ url }) => url)).toEqual(['/a/c/caf%C3%A9?x=%zz&y']);
});

test('a path that servers read differently is refused with a sentence, and reaches nobody', async () => {
  const [status, answer] = await say('GET', '/public/..%2fadmin');
  expect([status, JSON.parse(answer).reason]).toEqual([
    400,
    'The path holds "." or ".." in a form that some servers follow: leave it out.',
  ]);
  expect((await say('GET', `/${'a'.repeat(9_000)}`))[0]).toBe(414);
  expect([gateway.gate.commands, seen]).toEqual([[], []]);
});

test('headers that name another path are not sent, and one that names another method is judged', async () => {
  await say('POST', '/a', 'x', { 'X-Original-URL': '/admin', X_Rewrite_Url: '/admin', 'X-HTTP-Method-Override': 'DELETE' });
  expect(Object.keys(seen[0]?.headers ?? {}).filter((name) => /^x/.test(name))).toEqual(['x-http-method-override']);
  expect(gateway.gate.commands[0]).toMatchObject({ verbs: ['POST', 'DELETE'], bytes: 1 });
});

test('what signs somebody in is no header to rules, and stands in no text', async () => {
  await say('GET', '/a?access_token=hush&api_key=hush&X-Amz-Signature=hush&page=2', undefined, { 'x-env': 'test' });
  const [command] = gateway.gate.commands;
  expect(command?.text).toBe('GET /a?access_token=[redacted]&api_key=[redacted]&X-Amz-Signature=[redacted]&page=2');
  expect(command?.objects?.headers).toContain('x-env: test');
  expect(JSON.stringify(command?.objects?.headers)).not.toMatch(/sp_right|target-secret/);
  expect(JSON.stringify(gateway.gate.recorded('client'))).not.toContain('hush');
  expect(seen[0]?.url).toContain('access_token=hush');
});

describe('GraphQL', () => {
  const query = JSON.stringify({ query: 'mutation M { m: mergePullRequest(input: {}) { clientMutationId } }', operationName: 'M' });

  test('is judged by its document, and sent as it came', async () => {
    await say('POST', '/graphql', query, { 'content-type': 'application/json' });
    expect(gateway.gate.commands[0]).toMatchObject({
      class: ['write'],
      objects: { operations: ['graphql:mergePullRequest', 'github:merge'], paths: ['/graphql'] },
      incomplete: ['repository', 'refs'],
    });
    expect(seen[0]?.body).toBe(query);
    expect(gateway.gate.bodies('client')).toBe(query);
  });

  test('is judged before the target has a byte of it', async () => {
    gateway.gate.rule = (command) => (command.objects?.operations?.includes('github:merge') ? 'deny' : 'allow');
    expect((await say('POST', '/graphql', query))[0]).toBe(403);
    expect((await say('POST', '/graphql', query, { 'transfer-encoding': 'chunked' }))[0]).toBe(403);
    expect(seen).toEqual([]);
    expect((await say('POST', '/graphql', '{"query": "{ viewer { login } }"}', { expect: '100-continue' }))[0]).toBe(200);
    expect(gateway.gate.commands.at(-1)?.class).toEqual(['read']);
  });

  test('that is too large to be looked at is unknown, and passes whole where that is allowed', async () => {
    const large = JSON.stringify({ query: `{ a } # ${'x'.repeat(2 ** 20)}` });
    await say('POST', '/graphql', large);
    await say('POST', '/graphql', large, { 'transfer-encoding': 'chunked' });
    expect(gateway.gate.commands.map((command) => command.class)).toEqual([['unknown'], ['unknown']]);
    expect(seen.map(({ body }) => body === large)).toEqual([true, true]);
  });

  test('is held with its body', async () => {
    gateway.gate.rule = () => 'hold';
    const answer = say('POST', '/graphql', query);
    while (gateway.gate.holds.length === 0) await new Promise(setImmediate);
    expect(gateway.gate.holds[0]?.context).toMatchObject({ content: query });
    gateway.gate.holds[0]?.approve();
    expect((await answer)[0]).toBe(200);
    expect(seen[0]?.body).toBe(query);
  });
});
