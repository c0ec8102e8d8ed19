/** Smaller reads get memory that is left to the collector: they come in any order, and many at once. */
const LARGE_BYTES = 64 * 1024;
/** Buffers that wait for the next read. */
const KEPT = 3;

/** The copies that were lent: whose they are, and the whole of their memory. */
const lent = new WeakMap<Buffer, { readonly memory: ReadMemory; readonly whole: Buffer }>();

/**
 * Where what a socket has read is copied to. A large result takes turns in a few buffers, as far as
 * whoever read them gives them back: memory that is new for each read has V8 collect its whole heap
 * again and again. Every socket has its own, so that a mistake would show a session its own bytes. A small read, the
 * end of a result, lets all of them go.
 */
export class ReadMemory {
  readonly #bytes: number;
  #free: Buffer[] = [];

  /** @param bytes the most that one read brings. */
  constructor(bytes: number) {
    this.#bytes = bytes;
  }

  copy(read: Buffer): Buffer {
    if (read.length < LARGE_BYTES) {
      if (this.#free.length > 0) this.#free = [];
      return Buffer.from(read);
    }
    const whole = this.#free.pop() ?? Buffer.allocUnsafeSlow(this.#bytes);
    const copy = whole.subarray(0, read.copy(whole));
    lent.set(copy, { memory: this, whole });
    return copy;
  }

  /**
   * A chunk that came from a socket, whole, and that nobody reads any more: neither its reader nor what was written of it.
   * Where it was not lent, or was given back before, nothing happens.
   */
  static giveBack(chunk: Buffer): void {
    const loan = lent.get(chunk);
    if (loan === undefined) return;
    lent.delete(chunk);
    const free = loan.memory.#free;
    if (free.length < KEPT) free.push(loan.whole);
  }
}
