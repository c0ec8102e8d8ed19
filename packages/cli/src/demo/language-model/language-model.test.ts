import { type LanguageModel, startLanguageModel } from './language-model.ts';

let model: LanguageModel;
beforeAll(async () => {
  model = await startLanguageModel({ key: 'sk-standin' });
});
afterAll(() => model.stop());

async function post(
  path: string,
  body: object,
  headers: Record<string, string> = { authorization: 'Bearer sk-standin' },
): Promise<Response> {
  return fetch(model.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
}

const tools = { chat: [{ type: 'function', function: { name: 'mail' } }], other: [{ type: 'function', name: 'mail' }] };

test.each([
  ['/v1/chat/completions', { tools: tools.chat }, 'data: [DONE]\n\n'],
  ['/v1/responses', { tools: tools.other, reasoning: {} }, 'event: response.completed\n'],
  ['/v1/messages', { tools: tools.other, thinking: { type: 'enabled' } }, 'event: message_stop\n'],
])('%s streams what it says in one piece', async (path, ask, end) => {
  const whole = await (await post(path, ask)).text();
  const stream = await post(path, { ...ask, stream: true });
  expect(stream.headers.get('content-type')).toMatch('text/event-stream');
  const text = await stream.text();
  expect(text).toContain(end);
  expect(whole).toContain('I write to her.');
  expect(whole).toMatch(/carol\.jones@example\.com/);
  for (const line of text.split('\n').filter((each) => each.startsWith('data: {'))) JSON.parse(line.slice(6));
  expect(await (await post(path, { messages: [] })).text()).toContain('AKIAIOSFODNN7EXAMPLE');
});

test('who shows no key is refused in the words of the API', async () => {
  const refused = await post('/v1/messages', {}, { 'x-api-key': 'other' });
  expect([refused.status, await refused.json()]).toEqual([
    401,
    { type: 'error', error: { type: 'authentication_error', message: 'invalid x-api-key' } },
  ]);
  expect((await post('/v1/messages', {}, { 'x-api-key': 'sk-standin' })).status).toBe(200);
});

test('what it was asked can be seen, and nothing else is there', async () => {
  expect((await post('/v1/nothing', { a: 1 })).status).toBe(404);
  expect(model.asked.at(-1)).toBe('{"a":1}');
  expect(await (await post('/v1/embeddings', { input: ['a', 'b'] })).json()).toMatchObject({ usage: { prompt_tokens: 2 } });
  expect(await (await post('/v1/messages/count_tokens', { messages: [] })).json()).toEqual({ input_tokens: 4 });
});
