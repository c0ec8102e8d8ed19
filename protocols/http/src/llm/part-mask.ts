import { StringDecoder } from 'node:string_decoder';
import type { TextStream } from '@sallyport/core';

/** A text that comes in pieces, through a mask, as the strings that events have. */
export class PartMask {
  readonly #stream: TextStream;
  readonly #decoder = new StringDecoder('utf8');
  /** The first half of a character whose second half is in the next piece. */
  #half = '';

  constructor(stream: TextStream) {
    this.#stream = stream;
  }

  push(piece: string): string {
    const text = this.#half + piece;
    this.#half = isHighSurrogate(text.charCodeAt(text.length - 1)) ? text.slice(-1) : '';
    return this.#decoder.write(this.#stream.push(Buffer.from(this.#half === '' ? text : text.slice(0, -1))));
  }

  /** What was held back: nothing will follow. */
  flush(): string {
    const half = this.#half === '' ? '' : this.#decoder.write(this.#stream.push(Buffer.from(this.#half)));
    return half + this.#decoder.write(this.#stream.flush()) + this.#decoder.end();
  }
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xdc00;
}
