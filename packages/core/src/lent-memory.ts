/** Smaller pieces get memory that is left to the collector: they come in any order, and many at once. */
export const LARGE_BYTES = 64 * 1024;
/** Buffers that wait for the next piece. */
const KEPT = 3;

/** The pieces that were lent: whose they are, and the whole of their memory. */
const lent = new WeakMap<Buffer, { readonly memory: LentMemory; readonly whole: Buffer }>();

/**
 * Memory of large pieces of a result: what a socket has read, rows that were masked. They take turns in a few buffers, as far as
 * the pump gives them back once their bytes have left. Memory that is new for each has V8 collect its whole heap again and
 * again. Every session has its own, so that a mistake would show a session its own bytes.
 */
export class LentMemory {
  #free: Buffer[] = [];

  /** A buffer of at least so many bytes. What was in it before is still there. */
  take(bytes: number): Buffer {
    const free = this.#free.pop();
    return free !== undefined && free.length >= bytes ? free : Buffer.allocUnsafeSlow(bytes);
  }

  /** The first bytes of a buffer that was taken, as a piece that can be given back. */
  lend(whole: Buffer, length: number): Buffer {
    const piece = whole.subarray(0, length);
    lent.set(piece, { memory: this, whole });
    return piece;
  }

  /** What has arrived is copied. A small read, the end of a result, lets all memory go. @param most that can arrive at once. */
  copy(arrived: Buffer, most: number): Buffer {
    if (arrived.length >= LARGE_BYTES) {
      const whole = this.take(most);
      return this.lend(whole, arrived.copy(whole));
    }
    this.clear();
    return Buffer.from(arrived);
  }

  /** What is kept for the next piece is left to the collector. */
  clear(): void {
    if (this.#free.length > 0) this.#free = [];
  }

  /**
   * Nobody reads these pieces any more. What was not lent, is no whole piece, or was given back before does not count.
   *
   * @param again more of their kind will follow; else their lenders keep nothing.
   */
  static giveBack(pieces: readonly Buffer[], again: boolean): void {
    for (const piece of pieces) {
      const loan = lent.get(piece);
      if (loan === undefined) continue;
      lent.delete(piece);
      const { memory, whole } = loan;
      if (!again) memory.clear();
      else if (memory.#free.length < KEPT) memory.#free.push(whole);
    }
  }
}
