import { LARGE_BYTES, LentMemory } from './lent-memory.ts';

/** Enough for several reads of a socket. */
const SLAB_BYTES = 256 * 1024;
/** Shorter stretches are copied faster byte by byte than by a call. */
const CALL_BYTES = 24;

interface Space {
  bytes: Buffer;
  used: number;
}

/** Small pieces of all sessions are cut from one buffer, one behind the other: the pump writes neighbours as one. */
const shared: Space = { bytes: Buffer.alloc(0), used: 0 };

/**
 * Puts a piece of bytes together whose length is not known before. One piece at a time: nothing may wait between begin and
 * end. A large piece is lent, as {@link LentMemory} says.
 */
export class Slab {
  readonly #memory = new LentMemory();
  #space = shared;
  #start = 0;

  /** @param about how many bytes it may become. */
  begin(about: number): void {
    const likely = about + (about >> 2);
    if (about >= LARGE_BYTES) this.#space = { bytes: this.#memory.take(likely), used: 0 };
    else {
      this.#memory.clear();
      this.#space = shared;
      if (shared.used + about > shared.bytes.length) [shared.bytes, shared.used] = [Buffer.allocUnsafeSlow(SLAB_BYTES), 0];
    }
    this.#start = this.#space.used;
  }

  /** Bytes of the piece so far. */
  get length(): number {
    return this.#space.used - this.#start;
  }

  copy(from: Buffer, start: number, end: number): void {
    const space = this.#room(end - start);
    if (end - start >= CALL_BYTES) space.used += from.copy(space.bytes, space.used, start, end);
    else for (let at = start; at < end; at += 1) space.bytes[space.used++] = from[at] as number;
  }

  uint8(value: number): void {
    const space = this.#room(1);
    space.bytes[space.used++] = value;
  }

  /** Big-endian. */
  int32(value: number): void {
    const space = this.#room(4);
    space.used = space.bytes.writeInt32BE(value, space.used);
  }

  /** @param at in the piece. */
  setInt32(value: number, at: number): void {
    this.#space.bytes.writeInt32BE(value, this.#start + at);
  }

  /** Little-endian. @param at in the piece. */
  setInt24LE(value: number, at: number): void {
    this.#space.bytes.writeUIntLE(value, this.#start + at, 3);
  }

  /** @param at in the piece. */
  setBits(bits: number, at: number): void {
    const { bytes } = this.#space;
    bytes[this.#start + at] = (bytes[this.#start + at] as number) | bits;
  }

  end(): Buffer {
    const { bytes, used } = this.#space;
    return this.#space === shared ? bytes.subarray(this.#start, used) : this.#memory.lend(bytes, used);
  }

  #room(more: number): Space {
    const space = this.#space;
    if (space.used + more <= space.bytes.length) return space;
    const length = space.used - this.#start;
    const grown = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, 2 * (length + more)));
    space.bytes.copy(grown, 0, this.#start, space.used);
    [space.bytes, space.used, this.#start] = [grown, length, 0];
    return space;
  }
}
