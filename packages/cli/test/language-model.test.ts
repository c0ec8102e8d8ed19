import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { COMMAND } from '../../../test-fixtures/servers/gateway.ts';
import { type HttpGateway, startHttpGateway } from '../../../test-fixtures/servers/http-gateway.ts';
import { type LanguageModel, startLanguageModel } from '../src/demo/language-model/language-model.ts';

const run = promisify(execFile);
/** Of each a piece that the model says at once. */
const SECRETS = /jones@|with 4111|"4111|IOSFODNN|dave@/;
const MASKING = [{ name: 'personal data', detect: ['email', 'card', 'aws-key'], method: 'redact', requests: true }];
const tools = [{ type: 'function', name: 'mail', function: { name: 'mail' } }];
const user = { role: 'user', content: 'I am dave@example.com' };

let model: LanguageModel;
let gateway: HttpGateway;

beforeAll(async () => {
  model = await startLanguageModel({ key: 'target-secret' });
  const target = { address: `127.0.0.1:${model.port}`, llm: true, token_header: 'x-api-key' };
  gateway = await startHttpGateway({ target, masking: MASKING });
});

afterAll(async () => {
  await gateway.stop();
  await model.stop();
});

/** The answer's body, whose connection then closes, so that its session is the newest one. */
async function ask(path: string, body: object): Promise<string> {
  const headers = { 'x-api-key': gateway.token, 'content-type': 'application/json', connection: 'close' };
  const answer = await fetch(gateway.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
  expect(answer.status).toBe(200);
  return answer.text();
}

async function sallyport(...args: readonly string[]): Promise<string> {
  const { stdout } = await run(COMMAND, [...args, '--config', gateway.config], {
    maxBuffer: 1 << 24,
    env: { ...process.env, NO_COLOR: '1' },
  });
  return stdout;
}

/** Of the newest session: its facts, and all that can be read of what was recorded. */
async function recorded(): Promise<{ readonly events: readonly Record<string, unknown>[]; readonly all: string }> {
  const [shown, exported] = [await sallyport('sessions', 'show', 'last', '--json'), await sallyport('sessions', 'export', 'last')];
  const bytes = JSON.parse(exported).records.map(({ data = '' }: { data?: string }) => Buffer.from(data, 'base64').toString());
  return { events: JSON.parse(shown).events, all: shown + bytes.join('') };
}

test.each([
  ['/v1/chat/completions', { messages: [user] }, 'chat'],
  ['/v1/responses', { input: [user] }, 'responses'],
  ['/v1/messages', { messages: [user] }, 'messages'],
])('%s shows no secret to client, target or record, streamed and in one piece', async (path, body, api) => {
  for (const stream of [true, false]) {
    const text = await ask(path, { model: 'stand-in', stream, ...body });
    expect(text).not.toMatch(SECRETS);
    expect(model.asked.at(-1)).toContain('I am [redacted]');
    const { events, all } = await recorded();
    expect(all).not.toMatch(SECRETS);
    expect(events).toContainEqual(expect.objectContaining({ type: 'command', class: ['read'], state: 'completed' }));
    expect(events).toContainEqual(
      expect.objectContaining({
        ...{ type: 'llm', command: 1, api, model: 'stand-in', stream, unmasked: {} },
        messages: [{ role: 'user', text: 'I am [redacted]' }],
        completion: 'The customer is Carol Jones, [redacted]; she paid with [redacted]. The export runs with [redacted].',
        usage: expect.objectContaining({ input: 20, output: 19 }),
      }),
    );
  }
});

test('signed thinking reaches the client as it is, and the record masked; arguments of a tool are masked for both', async () => {
  const text = await ask('/v1/messages', { model: 'm', stream: true, thinking: { type: 'enabled' }, tools, messages: [user] });
  expect(text).toContain('customer carol.jones@');
  expect(text).not.toContain('411111');
  const { events, all } = await recorded();
  expect(all).not.toMatch(SECRETS);
  expect(await sallyport('replay', 'last')).toContain('reasoning: I look for the customer [redacted].');
  expect(events).toContainEqual(
    expect.objectContaining({
      type: 'llm',
      reasoning: 'I look for the customer [redacted].',
      tool_calls: [{ name: 'mail', arguments: '{"to":"[redacted]","subject":"Your order","card":"[redacted]"}' }],
      unmasked: { 'personal data': 1 },
    }),
  );
});
