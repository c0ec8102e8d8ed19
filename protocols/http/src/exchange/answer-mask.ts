import type { CountHit, TextStream } from '@sallyport/core';
import type { Decode } from '../body/content-coding.ts';
import type { LlmExchange } from '../llm/begin-llm.ts';
import { field } from '../message/fields.ts';
import type { Answer } from '../upstream/answer.ts';
import { answerMasks, contentMask, decoderOf, isOpen } from './content-masks.ts';
import type { Exchange } from './exchange.ts';

/** What is done to the body of an answer on its way to the client. */
export interface AnswerMask {
  /** Comes first: what takes the body's codings off. */
  readonly decode: Decode | undefined;
  readonly stream: TextStream;
  /** The client may get something else than the target sent. */
  readonly changes: boolean;
  /** The record is told by the mask itself: it may have to show less than the client gets. */
  readonly records: boolean;
}

/**
 * The mask that the body of an answer needs.
 *
 * @param record where a mask that tells the record itself tells it.
 * @returns undefined: it passes as it is; 'opaque': that too, though there are masks, since nobody looks into such a body.
 * @throws ProtocolError for a body that would have to be masked and cannot be
 */
export function answerMask(
  exchange: Exchange,
  answer: Answer,
  llm: LlmExchange | undefined,
  count: CountHit,
  record: (bytes: Buffer) => void,
): AnswerMask | 'opaque' | undefined {
  const masks = answerMasks(exchange.gate);
  const changes = !isOpen(masks);
  const model = llm?.answer(field(answer.fields, 'content-type') ?? '', record);
  const stream = model ?? contentMask(answer.fields, masks, count, 'target', (bytes) => exchange.visit.passedUnseen(bytes));
  if (stream === undefined || stream === 'opaque') return stream;
  const decode = decoderOf(answer.fields, 'target');
  return { decode, stream, changes: changes || decode !== undefined, records: model !== undefined };
}

/** What changes a body on its way, in the order of the bytes that pass. */
export type BodyChange = Pick<TextStream, 'push' | 'flush'>;

/** Two changes as one: what leaves the first goes through the second. undefined: nothing changes. */
export function inTurn(first: BodyChange | undefined, second: BodyChange | undefined): BodyChange | undefined {
  if (first === undefined || second === undefined) return first ?? second;
  return {
    push: (chunk) => second.push(first.push(chunk)),
    flush: () => Buffer.concat([second.push(first.flush()), second.flush()]),
  };
}
