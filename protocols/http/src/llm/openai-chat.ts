import type { Delta, Dialect, Fact, Marks, Message, Reading, ToolCall } from './dialect.ts';
import { at, type Json, listAt, numberAt, type Place, textAt } from './json-value.ts';
import { partsText } from './message-text.ts';
import type { Edit } from './splice.ts';

/** Texts of a delta. `reasoning…` are other servers' names for what OpenAI does not show; none of them is signed. */
const TEXTS = ['content', 'refusal', 'reasoning_content', 'reasoning', 'reasoning_text'] as const;
/** What clients must send back as it came: reasoning that only the server can read. */
const OPAQUE = ['reasoning_opaque', 'encrypted_content'] as const;
/** What all chunks of one answer have in common. */
const ENVELOPE = ['id', 'object', 'created', 'model', 'system_fingerprint', 'service_tier'] as const;
const LONGEST_NAME = 256;

/**
 * OpenAI's Chat Completions and those of the many servers that speak it
 * ({@link https://platform.openai.com/docs/api-reference/chat-streaming streaming}).
 */
export const openaiChat: Dialect = {
  structured: (request) => /^json/.test(textAt(request, 'response_format', 'type') ?? ''),
  event(event, structured) {
    const readings = listAt(event, 'choices').map((choice, index) => readChoice(event, choice, ['choices', index], structured));
    return {
      deltas: readings.flatMap(({ deltas }) => deltas),
      ends: readings.flatMap(({ ends }) => ends),
      nested: [],
      signed: readings.flatMap(({ signed }) => signed),
      repeated: logprobs(event),
      facts: [...aboutAnswer(event), ...readings.flatMap(({ facts }) => facts)],
    };
  },
  document(document, structured) {
    const answers = listAt(document, 'choices').map((choice, index) =>
      messageMarks(at(choice, 'message'), ['choices', index, 'message'], structured),
    );
    const asked = listAt(document, 'messages').map((message, index) => messageMarks(message, ['messages', index], false));
    const all = [...answers, ...asked];
    return {
      nested: all.flatMap(({ nested }) => nested),
      signed: all.flatMap(({ signed }) => signed),
      repeated: logprobs(document),
    };
  },
  facts: (answer) => [
    ...aboutAnswer(answer),
    ...listAt(answer, 'choices').flatMap((choice, index) => messageFacts(choice, numberAt(choice, 'index') ?? index)),
  ],
  messages: (request) => listAt(request, 'messages').map(readMessage),
};

/** A text that a delta may have a piece of. */
interface Piece {
  /** From the delta. */
  readonly way: Place;
  readonly part: string;
  readonly form: Delta['form'];
  readonly as: Delta['as'];
  /** A delta with a piece of this text alone. */
  readonly shape: (text: string) => Json;
}

function readChoice(event: Json, choice: Json, place: Place, structured: boolean): Omit<Reading, 'nested' | 'repeated'> {
  const index = numberAt(choice, 'index') ?? Number(place[1]);
  const delta = at(choice, 'delta');
  const calls = listAt(delta, 'tool_calls');
  const envelope = envelopeOf(event);
  const pieces = [...plainPieces(structured), ...calls.flatMap(callPieces), ...listAt(delta, 'reasoning_details').flatMap(detailPieces)];
  const deltas = pieces.flatMap(({ way, part, form, as, shape }): Delta[] => {
    const text = textAt(delta, ...way);
    if (text === undefined) return [];
    const carrier = (more: string): Json => ({ ...envelope, choices: [{ index, delta: shape(more), finish_reason: null }] });
    return [{ place: [...place, 'delta', ...way], text, part: `${index}/${part}`, form, as, carrier }];
  });
  const names = calls.flatMap((call, number) =>
    named(`${index}/${callPart(call, number)}`, textAt(call, 'function', 'name') ?? textAt(call, 'custom', 'name')),
  );
  const facts = [...named(`${index}/function`, textAt(delta, 'function_call', 'name')), ...names];
  const reason = textAt(choice, 'finish_reason') ?? '';
  if (reason !== '') facts.push({ type: 'finish', reason });
  return { deltas, ends: reason === '' ? [] : [`${index}/`], signed: opaque(delta, [...place, 'delta']), facts };
}

function plainPieces(structured: boolean): Piece[] {
  const texts = TEXTS.map((name): Piece => {
    const form = structured && name === 'content' ? 'json' : 'text';
    const as = name.startsWith('reasoning') ? 'reasoning' : 'completion';
    return { way: [name], part: name, form, as, shape: (text) => ({ [name]: text }) };
  });
  return [
    ...texts,
    { way: ['audio', 'transcript'], part: 'audio', form: 'text', as: 'completion', shape: (transcript) => ({ audio: { transcript } }) },
    {
      ...{ way: ['function_call', 'arguments'], part: 'function', form: 'json', as: 'arguments' },
      shape: (text) => ({ function_call: { arguments: text } }),
    },
  ];
}

function callPart(call: Json, number: number): string {
  return `tool/${numberAt(call, 'index') ?? number}`;
}

function callPieces(call: Json, number: number): Piece[] {
  const index = numberAt(call, 'index') ?? number;
  const common = { part: callPart(call, number), as: 'arguments' } as const;
  const shape = (content: object): Json => ({ tool_calls: [{ index, ...content }] });
  return [
    {
      ...{ ...common, way: ['tool_calls', number, 'function', 'arguments'], form: 'json' },
      shape: (text) => shape({ function: { arguments: text } }),
    },
    { ...{ ...common, way: ['tool_calls', number, 'custom', 'input'], form: 'text' }, shape: (input) => shape({ custom: { input } }) },
  ];
}

function detailPieces(detail: Json, number: number): Piece[] {
  const [index, type] = [numberAt(detail, 'index') ?? number, textAt(detail, 'type')];
  return ['text', 'summary'].map((name) => ({
    ...{ way: ['reasoning_details', number, name], part: `details/${index}/${name}`, form: 'text', as: undefined },
    shape: (text) => ({ reasoning_details: [{ type, index, [name]: text }] }),
  }));
}

function named(part: string, name: string | undefined): Fact[] {
  return name === undefined || name === '' ? [] : [{ type: 'call', part, name }];
}

function envelopeOf(event: Json): Record<string, Json> {
  const short = (value: Json): boolean => typeof value === 'number' || (typeof value === 'string' && value.length <= LONGEST_NAME);
  return Object.fromEntries(ENVELOPE.map((name) => [name, at(event, name)]).filter(([, value]) => short(value)));
}

/** Of each token its text, and those that were likely beside it. */
export function logprobs(document: Json): Edit[] {
  return listAt(document, 'choices').flatMap((choice, index) => {
    const value = at(choice, 'logprobs');
    return typeof value === 'object' && value !== null ? [{ place: ['choices', index, 'logprobs'], json: 'null' }] : [];
  });
}

function opaque(message: Json, place: Place): Place[] {
  const own = OPAQUE.filter((name) => textAt(message, name) !== undefined).map((name) => [...place, name]);
  const details = listAt(message, 'reasoning_details').flatMap((detail, index) =>
    ['data', 'signature'].filter((name) => textAt(detail, name) !== undefined).map((name) => [...place, 'reasoning_details', index, name]),
  );
  return [...own, ...details];
}

function messageMarks(message: Json, place: Place, structured: boolean): Marks {
  const nested: Place[] = listAt(message, 'tool_calls')
    .map((_, index): Place => ['tool_calls', index, 'function', 'arguments'])
    .concat([['function_call', 'arguments']], structured ? [['content']] : [])
    .filter((way) => textAt(message, ...way) !== undefined)
    .map((way) => [...place, ...way]);
  return { nested, signed: opaque(message, place), repeated: [] };
}

/** Model and use, which chunks have as whole answers do. */
export function aboutAnswer(answer: Json): Fact[] {
  const facts: Fact[] = [];
  const model = textAt(answer, 'model');
  if (model !== undefined) facts.push({ type: 'model', model });
  const used = at(answer, 'usage');
  if (typeof used === 'object' && used !== null) {
    const usage = {
      input: numberAt(used, 'prompt_tokens'),
      output: numberAt(used, 'completion_tokens'),
      cached: numberAt(used, 'prompt_tokens_details', 'cached_tokens'),
      reasoning: numberAt(used, 'completion_tokens_details', 'reasoning_tokens'),
    };
    facts.push({ type: 'usage', usage });
  }
  return facts;
}

function messageFacts(choice: Json, index: number): Fact[] {
  const message = at(choice, 'message');
  const facts: Fact[] = [];
  for (const name of TEXTS) {
    const text = name === 'content' ? partsText(at(message, name)) : textAt(message, name);
    if (text) facts.push({ type: name.startsWith('reasoning') ? 'reasoning' : 'completion', part: `${index}/${name}`, text });
  }
  for (const [number, call] of toolCalls(message).entries()) {
    const part = `${index}/tool/${number}`;
    facts.push(...named(part, call.name), { type: 'arguments', part, text: call.arguments });
  }
  const reason = textAt(choice, 'finish_reason');
  return reason ? [...facts, { type: 'finish', reason }] : facts;
}

function toolCalls(message: Json): ToolCall[] {
  const calls = listAt(message, 'tool_calls').map((call) => at(call, 'function') ?? at(call, 'custom'));
  const legacy = at(message, 'function_call');
  return [...calls, ...(legacy === undefined || legacy === null ? [] : [legacy])].map((call) => ({
    name: textAt(call, 'name') ?? '',
    arguments: textAt(call, 'arguments') ?? textAt(call, 'input') ?? '',
  }));
}

function readMessage(message: Json): Message {
  const calls = toolCalls(message);
  return {
    role: textAt(message, 'role') ?? '',
    text: partsText(at(message, 'content')),
    ...(calls.length > 0 && { tool_calls: calls }),
  };
}
