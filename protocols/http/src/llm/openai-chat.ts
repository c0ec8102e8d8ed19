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

function readChoice(event: Json, choice: Json, place: Place, structured: boolean): Omit<Reading, 'nested' | 'repeated'> {
  const index = numberAt(choice, 'index') ?? Number(place[1]);
  const delta = at(choice, 'delta');
  const deltas: Delta[] = [];
  const add = (way: Place, part: string, form: Delta['form'], as: Delta['as'], shape: (text: string) => Json): void => {
    const text = textAt(delta, ...way);
    if (text === undefined) return;
    const envelope = envelopeOf(event);
    const carrier = (piece: string): Json => ({ ...envelope, choices: [{ index, delta: shape(piece), finish_reason: null }] });
    deltas.push({ place: [...place, 'delta', ...way], text, part: `${index}/${part}`, form, as, carrier });
  };
  for (const name of TEXTS) {
    const form = structured && name === 'content' ? 'json' : 'text';
    add([name], name, form, name.startsWith('reasoning') ? 'reasoning' : 'completion', (text) => ({ [name]: text }));
  }
  add(['audio', 'transcript'], 'audio', 'text', 'completion', (transcript) => ({ audio: { transcript } }));
  add(['function_call', 'arguments'], 'function', 'json', 'arguments', (text) => ({ function_call: { arguments: text } }));
  const facts: Fact[] = named(`${index}/function`, textAt(delta, 'function_call', 'name'));
  for (const [number, call] of listAt(delta, 'tool_calls').entries()) {
    const tool = numberAt(call, 'index') ?? number;
    const one = (text: Json): Json => ({ tool_calls: [{ index: tool, ...(text as object) }] });
    const way = ['tool_calls', number] as const;
    add([...way, 'function', 'arguments'], `tool/${tool}`, 'json', 'arguments', (text) => one({ function: { arguments: text } }));
    add([...way, 'custom', 'input'], `tool/${tool}`, 'text', 'arguments', (input) => one({ custom: { input } }));
    facts.push(...named(`${index}/tool/${tool}`, textAt(call, 'function', 'name') ?? textAt(call, 'custom', 'name')));
  }
  for (const [number, detail] of listAt(delta, 'reasoning_details').entries()) {
    const block = numberAt(detail, 'index') ?? number;
    const type = textAt(detail, 'type');
    for (const name of ['text', 'summary']) {
      const shape = (text: string): Json => ({ reasoning_details: [{ type, index: block, [name]: text }] });
      add(['reasoning_details', number, name], `details/${block}/${name}`, 'text', undefined, shape);
    }
  }
  const reason = textAt(choice, 'finish_reason') ?? '';
  if (reason !== '') facts.push({ type: 'finish', reason });
  return { deltas, ends: reason === '' ? [] : [`${index}/`], signed: opaque(delta, [...place, 'delta']), facts };
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
