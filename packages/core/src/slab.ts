/** Enough for several reads of a socket. */
const SLAB_BYTES = 256 * 1024;

/** Pieces of all sessions are cut from one buffer, one behind the other: the pump writes neighbours as one. */
let bytes = Buffer.alloc(0);
let used = 0;

/** Puts a piece of bytes together whose length is not known before. One piece at a time: nothing may wait between begin and end. */
export class Slab {
  #start = 0;

  /** @param about how many bytes it may become. */
  begin(about: number): void {
    if (used + about > bytes.length) {
      bytes = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, about + (about >> 2)));
      used = 0;
    }
    this.#start = used;
  }

  /** Bytes of the piece so far. */
  get length(): number {
    return used - this.#start;
  }

  copy(from: Buffer, start: number, end: number): void {
    this.#room(end - start);
    used += from.copy(bytes, used, start, end);
  }

  uint8(value: number): void {
    this.#room(1);
    bytes[used] = value;
    used += 1;
  }

  /** Big-endian. */
  int32(value: number): void {
    this.#room(4);
    used = bytes.writeInt32BE(value, used);
  }

  /** @param at in the piece. */
  setInt32(value: number, at: number): void {
    bytes.writeInt32BE(value, this.#start + at);
  }

  /** Little-endian. @param at in the piece. */
  setInt24LE(value: number, at: number): void {
    bytes.writeUIntLE(value, this.#start + at, 3);
  }

  /** @param at in the piece. */
  setBits(bits: number, at: number): void {
    bytes[this.#start + at] = (bytes[this.#start + at] as number) | bits;
  }

  end(): Buffer {
    return bytes.subarray(this.#start, used);
  }

  #room(more: number): void {
    if (used + more <= bytes.length) return;
    const length = used - this.#start;
    const grown = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, 2 * (length + more)));
    bytes.copy(grown, 0, this.#start, used);
    [bytes, used, this.#start] = [grown, length, 0];
  }
}
