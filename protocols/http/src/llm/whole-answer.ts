import { GatewayError, type TextStream } from '@sallyport/core';
import { type LlmMasks, maskedDocument } from './answer-masks.ts';
import type { Dialect } from './dialect.ts';
import { type Json, parsed } from './json-value.ts';

/** The largest answer in one piece that is kept to be masked, in bytes. */
const ANSWER_LIMIT = 32 * 1024 * 1024;
const NOTHING = Buffer.alloc(0);

/** An answer in one piece. It leaves as a whole, since its parts are known only then. */
export class WholeAnswer implements TextStream {
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
