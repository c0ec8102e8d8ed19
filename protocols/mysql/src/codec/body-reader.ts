import { ProtocolError, type Side } from '@sallyport/core';

/** Reads a message's fields in order. Never outside the message. @throws ProtocolError */
export class BodyReader {
  readonly #payload: Buffer;
  readonly #side: Side;
  readonly #name: string;
  #at = 0;

  /** @param name the message's name in the manual, for the error's sentence. */
  constructor(payload: Buffer, side: Side, name: string) {
    this.#payload = payload;
    this.#side = side;
    this.#name = name;
  }

  get remaining(): number {
    return this.#payload.length - this.#at;
  }

  /** Where the next field begins. */
  get at(): number {
    return this.#at;
  }

  int(bytes: 1 | 2 | 3 | 4): number {
    return this.#payload.readUIntLE(this.#advance(bytes), bytes);
  }

  /** A view of the next bytes, not a copy. */
  bytes(length: number): Buffer {
    const from = this.#advance(length);
    return this.#payload.subarray(from, from + length);
  }

  rest(): Buffer {
    return this.bytes(this.remaining);
  }

  /** Bytes up to a zero byte, which is taken too. */
  cbytes(): Buffer {
    const end = this.#payload.indexOf(0, this.#at);
    if (end < 0) throw this.broken('a text without its end');
    const bytes = this.#payload.subarray(this.#at, end);
    this.#at = end + 1;
    return bytes;
  }

  cstring(): string {
    return this.cbytes().toString();
  }

  lenenc(): number {
    const first = this.int(1);
    if (first < 0xfb) return first;
    if (first === 0xfc) return this.int(2);
    if (first === 0xfd) return this.int(3);
    if (first !== 0xfe) throw this.broken(`0x${first.toString(16)} where a length belongs`);
    const value = this.#payload.readBigUInt64LE(this.#advance(8));
    // Affected rows and insert ids may be any 64 bits; as a length it is out of bounds anyway.
    return Number(value);
  }

  lenencBytes(): Buffer {
    return this.bytes(this.lenenc());
  }

  lenencString(): string {
    return this.lenencBytes().toString();
  }

  broken(what: string): ProtocolError {
    return new ProtocolError(this.#side, `The ${this.#side} sent a broken ${this.#name} message: ${what}.`);
  }

  #advance(length: number): number {
    if (length > this.remaining) throw this.broken(`${length} bytes asked for with ${this.remaining} left`);
    const from = this.#at;
    this.#at += length;
    return from;
  }
}
