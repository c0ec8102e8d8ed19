import { LONGEST_ENDING, LONGEST_NAME, type Name, type Names } from './names.ts';

const LONGEST_GAP = 64;
const GAP = /^\s*:\s*$/;
const QUOTE = Buffer.from('"');
const NOTHING = Buffer.alloc(0);

/** The name that was read last, and what stands between it and what is read now. */
export class LastName {
  #name: Name | undefined;
  /** Where it ended in the piece, its quote included. */
  #end = 0;
  /** What followed it in earlier pieces. */
  #gap = '';
  #head: Buffer = NOTHING;
  #tail: Buffer = NOTHING;

  /** @param end behind its closing quote. */
  set(name: Name, end: number): void {
    this.#name = name;
    this.#end = end;
    this.#gap = '';
  }

  /** A name comes in parts. */
  open(): void {
    this.#name = undefined;
    this.#head = NOTHING;
    this.#tail = NOTHING;
  }

  add(part: Buffer): void {
    if (this.#head.length <= LONGEST_NAME) this.#head = Buffer.concat([this.#head, part.subarray(0, LONGEST_NAME + 1)]);
    this.#tail = lastOf(Buffer.concat([this.#tail, lastOf(part)]));
  }

  /** All its parts came. */
  close(names: Names, end: number): Name {
    const name = names.make(this.#head, this.#tail);
    this.set(name, end);
    return name;
  }

  /** The piece goes, of which `read` bytes were read. */
  leave(bytes: Buffer, read: number): void {
    if (this.#name === undefined) return;
    this.#gap += bytes.toString('latin1', this.#end, Math.min(read, this.#end + LONGEST_GAP + 1));
    if (this.#gap.length > LONGEST_GAP) this.#name = undefined;
    this.#end = 0;
  }

  /** The value at `at` may be a secret by its name: the rule that then hides it, and the text before it. */
  secret(bytes: Buffer, at: number): { readonly rule: string; readonly before: Buffer } | undefined {
    const rule = this.#name?.secret;
    if (this.#name === undefined || rule === undefined || at - this.#end > LONGEST_GAP) return undefined;
    const gap = this.#gap + bytes.toString('latin1', this.#end, at);
    if (gap.length > LONGEST_GAP || !GAP.test(gap)) return undefined;
    return { rule, before: Buffer.concat([QUOTE, this.#name.ending, QUOTE, Buffer.from(gap === ':' ? ':' : ': '), QUOTE]) };
  }
}

function lastOf(bytes: Buffer): Buffer {
  return bytes.subarray(Math.max(0, bytes.length - LONGEST_ENDING));
}
