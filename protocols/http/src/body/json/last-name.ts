/** No rule's name is longer, in bytes: what is kept of a longer one is equal to none. */
const LONGEST_NAME = 1024;
/** How much of a name may tell what its value is, in bytes. */
const LONGEST_ENDING = 128;
const LONGEST_GAP = 64;
const [SPACE, COLON] = [0x20, 0x3a];
const GAP = /^\s*:\s*$/;
const QUOTE = Buffer.from('"');
const NOTHING = Buffer.alloc(0);

/** The name that was read last, and what stands between it and what is read now. */
export class LastName {
  /** Of the name in the piece, its quotes included; -1: it stands in no piece as it is. */
  #start = -1;
  #end = 0;
  #head: Buffer = NOTHING;
  #ending: Buffer = NOTHING;
  /** What followed it in earlier pieces. */
  #gap = '';
  #known = false;

  /** A name without escapes that stands in the piece as a whole, quotes included. */
  set(start: number, end: number): void {
    this.#start = start;
    this.close(end);
  }

  /** A name that comes in parts. */
  open(): void {
    this.#start = -1;
    this.#head = NOTHING;
    this.#ending = NOTHING;
    this.#known = false;
  }

  add(part: Buffer): void {
    if (this.#head.length <= LONGEST_NAME) this.#head = Buffer.concat([this.#head, part.subarray(0, LONGEST_NAME + 1)]);
    this.#ending = lastOf(Buffer.concat([this.#ending, lastOf(part)]));
  }

  /** @param end behind its closing quote. */
  close(end: number): void {
    this.#end = end;
    this.#gap = '';
    this.#known = true;
  }

  /** The piece goes, of which `read` bytes were read. */
  leave(bytes: Buffer, read: number): void {
    if (!this.#known) return;
    if (this.#start >= 0) this.#ending = Buffer.from(this.#endingIn(bytes));
    this.#gap += bytes.toString('latin1', this.#end, Math.min(read, this.#end + LONGEST_GAP + 1));
    this.#known = this.#gap.length <= LONGEST_GAP;
    this.#start = -1;
    this.#end = 0;
  }

  /** As masked places know it. */
  text(bytes: Buffer): string {
    if (this.#start < 0) return this.#head.toString();
    return bytes.toString('utf8', this.#start + 1, Math.min(this.#end - 1, this.#start + 2 + LONGEST_NAME));
  }

  /** Where the name of the value at `at` begins, if it stands right before it in the piece, and as it is. */
  startBefore(bytes: Buffer, at: number): number | undefined {
    if (this.#start < 0 || bytes[this.#end] !== COLON) return undefined;
    return at === this.#end + 1 || (at === this.#end + 2 && bytes[at - 1] === SPACE) ? this.#start : undefined;
  }

  /** What the value at `at` is called, and the text before it; undefined: it is no member. */
  before(bytes: Buffer, at: number): { readonly ending: Buffer; readonly text: Buffer } | undefined {
    if (!this.#known || at - this.#end > LONGEST_GAP) return undefined;
    const gap = this.#gap + bytes.toString('latin1', this.#end, at);
    if (gap.length > LONGEST_GAP || !GAP.test(gap)) return undefined;
    const ending = this.#start >= 0 ? this.#endingIn(bytes) : this.#ending;
    const text = Buffer.concat([QUOTE, ending, QUOTE, Buffer.from(gap === ':' ? ':' : ': '), QUOTE]);
    return { ending, text };
  }

  #endingIn(bytes: Buffer): Buffer {
    return lastOf(bytes.subarray(this.#start + 1, this.#end - 1));
  }
}

function lastOf(bytes: Buffer): Buffer {
  return bytes.subarray(Math.max(0, bytes.length - LONGEST_ENDING));
}
