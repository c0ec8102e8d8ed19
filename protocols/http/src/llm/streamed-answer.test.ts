import { readdirSync, readFileSync } from 'node:fs';
import { type ContentMasks, type FieldPlace, GatewayError, type Mask } from '@sallyport/core';
import fc from 'fast-check';
import { findWords } from '../../test/find-words.ts';
import { EventDecoder } from '../sse/decoder.ts';
import { dataOf, type ServerSentEvent } from '../sse/event.ts';
import { eventsMask } from './any-events.ts';
import type { LlmApi } from './api.ts';
import { beginLlm, type LlmExchange } from './begin-llm.ts';
import { at, type Json, listAt, textAt } from './json-value.ts';

const FIXTURES = new URL('../../../../test-fixtures/llm/', import.meta.url);
const fixture = (name: string): Buffer => readFileSync(new URL(name, FIXTURES));
const NO_MASKS = { text: undefined, fields: undefined };
const SECRETS = ['alice@example.com', '4111111111111111', 'AKIAIOSFODNN7EXAMPLE'];

interface Run {
  readonly sent: Buffer;
  readonly recorded: Buffer;
  readonly counted: number;
  readonly exchange: LlmExchange;
}

function run(api: LlmApi, chunks: readonly Buffer[], options: { request?: Json; masked?: boolean; masks?: ContentMasks } = {}): Run {
  let counted = 0;
  const exchange = beginLlm({
    api,
    request: Buffer.from(JSON.stringify(options.request ?? {})),
    masks: options.masks ?? (options.masked === false ? NO_MASKS : { text: findWords, fields: undefined }),
    requestMasks: NO_MASKS,
    count: () => {
      counted += 1;
    },
    countRequest: () => {},
    now: () => 0,
  });
  const recorded: Buffer[] = [];
  const stream = exchange.answer('text/event-stream; charset=utf-8', (bytes) => recorded.push(bytes));
  if (stream === undefined) throw new Error('no answer');
  const sent = Buffer.concat([...chunks.map((chunk) => stream.push(chunk)), stream.flush()]);
  return { sent, recorded: Buffer.concat(recorded), counted, exchange };
}

function events(bytes: Buffer): ServerSentEvent[] {
  const decoder = new EventDecoder();
  const all = decoder.push(bytes);
  const rest = decoder.flush();
  return rest === undefined ? all : [...all, rest];
}

const values = (bytes: Buffer): Json[] =>
  events(bytes)
    .map((event) => dataOf(event)?.toString())
    .filter((data) => data !== undefined && data !== '[DONE]')
    .map((data) => JSON.parse(data as string));

function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  for (let from = 0, index = 0; from < bytes.length; index += 1) {
    const size = sizes[index % sizes.length] ?? 1;
    chunks.push(bytes.subarray(from, from + size));
    from += size;
  }
  return chunks;
}

const apiOf = (name: string): LlmApi => name.split(/[-.]/, 1)[0] as LlmApi;
const streams = readdirSync(FIXTURES).filter((name) => name.endsWith('.sse'));

describe.each(streams)('%s', (name) => {
  test('passes byte for byte where no mask applies, and at once', () => {
    const bytes = fixture(name);
    const { sent, recorded, exchange } = run(apiOf(name), cut(bytes, [7]), { masked: false });
    expect(sent.equals(bytes)).toBe(true);
    expect(recorded.equals(bytes)).toBe(true);
    expect(exchange.end().stream).toBe(true);
  });

  test('keeps every event, its order and its texts where nothing is found', () => {
    const bytes = fixture(name);
    const { sent, recorded, counted, exchange } = run(apiOf(name), [bytes]);
    expect(counted).toBe(0);
    expect(texts(recorded)).toEqual(texts(bytes));
    expect(texts(sent)).toEqual(texts(bytes));
    const untouched = events(sent).map(({ raw }) => raw.toString());
    // What is edited are deltas alone: every other event is there as it was.
    const others = events(bytes).filter((event) => !isDelta(event));
    expect(untouched.filter((raw) => others.some((each) => each.raw.toString() === raw))).toEqual(others.map(({ raw }) => raw.toString()));
    const open = run(apiOf(name), [bytes], { masked: false }).exchange.end();
    expect(exchange.end()).toEqual(open);
  });

  test('is the same however its bytes are cut', () => {
    const bytes = fixture(name);
    const once = run(apiOf(name), [bytes]).sent.toString();
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 5 }), (sizes) => {
        expect(run(apiOf(name), cut(bytes, sizes)).sent.toString()).toBe(once);
      }),
      { numRuns: 30 },
    );
  });
});

function isDelta(event: ServerSentEvent): boolean {
  return (
    /delta"?|"text":/.test(dataOf(event)?.toString() ?? '') &&
    !/"(?:message_delta|signature_delta|citations_delta)"/.test(event.raw.toString())
  );
}

/** All texts of a stream, put together as clients do. */
function texts(bytes: Buffer): Record<string, string> {
  const all: Record<string, string> = {};
  const add = (key: string, text: string | undefined): void => {
    if (text !== undefined) all[key] = (all[key] ?? '') + text;
  };
  for (const value of values(bytes)) {
    for (const choice of listAt(value, 'choices')) {
      const index = at(choice, 'index');
      add(`${index}/text`, textAt(choice, 'text'));
      for (const name of ['content', 'refusal', 'reasoning_content']) add(`${index}/${name}`, textAt(choice, 'delta', name));
      for (const call of listAt(choice, 'delta', 'tool_calls'))
        add(`${index}/tool/${at(call, 'index')}`, textAt(call, 'function', 'arguments'));
    }
    const type = textAt(value, 'type');
    const key = `${type}/${at(value, 'output_index') ?? ''}/${at(value, 'content_index') ?? ''}/${at(value, 'index') ?? ''}`;
    add(key, textAt(value, 'delta'));
    for (const name of ['text', 'partial_json', 'thinking', 'signature']) add(`${key}/${name}`, textAt(value, 'delta', name));
    for (const name of ['text', 'arguments']) add(`${key}/${name}`, textAt(value, name));
  }
  return all;
}

/** A stream of one text in these pieces, in one of the three APIs. */
type Writer = (pieces: readonly string[]) => { readonly stream: Buffer; readonly key: string };
const line = (value: Json): string => `data: ${JSON.stringify(value)}\n\n`;
const named = (value: Json): string => `event: ${textAt(value, 'type')}\n${line(value)}`;
const chunk = (delta: Json, finish: string | null = null): string =>
  line({ id: 'c', choices: [{ index: 0, delta, finish_reason: finish }] });

const chat: Writer = (pieces) => ({
  stream: Buffer.from(`${pieces.map((content) => chunk({ content })).join('')}${chunk({}, 'stop')}data: [DONE]\n\n`),
  key: '0/content',
});
const chatTool: Writer = (pieces) => ({
  stream: Buffer.from(
    `${pieces.map((text) => chunk({ tool_calls: [{ index: 0, function: { arguments: text } }] })).join('')}${chunk({}, 'tool_calls')}data: [DONE]\n\n`,
  ),
  key: '0/tool/0',
});
const responses: Writer = (pieces) => {
  const where = { output_index: 0, content_index: 0 };
  const deltas = pieces.map((delta, index) => named({ type: 'response.output_text.delta', ...where, delta, sequence_number: index }));
  const done = named({ type: 'response.output_text.done', ...where, text: pieces.join(''), sequence_number: pieces.length });
  return { stream: Buffer.from(deltas.join('') + done), key: 'response.output_text.delta/0/0/' };
};
const responsesTool: Writer = (pieces) => {
  const deltas = pieces.map((delta) => named({ type: 'response.function_call_arguments.delta', output_index: 0, delta }));
  const done = named({ type: 'response.function_call_arguments.done', output_index: 0, arguments: pieces.join('') });
  return { stream: Buffer.from(deltas.join('') + done), key: 'response.function_call_arguments.delta/0//' };
};
const block = (type: string, member: string): Writer => {
  return (pieces) => {
    const deltas = pieces.map((text) => named({ type: 'content_block_delta', index: 0, delta: { type, [member]: text } }));
    return {
      stream: Buffer.from(deltas.join('') + named({ type: 'content_block_stop', index: 0 })),
      key: `content_block_delta///0/${member}`,
    };
  };
};
const messages = block('text_delta', 'text');
const messagesTool = block('input_json_delta', 'partial_json');
const WRITERS: readonly (readonly [string, LlmApi, Writer])[] = [
  ['chat', 'chat', chat],
  ['responses', 'responses', responses],
  ['messages', 'messages', messages],
];
const TOOL_WRITERS: readonly (readonly [string, LlmApi, Writer])[] = [
  ['chat', 'chat', chatTool],
  ['responses', 'responses', responsesTool],
  ['messages', 'messages', messagesTool],
];

function pieces(text: string, sizes: readonly number[]): string[] {
  const all: string[] = [];
  for (let from = 0, index = 0; from < text.length; index += 1) {
    const size = sizes[index % sizes.length] ?? 1;
    all.push(text.slice(from, from + size));
    from += size;
  }
  return all;
}

const words = fc
  .array(
    fc.oneof(fc.constantFrom(...SECRETS), fc.string({ unit: 'grapheme', maxLength: 6 }), fc.constantFrom(' ', '\n', '. ', '"', '\\')),
    { maxLength: 12 },
  )
  .map((all) => all.join(''));
const sizes = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 5 });

describe.each(WRITERS)('texts of %s', (_, api, writer) => {
  test('are masked the same however they and their bytes are cut, and every event stays', () => {
    fc.assert(
      fc.property(words, sizes, sizes, (text, parts, cuts) => {
        const { stream, key } = writer(pieces(text, parts));
        const { sent } = run(api, cut(stream, cuts));
        const bytes = Buffer.from(text);
        const expected = (findWords.value(bytes, 0, bytes.length, () => {}) ?? bytes).toString();
        expect(texts(sent)[key] ?? '').toBe(expected);
        expect(sent.toString()).toBe(run(api, [stream]).sent.toString());
        // At most one event came in between, for what was held back.
        const [before, after] = [values(stream), values(sent)];
        expect(after.length - before.length).toBeLessThanOrEqual(1);
        expect(after.filter((value) => !isText(value))).toEqual(
          before.filter((value) => !isText(value)).map((value) => repeats(value, text, expected)),
        );
      }),
      { numRuns: 100 },
    );
  });

  test.each(SECRETS)('with %s never show it, whatever its pieces', (secret) => {
    for (let size = 1; size <= secret.length; size += 1) {
      const { stream } = writer(['So ', ...pieces(secret, [size]), ' it is']);
      const { sent, recorded, counted } = run(api, [stream]);
      expect(Object.values(texts(sent)).join('|')).not.toContain(secret);
      expect(Object.values(texts(sent)).join('|')).toContain('So *** it is');
      expect(recorded).toEqual(sent);
      // Once, though it may be repeated.
      expect(counted).toBe(1);
    }
  });
});

function isText(value: Json): boolean {
  return (
    textAt(value, 'delta') !== undefined ||
    textAt(value, 'delta', 'text') !== undefined ||
    textAt(at(value, 'choices', 0), 'delta', 'content') !== undefined
  );
}

function repeats(value: Json, text: string, masked: string): Json {
  return textAt(value, 'text') === text ? { ...(value as object), text: masked } : value;
}

describe.each(TOOL_WRITERS)('arguments of %s', (_, api, writer) => {
  const escaped = '{"to":"alice\\u0040example.com","n":4111111111111111,"key":"AKIAIOSFODNN7EXAMPLE","say":"\\"caf\\u00e9\\""}';

  test('are masked wherever they are cut, and stay JSON', () => {
    for (let size = 1; size <= escaped.length; size += 1) {
      const { stream, key } = writer(pieces(escaped, [size]));
      const { sent } = run(api, [stream]);
      expect(JSON.parse(texts(sent)[key] ?? '')).toEqual({ to: '***', n: '***', key: '***', say: '"café"' });
      for (const secret of [...SECRETS, '\\u0040']) expect(Object.values(texts(sent)).join('|')).not.toContain(secret);
    }
  });

  test('that break off pass as far as they came', () => {
    const { stream, key } = writer(['{"to":"bo', 'b']);
    expect(texts(run(api, [stream]).sent)[key]).toBe('{"to":"bob');
  });
});

test('whatever comes, the answer is the same however it is cut, or refused with a sentence', () => {
  const edit = fc.tuple(
    fc.nat(),
    fc.constantFrom('', '"', '\\', '{', '}', '[', '\n', '\n\n', '\r', ':', 'null', '"delta":', '"index":7,', '\u{ff}', 'alice@example.com'),
  );
  fc.assert(
    fc.property(fc.constantFrom(...streams), fc.array(edit, { minLength: 1, maxLength: 6 }), sizes, (name, edits, cuts) => {
      let bytes = fixture(name);
      for (const [place, by] of edits) {
        const where = place % bytes.length;
        bytes = Buffer.concat([bytes.subarray(0, where), Buffer.from(by, 'latin1'), bytes.subarray(where + (place % 3))]);
      }
      const result = (chunks: readonly Buffer[]): string => {
        try {
          return run(apiOf(name), chunks).sent.toString('latin1');
        } catch (error) {
          expect(error).toBeInstanceOf(GatewayError);
          return 'refused';
        }
      };
      expect(
        result(
          cut(
            bytes,
            cuts.map((size) => size * 40),
          ),
        ),
      ).toBe(result([bytes]));
    }),
    { numRuns: 200 },
  );
});

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
