import { type ContentMasks, type CountHit, GatewayError, type TextStream } from '@sallyport/core';
import { JsonMask } from '../body/json/json-mask.ts';
import { EventDecoder } from '../sse/decoder.ts';
import { dataOf } from '../sse/event.ts';
import { type LlmMasks, maskedDocument } from './answer-masks.ts';
import { anthropicMessages } from './anthropic-messages.ts';
import type { LlmApi } from './api.ts';
import { Conversation, type LlmEvent } from './conversation.ts';
import type { Dialect } from './dialect.ts';
import { type Json, parsed } from './json-value.ts';
import { openaiChat } from './openai-chat.ts';
import { openaiCompletions } from './openai-completions.ts';
import { openaiResponses } from './openai-responses.ts';
import { StreamedAnswer } from './streamed-answer.ts';
import { anthropicTokenCount, openaiEmbeddings } from './usage-only.ts';

const DIALECTS: Readonly<Record<LlmApi, Dialect>> = {
  chat: openaiChat,
  responses: openaiResponses,
  completions: openaiCompletions,
  embeddings: openaiEmbeddings,
  messages: anthropicMessages,
  count_tokens: anthropicTokenCount,
};

/** The largest answer in one piece that is kept to be masked, in bytes. */
const ANSWER_LIMIT = 32 * 1024 * 1024;
/** The largest one that is read for the record alone. */
const READ_LIMIT = 4 * 1024 * 1024;
const NOTHING = Buffer.alloc(0);

/** What a call of a language model is given. */
export interface LlmCall {
  readonly api: LlmApi;
  /** The request's body, decoded; empty where it has none. */
  readonly request: Buffer;
  /** What is masked in the answer and in the record. */
  readonly masks: ContentMasks;
  /** What is masked in the request before it leaves. */
  readonly requestMasks: ContentMasks;
  /** A hit in the answer. */
  readonly count: CountHit;
  /** A hit in the request. */
  readonly countRequest: CountHit;
  /** Milliseconds, from any beginning. */
  readonly now?: () => number;
}

/** A call of a language model, from its request to what the record says of it. Knows nothing of connections. */
export interface LlmExchange {
  /** The request's body as it leaves for the target. The same buffer where nothing was masked. */
  readonly requestBody: Buffer;
  /**
   * The mask for the answer's body.
   *
   * @param record given what of each push (and of the flush) the record may hold; the same buffer as the client's
   * except where signed texts with hits pass.
   * @returns undefined: neither JSON nor a stream of events, so a body like others.
   */
  answer(contentType: string, record?: (bytes: Buffer) => void): TextStream | undefined;
  /** Once the answer is over, or the call failed. */
  end(): LlmEvent;
}

/** Begins a call of a language model. */
export function beginLlm(call: LlmCall): LlmExchange {
  const dialect = DIALECTS[call.api];
  const now = call.now ?? (() => performance.now());
  const began = now();
  const conversation = new Conversation(call.api, () => now() - began);
  const { requestBody, value } = requestOf(call, dialect);
  const by: LlmMasks = { masks: call.masks, side: 'target', count: call.count, countSigned: conversation.countSigned };
  let asked: Buffer | undefined = requestBody;
  const ask = (): void => {
    const request = asked;
    asked = undefined;
    if (request !== undefined) quietly(() => conversation.asked(dialect.messages(recordable(request, dialect, by))));
  };
  return {
    requestBody,
    answer(contentType, record = () => {}) {
      const type = contentType.split(';', 1)[0]?.trim().toLowerCase() ?? '';
      // A long request takes its time to be read: only where it may ask for that, before the first piece has left.
      const structured = requestBody.includes('"json_') && dialect.structured(value());
      const open = isOpen(by.masks);
      if (type === 'text/event-stream') {
        const bytes = afterSecond(record, ask);
        const event = (data: Json): void => quietly(() => conversation.event(dialect.event(data, structured)));
        return open ? new SeenEvents(event, bytes) : new StreamedAnswer(dialect, structured, by, { event, bytes });
      }
      if (!/^application\/(?:[^+]+\+)?json$/.test(type)) return undefined;
      const read = (answer: Json): void => quietly(() => conversation.facts(dialect.facts(answer)));
      if (open || call.api === 'embeddings') return new SeenAnswer(by, read, record);
      return new WholeAnswer(dialect, structured, by, read, record);
    },
    end() {
      ask();
      return conversation.end();
    },
  };
}

/** What cannot be read (JSON of a thousand brackets) is missing in the conversation; what passes does not hang on it. */
function quietly(read: () => void): void {
  try {
    read();
  } catch {
    // The exchange's messages have it.
  }
}

/** Does something once, after the first piece has left. */
function afterSecond(record: (bytes: Buffer) => void, act: () => void): (bytes: Buffer) => void {
  let pieces = 0;
  return (bytes) => {
    record(bytes);
    pieces += 1;
    if (pieces === 2) act();
  };
}

function isOpen({ text, fields }: ContentMasks): boolean {
  return text === undefined && fields === undefined;
}

function requestOf({ request, requestMasks, countRequest }: LlmCall, dialect: Dialect): { requestBody: Buffer; value: () => Json } {
  if (isOpen(requestMasks) || request.length === 0) return { requestBody: request, value: () => parsed(request) };
  const by: LlmMasks = { masks: requestMasks, side: 'client', count: countRequest, countSigned: () => {} };
  const value = parsed(request);
  const { sent } = maskedDocument(request, value, by, dialect.document(value, false));
  return { requestBody: sent.equals(request) ? request : sent, value: () => value };
}

/** The request as the record may show it: masked like answers, signed texts too. */
function recordable(request: Buffer, dialect: Dialect, by: LlmMasks): Json {
  const value = parsed(request);
  if (isOpen(by.masks) || value === undefined) return value;
  const { nested, repeated } = dialect.document(value, false);
  const silent = { ...by, count: () => {} };
  return parsed(maskedDocument(request, value, silent, { nested, repeated, signed: [] }).recorded);
}

/** An answer in one piece. It leaves as a whole, since its parts are known only then. */
class WholeAnswer implements TextStream {
  #parts: Buffer[] = [];
  #size = 0;
  readonly #finish: (answer: Buffer) => Buffer;

  constructor(dialect: Dialect, structured: boolean, by: LlmMasks, read: (answer: Json) => void, record: (bytes: Buffer) => void) {
    this.#finish = (answer) => {
      const value = parsed(answer);
      const { sent, recorded } = maskedDocument(answer, value, by, dialect.document(value, structured));
      read(parsed(recorded));
      record(recorded.equals(sent) ? sent : recorded);
      return sent;
    };
  }

  /** @throws GatewayError for an answer above 32 MiB. */
  push(bytes: Buffer): Buffer {
    this.#size += bytes.length;
    if (this.#size > ANSWER_LIMIT) {
      throw new GatewayError('ERR_LIMIT', `The answer has more than ${ANSWER_LIMIT} bytes, too many to be masked: ask for it as a stream.`);
    }
    this.#parts.push(bytes);
    return NOTHING;
  }

  flush(): Buffer {
    const answer = Buffer.concat(this.#parts);
    this.#parts = [];
    return this.#finish(answer);
  }
}

/** An answer without texts of its own, or without masks: it passes as it comes, and is read for the record. */
class SeenAnswer implements TextStream {
  readonly #mask: TextStream | undefined;
  readonly #read: (answer: Json) => void;
  readonly #record: (bytes: Buffer) => void;
  #seen: Buffer[] | undefined = [];
  #size = 0;

  constructor({ masks, side, count }: LlmMasks, read: (answer: Json) => void, record: (bytes: Buffer) => void) {
    this.#mask = isOpen(masks) ? undefined : new JsonMask({ masks, side, count });
    this.#read = read;
    this.#record = record;
  }

  push(bytes: Buffer): Buffer {
    return this.#pass(this.#mask?.push(bytes) ?? bytes);
  }

  flush(): Buffer {
    const rest = this.#pass(this.#mask?.flush() ?? NOTHING);
    if (this.#seen !== undefined) this.#read(parsed(Buffer.concat(this.#seen)));
    return rest;
  }

  #pass(bytes: Buffer): Buffer {
    this.#size += bytes.length;
    if (this.#size > READ_LIMIT) this.#seen = undefined;
    this.#seen?.push(bytes);
    this.#record(bytes);
    return bytes;
  }
}

/** A streamed answer without masks: its bytes pass as they come, and are read for the record as far as they can be. */
class SeenEvents implements TextStream {
  #events: EventDecoder | undefined = new EventDecoder(READ_LIMIT);
  readonly #event: (data: Json) => void;
  readonly #record: (bytes: Buffer) => void;

  constructor(event: (data: Json) => void, record: (bytes: Buffer) => void) {
    this.#event = event;
    this.#record = record;
  }

  push(bytes: Buffer): Buffer {
    this.#record(bytes);
    quietly(() => {
      const events = this.#events;
      // Too large to be read is not too large to pass.
      this.#events = undefined;
      for (const event of events?.push(bytes) ?? []) this.#event(parsed(dataOf(event) ?? NOTHING));
      this.#events = events;
    });
    return bytes;
  }

  flush(): Buffer {
    return NOTHING;
  }
}
