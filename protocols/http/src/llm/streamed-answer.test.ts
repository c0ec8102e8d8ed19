import type { FieldPlace, Mask } from '@sallyport/core';
import { findWords } from '../../test/find-words.ts';
import { block, chat, chunk, line, named, run, TOOL_WRITERS, texts, values, WRITERS } from '../../test/model-streams.ts';
import { eventsMask } from './any-events.ts';

test("a stream of an unknown kind is masked across its events where they look like a model's, signed ones too", () => {
  for (const [, , writer] of [...WRITERS, ...TOOL_WRITERS, ['', 'messages', block('thinking_delta', 'thinking')] as const]) {
    const { stream } = writer(['["alice@exa', 'mple.com","41111111', '11111111"]']);
    let counted = 0;
    const mask = eventsMask({ text: findWords, fields: undefined }, () => {
      counted += 1;
    });
    const sent = Buffer.concat([mask.push(stream), mask.flush()]);
    expect(Object.values(texts(sent)).join('|')).not.toMatch(/alice|example|4111/);
    expect(Object.values(texts(sent)).join('|')).toContain('["***","***"]');
    expect(counted).toBe(2);
  }
  const mask = eventsMask({ text: findWords, fields: undefined }, () => {});
  expect(mask.push(Buffer.from('data: {"say":"bob@example.com"}\n\ndata: 4111111111111111\n\n')).toString()).toBe(
    'data: {"say":"***"}\n\ndata: ***\n\n',
  );
});

test('an event that ends a text and has the rest of it takes what was held back', () => {
  const stream = Buffer.from(chunk({ content: 'Ask alice@' }) + chunk({ content: 'example.com' }, 'stop'));
  const { sent } = run('chat', [stream]);
  expect(values(sent)).toHaveLength(2);
  expect(texts(sent)).toEqual({ '0/content': 'Ask ***' });
});

test('a text whose end never comes is shown when the stream ends, and one that was cut too', () => {
  for (const end of ['', 'data: [DONE]', ': bye', 'data: {"id":"c","choices":[]}']) {
    const { sent } = run('chat', [Buffer.from(chunk({ content: 'Ask alice@example.com' }) + end)]);
    expect(texts(sent)).toEqual({ '0/content': 'Ask ***' });
    expect(sent.toString().endsWith(end === '' ? '\n\n' : end)).toBe(true);
  }
});

test('thinking that is signed reaches the client as it is, and the record masked', () => {
  const think = block('thinking_delta', 'thinking');
  const { stream, key } = think(['Mail al', 'ice@exam', 'ple.com', ' now']);
  const { sent, recorded, counted, exchange } = run('messages', [stream]);
  expect(sent.equals(stream)).toBe(true);
  expect(texts(recorded)[key]).toBe('Mail *** now');
  expect(counted).toBe(0);
  expect(exchange.end()).toMatchObject({ reasoning: 'Mail *** now', unmasked: { words: 1 } });
});

test('a text whose place is masked shows none of its pieces, and one that is signed is masked in the record alone', () => {
  const mask: Mask = { rule: 'places', method: 'redact', fixed: '[place]', apply: () => '[place]' };
  const place = (masked: boolean): FieldPlace => ({
    mask: masked ? mask : undefined,
    clear: false,
    member: (name) => place(masked || name === 'content' || name === 'thinking'),
    element: () => place(masked),
  });
  const fields = { root: place(false) };
  for (const text of [undefined, findWords]) {
    const options = { masks: { text, fields } };
    const chats = run('chat', [chat(['Hello', ' world']).stream], options);
    expect(texts(chats.sent)['0/content']).toMatch(/^(?:\[place\])+$/);
    const { stream } = block('thinking_delta', 'thinking')(['Hello', ' world']);
    const thinking = run('messages', [stream], options);
    expect(thinking.sent.equals(stream)).toBe(true);
    expect(thinking.recorded.toString()).not.toMatch(/Hello|world/);
  }
});

test('what a tool is given is not signed, whatever it calls itself', () => {
  const input = { type: 'thinking', thinking: 'alice@example.com', signature: 'alice@example.com' };
  const stream = Buffer.from(
    named({ type: 'content_block_start', index: 0, content_block: { type: 'tool_use', id: 't', name: 'f', input } }),
  );
  expect(run('messages', [stream]).sent.toString()).not.toContain('alice');
});

test('other members, comments, names and ids are masked event by event', () => {
  const stream = Buffer.from(
    ': for bob@example.com\nid: bob@example.com\nevent: x\ndata: {"type":"ping","by":"bob@example.com","n":4111111111111111}\n\ndata: bob@example.com\n\n',
  );
  const { sent } = run('messages', [stream]);
  expect(sent.toString()).toBe(': for ***\nid: ***\nevent: x\ndata: {"type":"ping","by":"***","n":"***"}\n\ndata: ***\n\n');
});

test('the likelihood of tokens goes where texts are masked', () => {
  const stream = Buffer.from(
    line({ choices: [{ index: 0, delta: { content: 'Hi ' }, logprobs: { content: [{ token: 'Hi', logprob: 0 }] } }] }),
  );
  expect(values(run('chat', [stream]).sent)).toEqual([{ choices: [{ index: 0, delta: { content: 'Hi ' }, logprobs: null }] }]);
  expect(run('chat', [stream], { masked: false }).sent.equals(stream)).toBe(true);
});

test('where a name is there twice, neither value shows', () => {
  const stream = Buffer.from('data: {"choices":[{"index":0,"delta":{"content":"alice@example.com","content":"alice@example.com "}}]}\n\n');
  expect(run('chat', [stream]).sent.toString()).toBe('data: {"choices":[{"index":0,"delta":{"content":"","content":"*** "}}]}\n\n');
});

test('data over several lines keeps them', () => {
  const stream = (text: string): Buffer =>
    Buffer.from(`data: {"choices":[{"index":0,\r\nid: 7\r\ndata:"delta":{"content":"${text}"}}]}\r\n\r\n`);
  expect(run('chat', [stream('to alice@example.com ')]).sent.toString()).toBe(stream('to *** ').toString());
});

test('a character that is cut in two passes whole', () => {
  const stream = Buffer.from(
    'data: {"choices":[{"index":0,"delta":{"content":"So \\ud83d"}}]}\n\ndata: {"choices":[{"index":0,"delta":{"content":"\\ude00 yes"}}]}\n\n',
  );
  expect(texts(run('chat', [stream]).sent)['0/content']).toBe('So 😀 yes');
});

test('an answer that shall be JSON is masked as JSON', () => {
  const { stream } = chat(['{"n":41111111', '11111111}']);
  const request = { response_format: { type: 'json_schema' } };
  expect(texts(run('chat', [stream], { request }).sent)['0/content']).toBe('{"n":"***"}');
});

test('more texts at a time than 1024 are refused', () => {
  const stream = Array.from({ length: 1025 }, (_, index) => line({ choices: [{ index, delta: { content: 'x' } }] })).join('');
  expect(() => run('chat', [Buffer.from(stream)])).toThrow("The target's answer has more than 1024 texts at a time.");
});

test.each([
  ['reasoning_content', (text: string) => ({ reasoning_content: text })],
  ['refusal', (text: string) => ({ refusal: text })],
  ['transcript', (text: string) => ({ audio: { transcript: text } })],
  ['a custom tool', (text: string) => ({ tool_calls: [{ index: 3, custom: { input: text } }] })],
  ['a function', (text: string) => ({ function_call: { arguments: text } })],
  ['a detail of reasoning', (text: string) => ({ reasoning_details: [{ type: 'reasoning.text', index: 1, text }] })],
])("a chat's %s is masked across its pieces, and its end comes before the finish", (_, delta) => {
  const stream = Buffer.from(chunk(delta('to alice@')) + chunk(delta('example.com')) + chunk({}, 'stop'));
  const all = values(run('chat', [stream]).sent);
  expect(all.map((value) => JSON.stringify(value).match(/to |\*\*\*|"stop"/)?.[0])).toEqual(['to ', undefined, '***', '"stop"']);
  expect(JSON.stringify(all[2])).toBe(JSON.stringify({ id: 'c', choices: [{ index: 0, delta: delta('***'), finish_reason: null }] }));
});

test.each([
  ['response.reasoning_summary_text', { summary_index: 0 }],
  ['response.refusal', { content_index: 0 }],
  ['response.code_interpreter_call_code', {}],
  ['response.mcp_call_arguments', {}],
  ['response.something_new', { content_index: 1 }],
])('%s of the Responses API is masked across its pieces', (base, place) => {
  const where = { item_id: 'i', output_index: 0, ...place };
  const deltas = ['["alice@', 'example.com', '"]'].map((delta) => named({ type: `${base}.delta`, ...where, delta }));
  const sent = run('responses', [Buffer.from(deltas.join('') + named({ type: 'response.output_item.done', output_index: 0 }))]).sent;
  expect(Object.values(texts(sent)).join('')).toBe('["***"]');
});
