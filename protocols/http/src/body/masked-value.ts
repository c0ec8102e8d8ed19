import type { CountHit, Mask } from '@sallyport/core';
import type { TextSink } from './encoded-text.ts';
import { REDACTED } from './redacted.ts';
import type { Rewriting } from './rewriting.ts';

/** The longest value that a mask is asked about, in bytes. */
const LONGEST_VALUE = 1 << 20;

/** A value that is masked as a whole. */
export class MaskedValue implements TextSink {
  readonly #out: Rewriting;
  readonly #mask: Mask;
  readonly #count: CountHit;
  readonly #encode: (shown: string | null) => Buffer;
  #value: Buffer[] = [];
  #length = 0;

  /** @param encode writes the mask as the body wants a whole value. */
  constructor(out: Rewriting, mask: Mask, count: CountHit, encode: (shown: string | null) => Buffer) {
    this.#out = out;
    this.#mask = mask;
    this.#count = count;
    this.#encode = encode;
  }

  plain(bytes: Buffer): void {
    this.#length += bytes.length;
    if (this.#length <= LONGEST_VALUE) this.#value.push(Buffer.from(bytes));
    else this.#value = [];
  }

  escape(_raw: Buffer, decoded: Buffer): void {
    this.plain(decoded);
  }

  settle(): void {}

  end(): void {
    const value = this.#length > LONGEST_VALUE ? undefined : Buffer.concat(this.#value).toString();
    this.#count(this.#mask.rule, value);
    const shown = value === undefined ? REDACTED.toString() : this.#mask.apply(value);
    this.#out.write(this.#encode(this.#mask.method === 'null' ? null : shown));
  }
}
