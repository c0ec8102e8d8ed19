import { TerminalTokens } from '@sallyport/core';

/** A key's bytes: one character of UTF-8. What comes in larger pieces was pasted or sent by a program. */
const LONGEST_KEY = 4;
/** Keys whose echo is outstanding, and the longest echo that is looked at. */
const MOST_BYTES = 64;
const [SPACE, DELETE] = [0x20, 0x7f];
const NOTHING = Buffer.alloc(0);

/**
 * Knows the echo of keys: text that says no more than what its client has just typed, and needs no search before the
 * client sees it. Without that every key would show with the hold-back of masks.
 */
export class KeyEcho {
  /** What was typed and is not shown yet. Enter, and output that is something else, end the wait for it. */
  #keys: Buffer = NOTHING;

  /** What the client sent. */
  typed(chunk: Buffer): void {
    if (chunk.length > LONGEST_KEY || chunk.includes('\r') || chunk.includes('\n')) this.#keys = NOTHING;
    else if ((chunk[0] ?? 0) >= SPACE && chunk[0] !== DELETE) this.#keys = Buffer.concat([this.#keys, chunk]);
    if (this.#keys.length > MOST_BYTES) this.#keys = NOTHING;
  }

  /** Whether output shows the keys typed last, or no text but blanks: moves of the cursor, erased characters, a bell. */
  shows(output: Buffer): boolean {
    const text = output.length > MOST_BYTES ? undefined : textOf(output);
    if (text === undefined) {
      this.#keys = NOTHING;
      return false;
    }
    if (text.length > 0 && this.#keys.subarray(0, text.length).equals(text)) {
      this.#keys = this.#keys.subarray(text.length);
      return true;
    }
    if (text.every((byte) => byte === SPACE)) return true;
    this.#keys = NOTHING;
    return false;
  }
}

/** The characters that output writes; undefined where it ends in the middle of something, or holds a string. */
function textOf(output: Buffer): Buffer | undefined {
  const tokens = new TerminalTokens();
  const all = [...tokens.push(output)];
  if (tokens.flush().length > 0 || all.some(({ type }) => type === 'string')) return undefined;
  return Buffer.concat(all.filter(({ type }) => type === 'text').map(({ bytes }) => bytes));
}
