import { ProtocolError } from './errors.ts';

/** The longest message that a protocol puts into a record, in bytes, without its length. */
export const LONGEST_RECORDED_MESSAGE = 1 << 20;
/** Length, uint32. */
const LENGTH = 4;

/**
 * Cuts recorded bytes into messages, each behind its length as a uint32, however they were cut before: for protocols whose
 * records are messages of their own, where several streams share a connection.
 */
export class RecordedMessages {
  readonly #shortest: number;
  #parts: Buffer[] = [];
  #have = 0;
  #need = LENGTH;

  /** @param shortest bytes that every message has. */
  constructor(shortest: number) {
    this.#shortest = shortest;
  }

  /** Messages without their lengths, as views. @throws ProtocolError for a length that no message has */
  *push(chunk: Buffer): Generator<Buffer> {
    this.#parts.push(chunk);
    this.#have += chunk.length;
    if (this.#have < this.#need) return;
    const bytes = Buffer.concat(this.#parts, this.#have);
    let at = 0;
    for (this.#need = LENGTH; bytes.length - at >= this.#need; this.#need = LENGTH) {
      const length = bytes.readUInt32BE(at);
      if (length > LONGEST_RECORDED_MESSAGE || length < this.#shortest)
        throw new ProtocolError(
          'target',
          `A recorded message has ${length} bytes, outside ${this.#shortest} to ${LONGEST_RECORDED_MESSAGE}.`,
        );
      this.#need = LENGTH + length;
      if (bytes.length - at < this.#need) break;
      const message = bytes.subarray(at + LENGTH, at + this.#need);
      at += this.#need;
      this.#keep(bytes.subarray(at));
      yield message;
    }
    this.#keep(bytes.subarray(at));
  }

  #keep(rest: Buffer): void {
    this.#parts = rest.length === 0 ? [] : [rest];
    this.#have = rest.length;
  }
}
