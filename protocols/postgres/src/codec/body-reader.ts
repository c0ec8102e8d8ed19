import { ProtocolError, type Side } from '@sallyport/core';
import { HEADER_BYTES } from './decoder.ts';

/** Reads a message's fields in order. Never outside the message. @throws ProtocolError */
export class BodyReader {
  readonly #raw: Buffer;
  readonly #side: Side;
  readonly #name: string;
  #at: number;

  /**
   * @param raw the whole message, header included.
   * @param name the message's name in the manual, for the error's sentence.
   * @param at where the fields begin; start-up packets have no type byte.
   */
  constructor(raw: Buffer, side: Side, name: string, at = HEADER_BYTES) {
    this.#raw = raw;
    this.#side = side;
    this.#name = name;
    this.#at = at;
  }

  get remaining(): number {
    return this.#raw.length - this.#at;
  }

  uint8(): number {
    return this.#raw.readUInt8(this.#advance(1));
  }

  int16(): number {
    return this.#raw.readInt16BE(this.#advance(2));
  }

  uint16(): number {
    return this.#raw.readUInt16BE(this.#advance(2));
  }

  int32(): number {
    return this.#raw.readInt32BE(this.#advance(4));
  }

  uint32(): number {
    return this.#raw.readUInt32BE(this.#advance(4));
  }

  /** A view of the next bytes, not a copy. */
  bytes(length: number): Buffer {
    const from = this.#advance(length);
    return this.#raw.subarray(from, from + length);
  }

  rest(): Buffer {
    return this.bytes(this.remaining);
  }

  /** UTF-8 up to a zero byte, which is taken too. Invalid bytes become U+FFFD: never forward the text instead of the bytes. */
  cstring(): string {
    const end = this.#raw.indexOf(0, this.#at);
    if (end < 0) throw this.#broken('a text without its end');
    const text = this.#raw.toString('utf8', this.#at, end);
    this.#at = end + 1;
    return text;
  }

  /** One of a few letters. */
  oneOf<L extends string>(...letters: readonly L[]): L {
    const code = this.uint8();
    const letter = letters.find((candidate) => candidate.charCodeAt(0) === code);
    if (letter === undefined) throw this.#broken(`0x${code.toString(16)} where ${letters.join(' or ')} belongs`);
    return letter;
  }

  /** `Int32 length | bytes`; null for length -1. */
  nullable(): Buffer | null {
    const length = this.int32();
    return length === -1 ? null : this.bytes(length);
  }

  /** `UInt16 count` and that many items. */
  list<T>(item: () => T): T[] {
    const items: T[] = [];
    for (let left = this.uint16(); left > 0; left -= 1) items.push(item());
    return items;
  }

  /** The message must be over. */
  end(): void {
    if (this.remaining > 0) throw this.#broken(`${this.remaining} bytes too many`);
  }

  #advance(length: number): number {
    if (length < 0 || length > this.remaining) throw this.#broken(`${length} bytes asked for with ${this.remaining} left`);
    const from = this.#at;
    this.#at += length;
    return from;
  }

  #broken(what: string): ProtocolError {
    return new ProtocolError(this.#side, `The ${this.#side} sent a broken ${this.#name} message: ${what}.`);
  }
}
