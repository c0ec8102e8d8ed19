import { ProtocolError } from '@sallyport/core';

/** Reads the data types of {@link https://www.rfc-editor.org/rfc/rfc4251#section-5 RFC 4251, section 5}. */
export class MessageReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  byte(): number {
    return this.#take(1).readUInt8();
  }

  uint32(): number {
    return this.#take(4).readUInt32BE();
  }

  /** The bytes of a string, not copied. */
  string(): Buffer {
    return this.#take(this.uint32());
  }

  text(): string {
    return this.string().toString();
  }

  /** @throws ProtocolError when bytes are left. */
  end(): void {
    if (this.#at < this.#bytes.length) throw new ProtocolError('target', 'A recorded message is longer than what it says.');
  }

  #take(length: number): Buffer {
    if (length > this.#bytes.length - this.#at) throw new ProtocolError('target', 'A recorded message ends too early.');
    const from = this.#at;
    this.#at += length;
    return this.#bytes.subarray(from, this.#at);
  }
}
