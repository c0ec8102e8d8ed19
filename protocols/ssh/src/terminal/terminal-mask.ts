import { type CountHit, type TerminalToken, TerminalTokens, type TextMask } from '@sallyport/core';
import { type Held, isContinuation, PlacedLine } from './placed-line.ts';
import { RunQueue, type Timed } from './run-queue.ts';
import { alternateScreen, CARRIAGE_RETURN, effectOf, erasesRest, type TokenEffect } from './token-effect.ts';

/** A longer line is looked at in parts of so many bytes, as far as it was written from left to right. */
const LONGEST_LINE = 4096;
const NEW_LINE = Buffer.from('\n');

/**
 * Masks what can be read on a terminal, whatever stands between its characters: colours, moves within
 * the line, a line that wraps, the border of two chunks. It holds the line that is being written, and
 * what may still become a hit, until the line ends or the caller {@link release}s it.
 *
 * Text from left to right is masked by the rule's method; where the cursor went back, and on the screens
 * of full-screen programs, each hidden character becomes a `*`. No sequence and no character is cut.
 */
export class TerminalMask {
  readonly #mask: TextMask;
  readonly #count: CountHit;
  readonly #queue: RunQueue;
  readonly #tokens = new TerminalTokens();
  #columns: number;
  #alternate = false;
  #line: Held[] = [];
  #bytes = 0;
  /** Characters of the line, as long as it was written from left to right. */
  #characters = 0;
  /** The line takes up several rows that were ended one by one. */
  #wrapped = false;
  /** Something was written in it; the cursor went back to its beginning since; it wrote again, or moved otherwise. */
  #written = false;
  #returned = false;
  #moved = false;

  /** @param columns of the terminal. */
  constructor(mask: TextMask, columns: number, count: CountHit) {
    this.#mask = mask;
    this.#count = count;
    this.#queue = new RunQueue(mask, count);
    this.#columns = Math.max(1, columns);
  }

  /** Something waits that {@link release} would let out. */
  get holds(): boolean {
    return this.#queue.holds || this.#line.at(-1)?.left === false;
  }

  resize(columns: number): void {
    this.#columns = Math.max(1, columns);
  }

  /** @param at when the bytes came, in milliseconds: they leave with it. @returns what may leave by now. */
  push(bytes: Buffer, at: number): readonly Timed[] {
    for (const token of this.#tokens.push(bytes)) this.#add(token, at);
    this.#queue.search();
    return this.#queue.take();
  }

  /** All that waits, except for the beginning of a sequence or a character. Later hits hide what is still to come of them. */
  release(): readonly Timed[] {
    this.#settle();
    this.#queue.release();
    return this.#queue.take();
  }

  /** @param at the time of what was cut off. */
  end(at: number): readonly Timed[] {
    for (const token of this.#tokens.flush()) this.#add(token, at);
    return this.release();
  }

  #add(token: TerminalToken, at: number): void {
    const effect = effectOf(token);
    switch (effect) {
      case 'text':
        this.#write(token, at);
        break;
      case 'still':
        this.#hold(token.type === 'string' ? this.#searched(token) : token, effect, at);
        break;
      case 'across':
        this.#hold(token, effect, at);
        break;
      case 'end':
        this.#hold(token, effect, at);
        if (this.#isFull()) this.#wrapped = true;
        else this.#endLine();
        break;
      case 'away':
        this.#endLine();
        this.#alternate = alternateScreen(token) ?? this.#alternate;
        this.#queue.mark(token.bytes, at, NEW_LINE);
        break;
    }
  }

  #write(token: TerminalToken, at: number): void {
    let { bytes } = token;
    while (this.#bytes + bytes.length > LONGEST_LINE) {
      const fits = characterBefore(bytes, LONGEST_LINE - this.#bytes);
      if (fits > 0) this.#hold({ type: 'text', bytes: bytes.subarray(0, fits) }, 'text', at);
      bytes = bytes.subarray(fits);
      this.#endLine();
    }
    if (bytes.length === 0) return;
    this.#hold(token.type === 'text' ? { type: 'text', bytes } : token, 'text', at);
    this.#characters += token.type === 'text' ? countCharacters(bytes) : 1;
  }

  #hold(token: TerminalToken, effect: TokenEffect, at: number): void {
    this.#line.push({ token, effect, at, left: false });
    this.#bytes += token.bytes.length;
    if (effect === 'text') {
      this.#moved ||= this.#returned;
      this.#written = true;
    } else if (effect === 'across' && !(erasesRest(token) && !this.#returned)) {
      if (token.type === 'control' && token.code === CARRIAGE_RETURN) this.#returned = this.#written;
      else this.#moved = true;
    }
    if (token.type !== 'text' && this.#bytes >= LONGEST_LINE) this.#endLine();
  }

  /** The row is full to its last column, so the text may go on in the next one. */
  #isFull(): boolean {
    return this.#characters > 0 && this.#characters % this.#columns === 0 && (this.#wrapped || !this.#isPlaced());
  }

  #endLine(): void {
    this.#settle();
    this.#line = [];
    this.#bytes = 0;
    this.#characters = 0;
    this.#wrapped = false;
    this.#written = false;
    this.#returned = false;
    this.#moved = false;
  }

  #settle(): void {
    if (this.#line.at(-1)?.left !== false) return;
    if (this.#isPlaced()) this.#settlePlaced();
    else for (const held of this.#line) if (!held.left) this.#settleToken(held);
    for (const held of this.#line) held.left = true;
  }

  #settleToken({ token, effect, at }: Held): void {
    if (effect === 'text' || (effect !== 'still' && token.type === 'control')) this.#queue.text(token.bytes, at);
    else this.#queue.mark(token.bytes, at);
  }

  #settlePlaced(): void {
    const line = new PlacedLine(this.#line, this.#columns);
    line.hide(this.#mask, this.#count);
    for (const { bytes, at } of line.shown()) this.#queue.mark(bytes, at);
    this.#queue.mark(Buffer.alloc(0), this.#line.at(-1)?.at ?? 0, NEW_LINE);
  }

  /** Whether the cursor went back and wrote again, or may do so. */
  #isPlaced(): boolean {
    return this.#alternate || this.#wrapped || this.#moved;
  }

  /** Titles and links are read, too. */
  #searched(token: TerminalToken): TerminalToken {
    const { bytes } = token;
    const masked = this.#mask.value(bytes, 0, bytes.length, this.#count);
    return masked === undefined ? token : { type: 'string', bytes: masked };
  }
}

function countCharacters(bytes: Buffer): number {
  let count = 0;
  for (const byte of bytes) if (!isContinuation(byte)) count += 1;
  return count;
}

/** `at`, or where the character begins that it lies in. */
function characterBefore(bytes: Buffer, at: number): number {
  let from = Math.max(0, at);
  for (let back = 0; back < 3 && from > 0 && isContinuation(bytes[from] ?? 0); back += 1) from -= 1;
  return from;
}
