import { type Delta, type Dialect, type Fact, type Marks, type Message, NO_MARKS, type Reading } from './dialect.ts';
import { at, type Json, listAt, numberAt, type Place, textAt } from './json-value.ts';
import { partsText } from './message-text.ts';
import type { Edit } from './splice.ts';

/** Where an event says which text it is about. */
const INDEXES = ['item_id', 'output_index', 'content_index', 'summary_index'] as const;
/** The last event of a stream. */
const LAST = /^(?:response\.(?:completed|incomplete|failed|cancelled)|error)$/;
/** Sound comes in base64. */
const BINARY = /^response\.(?:audio|image_generation_call)\./;

/**
 * OpenAI's Responses ({@link https://platform.openai.com/docs/api-reference/responses-streaming streaming}). Each event of type
 * `X.delta` with a text is a piece of a text that `X.done` ends and repeats, and that later events repeat with all around it.
 */
export const openaiResponses: Dialect = {
  structured: (request) => /^json/.test(textAt(request, 'text', 'format', 'type') ?? ''),
  event(event, structured) {
    const type = textAt(event, 'type') ?? '';
    if (type.endsWith('.delta')) return readDelta(event, type, structured);
    const marks = joined([
      itemMarks(event, [], structured && type === 'response.output_text.done'),
      partMarks(at(event, 'part'), ['part'], structured),
      itemMarks(at(event, 'item'), ['item'], structured),
      documentMarks(at(event, 'response'), ['response'], structured),
    ]);
    const ends = endsOf(event, type);
    return { ...marks, deltas: [], ends, facts: eventFacts(event, type), repeats: ends.length > 0 };
  },
  document: (document, structured) => documentMarks(document, [], structured),
  facts: (answer) => answerFacts(answer),
  messages(request) {
    const input = at(request, 'input');
    const instructions = textAt(request, 'instructions');
    return [
      ...(instructions === undefined ? [] : [{ role: 'system', text: instructions }]),
      ...(typeof input === 'string' ? [{ role: 'user', text: input }] : listAt(input).map(readItem)),
    ];
  },
};

function readDelta(event: Json, type: string, structured: boolean): Reading {
  const text = textAt(event, 'delta');
  const none: Reading = { ...NO_MARKS, deltas: [], ends: [], facts: [] };
  if (text === undefined || BINARY.test(type)) return none;
  const base = type.slice(0, -'.delta'.length);
  const isJson = base.endsWith('_arguments') || (structured && base === 'response.output_text');
  const indexes = Object.fromEntries(INDEXES.map((name) => [name, at(event, name)]).filter(([, value]) => value !== undefined));
  const delta: Delta = {
    place: ['delta'],
    text,
    part: partOf(event, base),
    form: isJson ? 'json' : 'text',
    as: kindOf(base),
    carrier: (piece) => ({ type, ...indexes, delta: piece }),
  };
  return { ...none, deltas: [delta], repeated: logprobs(event, []) };
}

/** `2/c0/response.output_text`: by output, then by the part of it, then by what comes in pieces. */
function partOf(event: Json, base: string): string {
  return `${slotOf(event)}${base}`;
}

function slotOf(event: Json): string {
  const content = numberAt(event, 'content_index');
  const summary = numberAt(event, 'summary_index');
  const slot = content === undefined ? (summary === undefined ? '' : `s${summary}`) : `c${content}`;
  return `${numberAt(event, 'output_index') ?? ''}/${slot}/`;
}

function kindOf(base: string): Delta['as'] {
  if (base.endsWith('_arguments') || base.endsWith('_input')) return 'arguments';
  if (base.includes('reasoning')) return 'reasoning';
  return /(?:output_text|refusal|transcript)$/.test(base) ? 'completion' : undefined;
}

function endsOf(event: Json, type: string): string[] {
  if (LAST.test(type)) return [''];
  if (!type.endsWith('.done')) return [];
  if (type === 'response.output_item.done') return [`${numberAt(event, 'output_index') ?? ''}/`];
  if (type.endsWith('_part.done')) return [slotOf(event)];
  return [partOf(event, type.slice(0, -'.done'.length))];
}

function joined(all: readonly Marks[]): Marks {
  return {
    nested: all.flatMap(({ nested }) => nested),
    signed: all.flatMap(({ signed }) => signed),
    repeated: all.flatMap(({ repeated }) => repeated),
  };
}

/** A request or a response: a list of items under `input` or `output`. */
function documentMarks(document: Json, place: Place, structured: boolean): Marks {
  return joined(
    ['input', 'output'].flatMap((name) =>
      listAt(document, name).map((item, index) => itemMarks(item, [...place, name, index], structured && name === 'output')),
    ),
  );
}

/** A message, a call, reasoning; and the `.done` that repeats a text, which has the same members. */
function itemMarks(item: Json, place: Place, structured: boolean): Marks {
  const parts = listAt(item, 'content').map((part, index) => partMarks(part, [...place, 'content', index], structured));
  const nested = textAt(item, 'arguments') === undefined ? [] : [[...place, 'arguments']];
  const signed = textAt(item, 'encrypted_content') === undefined ? [] : [[...place, 'encrypted_content']];
  return joined([...parts, { nested, signed, repeated: [] }, ...(place.length === 0 ? [partMarks(item, place, structured)] : [])]);
}

function partMarks(part: Json, place: Place, structured: boolean): Marks {
  const nested = structured && textAt(part, 'text') !== undefined ? [[...place, 'text']] : [];
  return { nested, signed: [], repeated: logprobs(part, place) };
}

/** Of each token its text, and those that were likely beside it. */
function logprobs(part: Json, place: Place): Edit[] {
  return listAt(part, 'logprobs').length > 0 ? [{ place: [...place, 'logprobs'], json: '[]' }] : [];
}

function eventFacts(event: Json, type: string): Fact[] {
  if (type === 'response.output_item.added') return calls(at(event, 'item'), numberAt(event, 'output_index') ?? 0);
  const response = at(event, 'response');
  return LAST.test(type) ? answerFacts(response, type.replace('response.', '')) : about(response);
}

/** @param state how it ended, where that is known. */
function about(response: Json, state?: string): Fact[] {
  const facts: Fact[] = [];
  const model = textAt(response, 'model');
  if (model !== undefined) facts.push({ type: 'model', model });
  const reason = textAt(response, 'incomplete_details', 'reason') ?? textAt(response, 'error', 'code') ?? state;
  if (reason !== undefined) facts.push({ type: 'finish', reason });
  const used = at(response, 'usage');
  if (typeof used !== 'object' || used === null) return facts;
  const usage = {
    input: numberAt(used, 'input_tokens'),
    output: numberAt(used, 'output_tokens'),
    cached: numberAt(used, 'input_tokens_details', 'cached_tokens'),
    reasoning: numberAt(used, 'output_tokens_details', 'reasoning_tokens'),
  };
  return [...facts, { type: 'usage', usage }];
}

function answerFacts(answer: Json, state: string | undefined = textAt(answer, 'status')): Fact[] {
  return [...listAt(answer, 'output').flatMap(itemFacts), ...about(answer, state)];
}

/** The same parts as where they come in pieces. */
function itemFacts(item: Json, index: number): Fact[] {
  const texts = (name: string, slot: string, type: 'completion' | 'reasoning', base: (part: Json) => string): Fact[] =>
    listAt(item, name).map((part, number) => ({ type, part: `${index}/${slot}${number}/${base(part)}`, text: partsText([part]) }));
  switch (textAt(item, 'type')) {
    case 'message':
      return texts('content', 'c', 'completion', (part) => `response.${textAt(part, 'type')}`);
    case 'reasoning':
      return [
        ...texts('summary', 's', 'reasoning', () => 'response.reasoning_summary_text'),
        ...texts('content', 'c', 'reasoning', () => 'response.reasoning_text'),
      ];
    default:
      return calls(item, index);
  }
}

/** Calls by their type, and the texts in which their arguments come. */
const CALLS: Readonly<Record<string, string>> = {
  function_call: 'response.function_call_arguments',
  mcp_call: 'response.mcp_call_arguments',
  custom_tool_call: 'response.custom_tool_call_input',
};

function calls(item: Json, index: number): Fact[] {
  const base = CALLS[textAt(item, 'type') ?? ''];
  const name = textAt(item, 'name');
  if (base === undefined || name === undefined) return [];
  const part = partOf({ output_index: index }, base);
  return [
    { type: 'call', part, name },
    { type: 'arguments', part, text: argumentsOf(item) ?? '' },
  ];
}

function argumentsOf(item: Json): string | undefined {
  return textAt(item, 'arguments') ?? textAt(item, 'input');
}

function reasoningText(item: Json): string {
  return [partsText(at(item, 'summary')), partsText(at(item, 'content'))].filter((text) => text !== '').join('\n');
}

function readItem(item: Json): Message {
  const type = textAt(item, 'type');
  const text = argumentsOf(item);
  if (text !== undefined) return { role: 'assistant', text: '', tool_calls: [{ name: textAt(item, 'name') ?? '', arguments: text }] };
  if (type === 'reasoning') return { role: 'assistant', text: reasoningText(item) };
  const output = at(item, 'output');
  if (output !== undefined) return { role: 'tool', text: partsText(output) };
  return { role: textAt(item, 'role') ?? type ?? '', text: partsText(at(item, 'content')) };
}
