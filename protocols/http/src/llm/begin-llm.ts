import type { ContentMasks, CountHit, TextStream } from '@sallyport/core';
import { isOpen, type LlmMasks, maskedDocument } from './answer-masks.ts';
import { anthropicMessages } from './anthropic-messages.ts';
import type { LlmApi } from './api.ts';
import { Conversation, type LlmEvent } from './conversation.ts';
import type { Dialect } from './dialect.ts';
import { type Json, parsed } from './json-value.ts';
import { openaiChat } from './openai-chat.ts';
import { openaiCompletions } from './openai-completions.ts';
import { openaiResponses } from './openai-responses.ts';
import { quietly, SeenAnswer, SeenEvents } from './seen-answers.ts';
import { StreamedAnswer } from './streamed-answer.ts';
import { anthropicTokenCount, openaiEmbeddings } from './usage-only.ts';
import { WholeAnswer } from './whole-answer.ts';

const DIALECTS: Readonly<Record<LlmApi, Dialect>> = {
  chat: openaiChat,
  responses: openaiResponses,
  completions: openaiCompletions,
  embeddings: openaiEmbeddings,
  messages: anthropicMessages,
  count_tokens: anthropicTokenCount,
};

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

/** Does something once, after the first piece has left. */
function afterSecond(record: (bytes: Buffer) => void, act: () => void): (bytes: Buffer) => void {
  let pieces = 0;
  return (bytes) => {
    record(bytes);
    pieces += 1;
    if (pieces === 2) act();
  };
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
