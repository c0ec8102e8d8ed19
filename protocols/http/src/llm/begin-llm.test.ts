import { readFileSync } from 'node:fs';
import { type ContentMasks, GatewayError } from '@sallyport/core';
import { findWords } from '../../test/find-words.ts';
import type { LlmApi } from './api.ts';
import { beginLlm, type LlmExchange } from './begin-llm.ts';
import type { Json } from './json-value.ts';

const fixture = (name: string): Buffer => readFileSync(new URL(`../../../../test-fixtures/llm/${name}`, import.meta.url));
const NONE: ContentMasks = { text: undefined, fields: undefined };
const TEXT: ContentMasks = { text: findWords, fields: undefined };

function begin(api: LlmApi, request: Json, masks = TEXT, requestMasks = NONE, counted: string[] = []): LlmExchange {
  let now = 0;
  return beginLlm({
    api,
    request: Buffer.isBuffer(request) ? request : Buffer.from(JSON.stringify(request)),
    masks,
    requestMasks,
    count: () => counted.push('answer'),
    countRequest: () => counted.push('request'),
    now: () => {
      now += 5;
      return now;
    },
  });
}

function answered(exchange: LlmExchange, bytes: Buffer, type = 'application/json'): { readonly sent: string; readonly recorded: string } {
  const recorded: Buffer[] = [];
  const stream = exchange.answer(type, (part) => recorded.push(part));
  if (stream === undefined) throw new Error('no answer');
  const sent = Buffer.concat([stream.push(bytes.subarray(0, 9)), stream.push(bytes.subarray(9)), stream.flush()]);
  return { sent: sent.toString(), recorded: Buffer.concat(recorded).toString() };
}

test('a streamed chat is put together for the record', () => {
  const exchange = begin('chat', { model: 'gpt-4o', stream: true, messages: [{ role: 'user', content: 'Capital of France?' }] });
  answered(exchange, fixture('chat.sse'), 'text/event-stream');
  expect(exchange.end()).toEqual({
    type: 'llm',
    api: 'chat',
    model: 'gpt-4o-2024-08-06',
    stream: true,
    messages: [{ role: 'user', text: 'Capital of France?' }],
    messages_omitted: 0,
    completion: 'The capital of France is Paris. 🗼',
    reasoning: '',
    tool_calls: [],
    truncated: false,
    usage: { input: 14, output: 8, cached: 0, reasoning: 0 },
    finish: 'stop',
    first_token_ms: 5,
    unmasked: {},
  });
});

test.each([
  [
    'chat-tools.sse',
    {
      tool_calls: [
        { name: 'get_weather', arguments: '{"location":"Paris, \\u00cele"}' },
        { name: 'get_time', arguments: '{"zone":"Europe/Paris"}' },
      ],
      finish: 'tool_calls',
    },
  ],
  ['chat-choices.sse', { completion: 'Yes, sir\nNo way', reasoning: 'They ask', finish: 'length' }],
  ['completions.sse', { completion: 'This is a test.', model: 'gpt-3.5-turbo-instruct' }],
  [
    'responses.sse',
    {
      model: 'gpt-5.1-2025-11-13',
      completion: 'It rains in Paris.',
      reasoning: 'Looking up the weather.',
      tool_calls: [{ name: 'get_weather', arguments: '{"location":"Paris"}' }],
      usage: { input: 31, output: 42, cached: 16, reasoning: 20 },
      finish: 'completed',
    },
  ],
  [
    'messages.sse',
    {
      model: 'claude-sonnet-4-5-20250929',
      completion: 'Okay, let me check.',
      reasoning: 'The user asks for the weather.',
      tool_calls: [{ name: 'get_weather', arguments: '{"location": "San Francisco, CA"}' }],
      usage: { input: 2572, output: 89, cached: 2000 },
      finish: 'tool_use',
    },
  ],
])('what %s says is read, with masks and without', (name, expected) => {
  for (const masks of [TEXT, NONE]) {
    const exchange = begin(name.split(/[-.]/, 1)[0] as LlmApi, {}, masks);
    answered(exchange, fixture(name), 'text/event-stream');
    expect(exchange.end()).toMatchObject(expected);
  }
});

test('an answer in one piece is masked, its arguments as JSON of their own, and keeps every other byte', () => {
  const answer = fixture('chat.json')
    .toString()
    .replace('Let me look.', 'Ask bob@example.com now')
    .replace('carol', 'bob\\\\u0040example.com');
  const counted: string[] = [];
  const exchange = begin('chat', {}, TEXT, NONE, counted);
  const { sent, recorded } = answered(exchange, Buffer.from(answer));
  expect(sent).toBe(answer.replace('bob@example.com', '***').replace('bob\\\\u0040example.com', '***'));
  expect(recorded).toBe(sent);
  expect(counted).toEqual(['answer', 'answer']);
  expect(exchange.end()).toMatchObject({
    stream: false,
    completion: 'Ask *** now',
    tool_calls: [{ name: 'find_person', arguments: '{"who":"***"}' }],
    usage: { input: 19, output: 10, cached: 3, reasoning: 4 },
    finish: 'tool_calls',
  });
});

test('signed thinking of an answer in one piece passes to the client and is masked in the record', () => {
  const answer = fixture('messages.json').toString().replaceAll('carol', 'bob@example.com').replace('Who is it?', 'It is bob@example.com');
  const exchange = begin('messages', {});
  const { sent, recorded } = answered(exchange, Buffer.from(answer));
  expect(JSON.parse(sent).content).toMatchObject([{ thinking: 'It is bob@example.com' }, {}, { input: { who: '***' } }]);
  expect(recorded).not.toContain('bob@');
  expect(exchange.end()).toMatchObject({ reasoning: 'It is ***', unmasked: { words: 1 }, usage: { input: 20, cached: 8, output: 30 } });
});

test('prompts are masked before they leave where a rule says so, and signed thinking that comes back is not', () => {
  const thinking = { type: 'thinking', thinking: 'It is bob@example.com', signature: 'EqQB' };
  const request = {
    model: 'm',
    system: 'You help al@example.com',
    messages: [
      { role: 'user', content: 'Mail bob@example.com' },
      {
        role: 'assistant',
        content: [thinking, { type: 'tool_use', id: 't', name: 'mail', input: { to: 'bob@example.com', thinking: 'al@example.com' } }],
      },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: 'sent to bob@example.com' }] },
    ],
  };
  const counted: string[] = [];
  const exchange = begin('messages', request, TEXT, TEXT, counted);
  const sent = JSON.parse(exchange.requestBody.toString());
  expect(sent.messages[1].content[0]).toEqual(thinking);
  expect(exchange.requestBody.toString().match(/@/g)).toHaveLength(1);
  expect(counted).toEqual(Array(5).fill('request'));
  expect(exchange.end().messages).toEqual([
    { role: 'system', text: 'You help ***' },
    { role: 'user', text: 'Mail ***' },
    { role: 'assistant', text: 'It is ***', tool_calls: [{ name: 'mail', arguments: '{"to":"***","thinking":"***"}' }] },
    { role: 'user', text: 'sent to ***' },
  ]);
});

test('without request masks the prompt leaves as it is, and the record shows it masked', () => {
  const text =
    '{"input":[{"role":"user","content":[{"type":"input_text","text":"I am bob@example.com"},{"type":"input_image","image_url":"data:"}]},{"type":"function_call","name":"f","arguments":"{\\"n\\":4111111111111111}"},{"type":"function_call_output","output":"done"}],"instructions":"Be kind."}';
  const request = Buffer.from(text);
  const exchange = begin('responses', request);
  expect(exchange.requestBody).toBe(request);
  expect(exchange.end().messages).toEqual([
    { role: 'system', text: 'Be kind.' },
    { role: 'user', text: 'I am ***\n[input_image]' },
    { role: 'assistant', text: '', tool_calls: [{ name: 'f', arguments: '{"n":"***"}' }] },
    { role: 'tool', text: 'done' },
  ]);
});

test('of a long conversation the record has the end, of a long answer the beginning', () => {
  const messages = Array.from({ length: 100 }, (_, index) => ({ role: 'user', content: `${index}:${'x'.repeat(997)}` }));
  const exchange = begin('chat', { messages });
  const long = 'data: {"choices":[{"index":0,"delta":{"content":"0123456789"}}]}\n\n'.repeat(8000);
  answered(exchange, Buffer.from(long), 'text/event-stream');
  const event = exchange.end();
  expect(event.messages_omitted + event.messages.length).toBe(100);
  expect(event.messages.reduce((sum, { text }) => sum + text.length, 0)).toBe(65_536);
  expect(event.messages.at(-1)?.text.startsWith('99:')).toBe(true);
  expect([event.completion.length, event.completion.slice(0, 12), event.truncated]).toEqual([65_536, '012345678901', true]);
});

test('what is not understood is no error', () => {
  for (const body of [
    '',
    'null',
    '[]',
    '7',
    '{"choices":7,"output":{},"content":"x","usage":[]}',
    '{"choices":[null,{}]',
    '{"messages":[null,7,{"content":[null]}],"input":[null]}',
  ]) {
    for (const api of ['chat', 'responses', 'completions', 'embeddings', 'messages', 'count_tokens'] as const) {
      const exchange = begin(api, Buffer.from(body), TEXT, TEXT);
      expect(answered(exchange, Buffer.from(body)).sent).toBe(body);
      const stream = `data: ${body}\n\n`;
      expect(answered(exchange, Buffer.from(stream), 'text/event-stream').sent).toBe(stream);
      expect(exchange.end().type).toBe('llm');
    }
  }
});

test('what is nested too deep to be read is refused where it must be masked, and passes where not', () => {
  const deep = `${'[{"type":"tool_result","content":'.repeat(9_000)}"x"${'}]'.repeat(9_000)}`;
  const body = `{"messages":[{"role":"user","content":${deep}}],"content":${deep},"output":[{"type":"message","content":${deep}}],"input":${deep}}`;
  for (const api of ['chat', 'responses', 'messages'] as const) {
    const exchange = begin(api, Buffer.from(body), NONE);
    expect(answered(exchange, Buffer.from(body)).sent).toBe(body);
    expect(answered(exchange, Buffer.from(`data: ${body}\n\n`), 'text/event-stream').sent).toBe(`data: ${body}\n\n`);
    expect(exchange.end().type).toBe('llm');
    const masked = begin(api, Buffer.from(body), TEXT);
    expect(() => answered(masked, Buffer.from(body))).toThrow(GatewayError);
    expect(() => answered(masked, Buffer.from(`data: ${body}\n\n`), 'text/event-stream')).toThrow(GatewayError);
    expect(masked.end().messages).toEqual([]);
  }
});

test('embeddings pass as they come, and their use is read', () => {
  const exchange = begin('embeddings', { input: ['a', 'b bob@example.com'] });
  const answer = '{"object":"list","data":[{"embedding":[0.1,-0.2]}],"model":"e","usage":{"prompt_tokens":5,"total_tokens":5}}';
  expect(answered(exchange, Buffer.from(answer)).sent).toBe(answer);
  expect(exchange.end()).toMatchObject({ model: 'e', usage: { input: 5 }, messages: [{ text: 'a' }, { text: 'b ***' }] });
});

test('an answer that is neither JSON nor events is no matter of this', () => {
  expect(begin('chat', {}).answer('text/html')).toBeUndefined();
  expect(begin('chat', {}).answer('')).toBeUndefined();
});

test('an answer in one piece that is too large to be masked is refused before it is kept', () => {
  const stream = begin('chat', {}).answer('application/json');
  stream?.push(Buffer.alloc(32 * 1024 * 1024));
  expect(() => stream?.push(Buffer.alloc(1))).toThrow('too many to be masked: ask for it as a stream.');
});
