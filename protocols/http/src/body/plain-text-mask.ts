import { ProtocolError, type Side, type TextStream } from '@sallyport/core';

const NOTHING = Buffer.alloc(0);

/** Masks a plain text of which nobody knows for certain that it is UTF-8: one that begins as UTF-16 does is refused. */
export class PlainTextMask implements TextStream {
  readonly #mask: TextStream;
  readonly #side: Side;
  /** What is known of the first two bytes; undefined: they are no mark of UTF-16. */
  #beginning: Buffer | undefined = NOTHING;

  constructor(mask: TextStream, side: Side) {
    this.#mask = mask;
    this.#side = side;
  }

  push(bytes: Buffer): Buffer {
    if (this.#beginning !== undefined && this.#beginning.length < 2) {
      this.#beginning = Buffer.concat([this.#beginning, bytes.subarray(0, 2)]);
      const [first, second] = this.#beginning;
      if ((first === 0xfe && second === 0xff) || (first === 0xff && second === 0xfe)) throw notSearchable(this.#side, 'UTF-16');
      if (this.#beginning.length >= 2) this.#beginning = undefined;
    }
    return this.#mask.push(bytes);
  }

  flush(): Buffer {
    return this.#mask.flush();
  }
}

/** A text in a character set in which nothing can be looked for. */
export function notSearchable(side: Side, charset: string): ProtocolError {
  return new ProtocolError(side, `The body is a text in ${charset.slice(0, 40)}, in which nothing can be masked; let it be UTF-8.`);
}
