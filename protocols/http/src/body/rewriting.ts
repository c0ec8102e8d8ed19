const NOTHING = Buffer.alloc(0);

/** The bytes that leave for those that came: whatever nobody replaces stays as it is, uncopied where a piece has nothing replaced. */
export class Rewriting {
  #bytes: Buffer = NOTHING;
  #from = 0;
  #parts: Buffer[] = [];

  /** The next piece of what comes; what was kept of the last one must have been taken. */
  begin(bytes: Buffer): void {
    this.#bytes = bytes;
    this.#from = 0;
  }

  /** Everything up to `at` leaves as it is, unless it was left out. */
  keepTo(at: number): void {
    if (at > this.#from) this.#parts.push(this.#bytes.subarray(this.#from, at));
    this.#from = at;
  }

  /** Everything up to `at` leaves no more: what stands for it was written. */
  leaveOutTo(at: number): void {
    this.#from = at;
  }

  /** Behind what was kept, and before what comes. */
  write(bytes: Buffer): void {
    if (bytes.length > 0) this.#parts.push(bytes);
  }

  /** All that leaves of the piece, up to `end` of it. */
  take(end: number): Buffer {
    this.keepTo(end);
    const parts = this.#parts;
    this.#parts = [];
    return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
  }
}
