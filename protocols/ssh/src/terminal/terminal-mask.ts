import { type CountHit, type TerminalToken, TerminalTokens, type TextMask } from '@sallyport/core';
import { type LineItem, PlacedLine } from './placed-line.ts';
import { RunQueue, type Timed } from './run-queue.ts';
import { alternateScreen, CARRIAGE_RETURN, effectOf, erasesRest } from './token-effect.ts';

/** A longer line is looked at in parts of so many bytes, as far as it was written from left to right. */
const LONGEST_LINE = 4096;
const NEW_LINE = Buffer.from('\n');

interface Held {
  readonly token: TerminalToken;
  readonly at: number;
  /** Given to the queue. */
  left: boolean;
}

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
    switch (effectOf(token)) {
      case 'text':
        this.#write(token, at);
        break;
      case 'still':
        this.#hold(token.type === 'string' ? this.#searched(token) : token, at);
        break;
      case 'across':
        this.#hold(token, at);
        break;
      case 'end':
        this.#hold(token, at);
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
      if (fits > 0) this.#hold({ type: 'text', bytes: bytes.subarray(0, fits) }, at);
      bytes = bytes.subarray(fits);
      this.#endLine();
    }
    if (bytes.length === 0) return;
    this.#hold(token.type === 'text' ? { type: 'text', bytes } : token, at);
    this.#characters += token.type === 'text' ? countCharacters(bytes) : 1;
  }

  #hold(token: TerminalToken, at: number): void {
    this.#line.push({ token, at, left: false });
    this.#bytes += token.bytes.length;
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
  }

  #settle(): void {
    if (this.#line.at(-1)?.left !== false) return;
    if (this.#isPlaced()) this.#settlePlaced();
    else for (const { token, at, left } of this.#line) if (!left) this.#settleToken(token, at);
    for (const held of this.#line) held.left = true;
  }

  #settleToken(token: TerminalToken, at: number): void {
    const { type, bytes } = token;
    const read = type === 'text' || (type === 'control' && ['text', 'end', 'across'].includes(effectOf(token)));
    if (read) this.#queue.text(bytes, at);
    else this.#queue.mark(bytes, at);
  }

  #settlePlaced(): void {
    const items = this.#line.flatMap(itemsOf);
    const line = new PlacedLine(items, this.#columns);
    line.hide(this.#mask, this.#count);
    for (const item of items) if (!item.left) this.#queue.mark(line.shown(item), item.at);
    this.#queue.mark(Buffer.alloc(0), items.at(-1)?.at ?? 0, NEW_LINE);
  }

  /** Whether the cursor went back and wrote again, or may do so. */
  #isPlaced(): boolean {
    if (this.#alternate || this.#wrapped) return true;
    let written = false;
    let returned = false;
    for (const { token } of this.#line) {
      const effect = effectOf(token);
      if (effect === 'text') {
        if (returned) return true;
        written = true;
      } else if (effect === 'across' && !(erasesRest(token) && !returned)) {
        if (token.type !== 'control' || token.code !== CARRIAGE_RETURN) return true;
        returned = written;
      }
    }
    return false;
  }

  /** Titles and links are read, too. */
  #searched(token: TerminalToken): TerminalToken {
    const { bytes } = token;
    const masked = this.#mask.value(bytes, 0, bytes.length, this.#count);
    return masked === undefined ? token : { type: 'string', bytes: masked };
  }
}

function itemsOf({ token, at, left }: Held): LineItem[] {
  const item = (bytes: Buffer): LineItem => ({ token, bytes, at, left, hidden: false });
  if (token.type !== 'text') return [item(token.bytes)];
  const items: LineItem[] = [];
  for (let from = 0; from < token.bytes.length; ) {
    const last = Math.min(token.bytes.length, from + lengthOf(token.bytes[from] as number));
    let to = from + 1;
    while (to < last && isContinuation(token.bytes[to] as number)) to += 1;
    items.push(item(token.bytes.subarray(from, to)));
    from = to;
  }
  return items;
}

function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}

/** Bytes of a UTF-8 character by its first one. */
function lengthOf(lead: number): number {
  if (lead < 0xc0) return 1;
  if (lead < 0xe0) return 2;
  return lead < 0xf0 ? 3 : 4;
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
