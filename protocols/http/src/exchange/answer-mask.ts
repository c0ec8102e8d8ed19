import type { CountHit, TextStream } from '@sallyport/core';
import { field } from '../message/fields.ts';
import type { Answer } from '../upstream/answer.ts';
import type { Exchange } from './exchange.ts';

const TEXTUAL = /^(?:text\/|application\/(?:[\w.+-]*\+)?(?:json|xml|javascript|ndjson|x-ndjson|x-www-form-urlencoded|graphql)|$)/i;

/** Masks the body of an answer on its way. */
export class AnswerMask {
  readonly #stream: TextStream;

  constructor(stream: TextStream) {
    this.#stream = stream;
  }

  async *of(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of body) yield this.#stream.push(chunk);
    yield this.#stream.flush();
  }
}

/** The mask that the body of an answer needs; undefined: it passes as it is. */
export function answerMask({ gate }: Exchange, answer: Answer, count: CountHit): AnswerMask | undefined {
  const { textMask } = gate;
  if (textMask === undefined || !TEXTUAL.test(field(answer.fields, 'content-type') ?? '')) return undefined;
  return new AnswerMask(textMask.stream(count));
}
