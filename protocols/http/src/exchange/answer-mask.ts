import type { CountHit, TextStream } from '@sallyport/core';
import type { LlmExchange } from '../llm/begin-llm.ts';
import { field } from '../message/fields.ts';
import type { Answer } from '../upstream/answer.ts';
import { answerMasks, contentMask, isOpen } from './content-masks.ts';
import type { Exchange } from './exchange.ts';

/** What is done to the body of an answer on its way to the client. */
export interface AnswerMask {
  readonly stream: TextStream;
  /** The client may get something else than the target sent. */
  readonly changes: boolean;
  /** The record is told by the mask itself: it may have to show less than the client gets. */
  readonly records: boolean;
}

/**
 * The mask that the body of an answer needs; undefined: it passes as it is.
 *
 * @param record where a mask that tells the record itself tells it.
 */
export function answerMask(
  exchange: Exchange,
  answer: Answer,
  llm: LlmExchange | undefined,
  count: CountHit,
  record: (bytes: Buffer) => void,
): AnswerMask | undefined {
  const contentType = field(answer.fields, 'content-type') ?? '';
  const masks = answerMasks(exchange.gate);
  const model = llm?.answer(contentType, record);
  if (model !== undefined) return { stream: model, changes: !isOpen(masks), records: true };
  const stream = contentMask(contentType, masks, count, 'target');
  return stream && { stream, changes: true, records: false };
}

/** A body on its way through something that changes it. */
export async function* through(body: AsyncIterable<Buffer>, stream: Pick<TextStream, 'push' | 'flush'>): AsyncGenerator<Buffer> {
  for await (const chunk of body) yield stream.push(chunk);
  yield stream.flush();
}
