import type { ContentMasks } from '@sallyport/core';
import type { LlmApi } from '../src/llm/api.ts';
import { beginLlm, type LlmExchange } from '../src/llm/begin-llm.ts';
import { at, type Json, listAt, textAt } from '../src/llm/json-value.ts';
import { EventDecoder } from '../src/sse/decoder.ts';
import { dataOf, type ServerSentEvent } from '../src/sse/event.ts';
import { findWords } from './find-words.ts';

const NO_MASKS = { text: undefined, fields: undefined };
export const SECRETS = ['alice@example.com', '4111111111111111', 'AKIAIOSFODNN7EXAMPLE'];

export interface Run {
  readonly sent: Buffer;
  readonly recorded: Buffer;
  readonly counted: number;
  readonly exchange: LlmExchange;
}

export function run(api: LlmApi, chunks: readonly Buffer[], options: { request?: Json; masked?: boolean; masks?: ContentMasks } = {}): Run {
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

export function events(bytes: Buffer): ServerSentEvent[] {
  const decoder = new EventDecoder();
  const all = decoder.push(bytes);
  const rest = decoder.flush();
  return rest === undefined ? all : [...all, rest];
}

export const values = (bytes: Buffer): Json[] =>
  events(bytes)
    .map((event) => dataOf(event)?.toString())
    .filter((data) => data !== undefined && data !== '[DONE]')
    .map((data) => JSON.parse(data as string));

export function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  for (let from = 0, index = 0; from < bytes.length; index += 1) {
    const size = sizes[index % sizes.length] ?? 1;
    chunks.push(bytes.subarray(from, from + size));
    from += size;
  }
  return chunks;
}

/** All texts of a stream, put together as clients do. */
export function texts(bytes: Buffer): Record<string, string> {
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
export type Writer = (pieces: readonly string[]) => { readonly stream: Buffer; readonly key: string };
export const line = (value: Json): string => `data: ${JSON.stringify(value)}\n\n`;
export const named = (value: Json): string => `event: ${textAt(value, 'type')}\n${line(value)}`;
export const chunk = (delta: Json, finish: string | null = null): string =>
  line({ id: 'c', choices: [{ index: 0, delta, finish_reason: finish }] });

export const chat: Writer = (pieces) => ({
  stream: Buffer.from(`${pieces.map((content) => chunk({ content })).join('')}${chunk({}, 'stop')}data: [DONE]\n\n`),
  key: '0/content',
});
export const chatTool: Writer = (pieces) => ({
  stream: Buffer.from(
    `${pieces.map((text) => chunk({ tool_calls: [{ index: 0, function: { arguments: text } }] })).join('')}${chunk({}, 'tool_calls')}data: [DONE]\n\n`,
  ),
  key: '0/tool/0',
});
export const responses: Writer = (pieces) => {
  const where = { output_index: 0, content_index: 0 };
  const deltas = pieces.map((delta, index) => named({ type: 'response.output_text.delta', ...where, delta, sequence_number: index }));
  const done = named({ type: 'response.output_text.done', ...where, text: pieces.join(''), sequence_number: pieces.length });
  return { stream: Buffer.from(deltas.join('') + done), key: 'response.output_text.delta/0/0/' };
};
export const responsesTool: Writer = (pieces) => {
  const deltas = pieces.map((delta) => named({ type: 'response.function_call_arguments.delta', output_index: 0, delta }));
  const done = named({ type: 'response.function_call_arguments.done', output_index: 0, arguments: pieces.join('') });
  return { stream: Buffer.from(deltas.join('') + done), key: 'response.function_call_arguments.delta/0//' };
};
export const block = (type: string, member: string): Writer => {
  return (pieces) => {
    const deltas = pieces.map((text) => named({ type: 'content_block_delta', index: 0, delta: { type, [member]: text } }));
    return {
      stream: Buffer.from(deltas.join('') + named({ type: 'content_block_stop', index: 0 })),
      key: `content_block_delta///0/${member}`,
    };
  };
};
export const messages = block('text_delta', 'text');
export const messagesTool = block('input_json_delta', 'partial_json');
export const WRITERS: readonly (readonly [string, LlmApi, Writer])[] = [
  ['chat', 'chat', chat],
  ['responses', 'responses', responses],
  ['messages', 'messages', messages],
];
export const TOOL_WRITERS: readonly (readonly [string, LlmApi, Writer])[] = [
  ['chat', 'chat', chatTool],
  ['responses', 'responses', responsesTool],
  ['messages', 'messages', messagesTool],
];

export function pieces(text: string, sizes: readonly number[]): string[] {
  const all: string[] = [];
  for (let from = 0, index = 0; from < text.length; index += 1) {
    const size = sizes[index % sizes.length] ?? 1;
    all.push(text.slice(from, from + size));
    from += size;
  }
  return all;
}
