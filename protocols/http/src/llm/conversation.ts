import type { LlmApi } from './api.ts';
import type { Delta, Fact, Message, Reading, ToolCall, Usage } from './dialect.ts';

/** What is kept of each kind of text, in characters: of the question its end, of the answer its beginning. */
const TEXT_LIMIT = 65_536;
const TEXTS_LIMIT = 256;
const MESSAGES_LIMIT = 256;

/** A call of a language model as the client saw it, masked. `type` and members are the record's. */
export interface LlmEvent {
  readonly type: 'llm';
  readonly api: LlmApi;
  readonly model: string | null;
  /** The answer came in pieces. */
  readonly stream: boolean;
  /** The last of them that have a place in 64 Ki characters. */
  readonly messages: readonly Message[];
  /** Messages before those. */
  readonly messages_omitted: number;
  /** Up to 64 Ki characters of each. */
  readonly completion: string;
  readonly reasoning: string;
  readonly tool_calls: readonly ToolCall[];
  /** Something of the answer is missing above. */
  readonly truncated: boolean;
  /** In tokens, as far as the target said. */
  readonly usage: Usage;
  /** Why the answer ended, in the API's words; null: it did not say. */
  readonly finish: string | null;
  /** From the request to the first text that could be read; null: there was none. */
  readonly first_token_ms: number | null;
  /** Hits by masking rule that the client saw in signed texts; the record shows them masked. */
  readonly unmasked: Readonly<Record<string, number>>;
}

interface Kept {
  readonly kind: 'completion' | 'reasoning' | 'arguments';
  text: string;
}

/** Puts together what was asked and answered. Its memory is bounded, whatever comes. */
export class Conversation {
  readonly #api: LlmApi;
  readonly #elapsed: () => number;
  readonly #texts = new Map<string, Kept>();
  readonly #calls = new Map<string, string>();
  readonly #unmasked: Record<string, number> = {};
  #messages: readonly Message[] = [];
  #omitted = 0;
  #stream = false;
  #model: string | null = null;
  #usage: Usage = {};
  #finish: string | null = null;
  #first: number | null = null;
  #truncated = false;

  /** @param elapsed milliseconds since the request was taken. */
  constructor(api: LlmApi, elapsed: () => number) {
    this.#api = api;
    this.#elapsed = elapsed;
  }

  /** @param messages already masked. */
  asked(messages: readonly Message[]): void {
    let room = TEXT_LIMIT;
    let from = messages.length;
    while (from > 0 && room > 0 && messages.length - from < MESSAGES_LIMIT) {
      from -= 1;
      room -= sizeOf(messages[from] as Message);
    }
    const kept = messages.slice(from);
    // The oldest of them may have a part of its text only.
    if (room < 0 && kept[0] !== undefined) kept[0] = endOf(kept[0], sizeOf(kept[0]) + room);
    this.#messages = kept;
    this.#omitted = from;
  }

  event({ deltas, facts }: Pick<Reading, 'deltas' | 'facts'>): void {
    this.#stream = true;
    for (const delta of deltas) this.#piece(delta);
    this.facts(facts);
  }

  facts(facts: readonly Fact[]): void {
    for (const fact of facts) this.#take(fact);
  }

  /** A hit that was left in a signed text. */
  readonly countSigned = (rule: string): void => {
    this.#unmasked[rule] = (this.#unmasked[rule] ?? 0) + 1;
  };

  end(): LlmEvent {
    const joined = (kind: Kept['kind']): string =>
      [...this.#texts.values()]
        .filter((kept) => kept.kind === kind && kept.text !== '')
        .map(({ text }) => text)
        .join('\n');
    return {
      type: 'llm',
      api: this.#api,
      model: this.#model,
      stream: this.#stream,
      messages: this.#messages,
      messages_omitted: this.#omitted,
      completion: joined('completion'),
      reasoning: joined('reasoning'),
      tool_calls: [...this.#calls].map(([part, name]) => ({ name, arguments: this.#texts.get(part)?.text ?? '' })),
      truncated: this.#truncated,
      usage: this.#usage,
      finish: this.#finish,
      first_token_ms: this.#first,
      unmasked: this.#unmasked,
    };
  }

  #take(fact: Fact): void {
    switch (fact.type) {
      case 'model':
        this.#model ??= fact.model.slice(0, 256);
        return;
      case 'usage':
        this.#usage = { ...this.#usage, ...defined(fact.usage) };
        return;
      case 'finish':
        this.#finish = fact.reason.slice(0, 256);
        return;
      case 'call':
        if (this.#calls.size < TEXTS_LIMIT) this.#calls.set(fact.part, fact.name.slice(0, 256));
        else this.#truncated = true;
        return;
      case 'completion':
      case 'reasoning':
      case 'arguments':
        this.#keep(fact.part, fact.type, '', fact.text);
        return;
    }
  }

  #piece({ part, as, text }: Delta): void {
    if (as !== undefined) this.#keep(part, as, this.#texts.get(part)?.text ?? '', text);
  }

  /** @param before what the text already has. */
  #keep(part: string, kind: Kept['kind'], before: string, more: string): void {
    if (more === '') return;
    this.#first ??= Math.round(this.#elapsed());
    const others = [...this.#texts].filter(([key, kept]) => kept.kind === kind && key !== part);
    const room = TEXT_LIMIT - others.reduce((sum, [, { text }]) => sum + text.length, 0) - before.length;
    if (room < more.length || (this.#texts.size >= TEXTS_LIMIT && !this.#texts.has(part))) this.#truncated = true;
    if (this.#texts.size >= TEXTS_LIMIT && !this.#texts.has(part)) return;
    this.#texts.set(part, { kind, text: before + more.slice(0, Math.max(0, room)) });
  }
}

function sizeOf({ text, tool_calls = [] }: Message): number {
  return tool_calls.reduce((sum, call) => sum + call.name.length + call.arguments.length, text.length);
}

/** A message's last characters. */
function endOf(message: Message, size: number): Message {
  const { tool_calls = [], ...rest } = message;
  const calls = tool_calls.map(({ name, arguments: text }) => ({ name, arguments: text.slice(0, Math.floor(size / tool_calls.length)) }));
  return { ...rest, text: size > 0 ? rest.text.slice(-size) : '', ...(calls.length > 0 && { tool_calls: calls }) };
}

function defined(usage: Usage): Usage {
  return Object.fromEntries(Object.entries(usage).filter(([, count]) => count !== undefined));
}
