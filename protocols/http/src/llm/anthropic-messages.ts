import { type Delta, type Dialect, type Fact, type Marks, type Message, NO_MARKS, type Reading, type Usage } from './dialect.ts';
import { at, type Json, listAt, numberAt, type Place, textAt } from './json-value.ts';
import { partsText } from './message-text.ts';

/** The pieces that a block comes in: their type, the member with the text, and what it is. */
const PIECES: readonly (readonly [type: string, member: string, form: Delta['form'], as: Delta['as']])[] = [
  ['text_delta', 'text', 'text', 'completion'],
  ['input_json_delta', 'partial_json', 'json', 'arguments'],
  ['thinking_delta', 'thinking', 'signed', 'reasoning'],
];
/** What only the target can read, and wants back as it was: in a block or in what lies in it. */
const OPAQUE = ['signature', 'encrypted_content', 'encrypted_index', 'encrypted_stdout'] as const;

/**
 * Anthropic's Messages ({@link https://docs.claude.com/en/docs/build-with-claude/streaming streaming}). Thinking is signed
 * ({@link https://docs.claude.com/en/docs/build-with-claude/extended-thinking extended thinking}): the API refuses it once it was edited.
 */
export const anthropicMessages: Dialect = {
  structured: (request) =>
    /^json/.test(textAt(request, 'output_config', 'format', 'type') ?? textAt(request, 'output_format', 'type') ?? ''),
  event(event, structured) {
    const index = numberAt(event, 'index') ?? 0;
    const reading: Reading = { ...NO_MARKS, deltas: [], ends: [], facts: [] };
    switch (textAt(event, 'type')) {
      case 'message_start':
        return { ...reading, ...documentMarks(at(event, 'message'), ['message']), facts: aboutAnswer(at(event, 'message')) };
      case 'content_block_start':
        return { ...reading, ...readStart(event, index, structured) };
      case 'content_block_delta':
        return { ...reading, ...readDelta(event, index, structured) };
      case 'content_block_stop':
        return { ...reading, ends: [`${index}/`] };
      case 'message_delta':
        return { ...reading, ends: [''], facts: [...finish(at(event, 'delta')), ...usage(at(event, 'usage'))] };
      case 'message_stop':
      case 'error':
        return { ...reading, ends: [''] };
      default:
        return reading;
    }
  },
  document(document, structured) {
    const marks = documentMarks(document, []);
    const texts = listAt(document, 'content').map(
      (block, index): Place => (textAt(block, 'type') === 'text' ? ['content', index, 'text'] : []),
    );
    return { ...marks, nested: structured ? texts.filter((place) => place.length > 0) : [] };
  },
  facts(answer) {
    const blocks = listAt(answer, 'content').flatMap((block, index) => blockFacts(block, index, true));
    return [...aboutAnswer(answer), ...blocks, ...finish(answer)];
  },
  messages(request) {
    const system = partsText(at(request, 'system'));
    return [...(system === '' ? [] : [{ role: 'system', text: system }]), ...listAt(request, 'messages').map(readMessage)];
  },
};

/** A block mostly begins empty; what it begins with counts as its first piece. */
function readStart(event: Json, index: number, structured: boolean): Partial<Reading> {
  const block = at(event, 'content_block');
  const type = textAt(block, 'type');
  const facts = blockFacts(block, index, false);
  if (type !== 'text' && type !== 'thinking') return { signed: blockMarks(block, ['content_block']), facts };
  const deltas = deltasOf(block, ['content_block'], `${type}_delta`, index, structured);
  return { deltas, signed: opaque(block, ['content_block']) };
}

function readDelta(event: Json, index: number, structured: boolean): Partial<Reading> {
  const delta = at(event, 'delta');
  const citation = opaque(at(delta, 'citation'), ['delta', 'citation']);
  const signed = [...opaque(delta, ['delta']), ...citation];
  return { deltas: deltasOf(delta, ['delta'], textAt(delta, 'type') ?? '', index, structured), signed };
}

function deltasOf(value: Json, place: Place, type: string, index: number, structured: boolean): Delta[] {
  const piece = PIECES.find(([each]) => each === type);
  const text = piece && textAt(value, piece[1]);
  if (piece === undefined || text === undefined) return [];
  const [, member, plain, as] = piece;
  const form = structured && type === 'text_delta' ? 'json' : plain;
  const carrier = (more: string): Json => ({ type: 'content_block_delta', index, delta: { type, [member]: more } });
  return [{ place: [...place, member], text, part: partOf(index, type), form, as, carrier }];
}

function partOf(index: number, type: string): string {
  return `${index}/${type}`;
}

function documentMarks(document: Json, place: Place): Marks {
  const own = listAt(document, 'content').flatMap((block, index) => blockMarks(block, [...place, 'content', index]));
  const asked = listAt(document, 'messages').flatMap((message, number) =>
    listAt(message, 'content').flatMap((block, index) => blockMarks(block, [...place, 'messages', number, 'content', index])),
  );
  return { ...NO_MARKS, signed: [...own, ...asked] };
}

/** A tool's input is the model's to write: nothing in it counts as signed. */
function blockMarks(block: Json, place: Place): Place[] {
  const type = textAt(block, 'type');
  if (type === 'thinking') return [...opaque(block, place), ...present(block, place, ['thinking'])];
  if (type === 'redacted_thinking') return present(block, place, ['data']);
  const content = at(block, 'content');
  // The result of a tool that ran at the target is a list, or one thing.
  const results = Array.isArray(content)
    ? content.flatMap((result, index) => opaque(result, [...place, 'content', index]))
    : opaque(content, [...place, 'content']);
  const citations = listAt(block, 'citations').flatMap((citation, index) => opaque(citation, [...place, 'citations', index]));
  return [...opaque(block, place), ...results, ...citations];
}

function opaque(value: Json, place: Place): Place[] {
  return present(value, place, OPAQUE);
}

function present(value: Json, place: Place, names: readonly string[]): Place[] {
  return names.filter((name) => textAt(value, name) !== undefined).map((name) => [...place, name]);
}

/** @param whole it has come in one piece; otherwise its deltas follow. */
function blockFacts(block: Json, index: number, whole: boolean): Fact[] {
  const type = textAt(block, 'type');
  if (type === 'text') return [{ type: 'completion', part: partOf(index, 'text_delta'), text: textAt(block, 'text') ?? '' }];
  if (type === 'thinking') return [{ type: 'reasoning', part: partOf(index, 'thinking_delta'), text: textAt(block, 'thinking') ?? '' }];
  const part = partOf(index, 'input_json_delta');
  const name = textAt(block, 'name');
  if (name === undefined || at(block, 'input') === undefined) return [];
  const call: Fact = { type: 'call', part, name };
  return whole ? [call, { type: 'arguments', part, text: JSON.stringify(at(block, 'input')) }] : [call];
}

function aboutAnswer(answer: Json): Fact[] {
  const model = textAt(answer, 'model');
  return [...(model === undefined ? [] : [{ type: 'model', model } as const]), ...usage(at(answer, 'usage') ?? answer)];
}

function finish(value: Json): Fact[] {
  const reason = textAt(value, 'stop_reason');
  return reason === undefined ? [] : [{ type: 'finish', reason }];
}

/** What was read from a cache, and what was written to one, is not among `input_tokens`. */
function usage(used: Json): Fact[] {
  const [fresh, cached, written] = ['input_tokens', 'cache_read_input_tokens', 'cache_creation_input_tokens'].map((name) =>
    numberAt(used, name),
  );
  const found: Usage = {
    input: fresh === undefined ? undefined : fresh + (cached ?? 0) + (written ?? 0),
    output: numberAt(used, 'output_tokens'),
    cached,
  };
  return Object.values(found).some((count) => count !== undefined) ? [{ type: 'usage', usage: found }] : [];
}

function readMessage(message: Json): Message {
  const content = at(message, 'content');
  const calls = listAt(message, 'content')
    .filter((block) => textAt(block, 'type') === 'tool_use')
    .map((block) => ({ name: textAt(block, 'name') ?? '', arguments: JSON.stringify(at(block, 'input') ?? {}) }));
  return { role: textAt(message, 'role') ?? '', text: partsText(content), ...(calls.length > 0 && { tool_calls: calls }) };
}
