import type { CountHit, TerminalToken, TextMask } from '@sallyport/core';
import type { Timed } from './run-queue.ts';
import { BACKSPACE, CARRIAGE_RETURN, LINE_FEED, TAB, type TokenEffect } from './token-effect.ts';

/** A token of the line that is being written. */
export interface Held {
  readonly token: TerminalToken;
  readonly effect: TokenEffect;
  /** When it came, in milliseconds. */
  readonly at: number;
  /** Given to the client. */
  left: boolean;
}

/** One character of a line, or one token that acts on it: bytes `[from, to)` of a token. */
interface Item {
  readonly held: Held;
  readonly from: number;
  readonly to: number;
  hidden: boolean;
  /** The same character in the same place, written before: bold as printers have it. */
  under: Item | undefined;
}
type Reading = readonly (Item | undefined)[];

const MOST_CELLS = 8192;
const TAB_STOP = 8;
const [BLANK, BETWEEN] = [0x20, 0x0a];
const STAR = '*';

/**
 * A line whose text was not written from left to right. It is read twice: as it was written, piece by
 * piece, and as it stands on the screen in the end. Each character of a hit becomes a `*`, so that the
 * cursor's moves still fit.
 */
export class PlacedLine {
  readonly #line: readonly Held[];
  readonly #columns: number;
  /** How often REP wrote the character before it, by its token's item. */
  readonly #repeats = new Map<Item, { readonly character: Item; readonly count: number }>();
  #items: readonly Item[] = [];
  #cells: (Item | undefined)[] = [];
  #cursor = 0;
  #hides = false;

  constructor(line: readonly Held[], columns: number) {
    this.#line = line;
    this.#columns = columns;
  }

  hide(mask: TextMask, count: CountHit): void {
    if (this.#isHarmless(mask)) return;
    this.#items = this.#line.flatMap(itemsOf);
    const written = this.#write();
    this.#search(this.#cells, mask, count);
    this.#search(written, mask, count);
  }

  /** What the client gets of what it does not have yet. */
  shown(): Timed[] {
    const fresh = this.#line.filter(({ left }) => !left);
    if (!this.#hides) return fresh.map(({ token, at }) => ({ bytes: token.bytes, at }));
    return this.#items.filter(({ held }) => !held.left).map((item) => ({ bytes: this.#bytes(item), at: item.held.at }));
  }

  #bytes(item: Item): Buffer {
    const { held, from, to, hidden } = item;
    return hidden ? Buffer.from(STAR.repeat(this.#repeats.get(item)?.count ?? 1)) : held.token.bytes.subarray(from, to);
  }

  /** Written from left to right after all, with nothing in it. */
  #isHarmless(mask: TextMask): boolean {
    if (this.#line.some(({ effect }) => effect === 'across' || effect === 'end')) return false;
    const text = Buffer.concat(this.#line.filter(({ effect }) => effect === 'text').map(({ token }) => token.bytes));
    return !mask.mayFind(text, 0, text.length);
  }

  /** Plays all items. @returns the characters as they were written, undefined between pieces that are apart. */
  #write(): Reading {
    const written: (Item | undefined)[] = [];
    let last: Item | undefined;
    for (const item of this.#items) {
      const { token, effect } = item.held;
      if (effect === 'text') {
        this.#put(item);
        written.push(item);
        last = item;
      } else if (token.type === 'csi' && token.final === 'b' && last !== undefined) {
        const count = Math.min(amount(token.parameters), MOST_CELLS - this.#cursor);
        this.#repeats.set(item, { character: last, count });
        for (let index = 0; index < count; index += 1) {
          this.#put(item);
          written.push(item);
        }
      } else if (effect !== 'still') {
        this.#move(token);
        written.push(undefined);
      }
    }
    return written;
  }

  #put(item: Item): void {
    const at = this.#cursor;
    if (at >= MOST_CELLS) return;
    const { token } = item.held;
    const tab = token.type === 'control' && token.code === TAB;
    const before = this.#cells[at];
    if (before !== undefined && before !== item && isSame(before, item)) item.under = before;
    this.#cells[at] = item;
    this.#cursor = tab ? Math.min(MOST_CELLS, (Math.floor(at / TAB_STOP) + 1) * TAB_STOP) : at + 1;
  }

  #move(token: TerminalToken): void {
    if (token.type === 'control') {
      if (token.code === BACKSPACE) this.#go(this.#cursor - 1);
      else if (token.code === CARRIAGE_RETURN) this.#cursor = this.#row() * this.#columns;
      else if (token.code === LINE_FEED) this.#go(this.#cursor + this.#columns);
    } else if (token.type === 'csi') this.#edit(token.final, amount(token.parameters), token.parameters);
  }

  /** Behind the last column the cursor still stands in its row. */
  #row(): number {
    const full = this.#cursor > 0 && this.#cursor % this.#columns === 0;
    return Math.floor((full ? this.#cursor - 1 : this.#cursor) / this.#columns);
  }

  #go(to: number): void {
    this.#cursor = Math.max(0, Math.min(MOST_CELLS, to));
  }

  #edit(final: string, count: number, parameters: string): void {
    const cells = this.#cells;
    const at = this.#cursor;
    if (final === 'C' || final === 'a') this.#go(at + count);
    else if (final === 'D') this.#go(at - count);
    else if (final === 'G' || final === '`') this.#go(this.#row() * this.#columns + count - 1);
    else if (final === 'I') this.#go((Math.floor(at / TAB_STOP) + count) * TAB_STOP);
    else if (final === 'Z') this.#go((Math.ceil(at / TAB_STOP) - count) * TAB_STOP);
    else if (final === '@') this.#insert(at, Math.min(count, MOST_CELLS));
    else if (final === 'P') cells.splice(at, count);
    else if (final === 'X') for (let cell = at; cell < Math.min(at + count, cells.length); cell += 1) cells[cell] = undefined;
    else if (final === 'K') this.#erase(parameters);
  }

  #insert(at: number, count: number): void {
    if (at >= this.#cells.length) return;
    this.#cells.splice(at, 0, ...Array.from({ length: count }, () => undefined));
    this.#cells.length = Math.min(this.#cells.length, MOST_CELLS);
  }

  #erase(parameters: string): void {
    const mode = parameters.replace('?', '');
    if (mode === '' || mode === '0') this.#cells.length = Math.min(this.#cells.length, this.#cursor);
    else this.#cells = mode === '1' ? this.#cells.fill(undefined, 0, this.#cursor + 1) : [];
  }

  #search(reading: Reading, mask: TextMask, count: CountHit): void {
    const gap = reading === this.#cells ? BLANK : BETWEEN;
    const owners: (Item | undefined)[] = [];
    const bytes: number[] = [];
    // Not `for of` nor forEach: cells that were skipped are read, too.
    for (let index = 0; index < reading.length; index += 1) {
      const item = reading[index];
      const { held, from, to } = (item && this.#repeats.get(item)?.character) ?? item ?? NOTHING;
      if (held === undefined) bytes.push(gap);
      else for (let at = from; at < to; at += 1) bytes.push(held.token.bytes[at] as number);
      while (owners.length < bytes.length) owners.push(item);
    }
    const text = Buffer.from(bytes);
    if (!mask.mayFind(text, 0, text.length)) return;
    const runs = mask.runs();
    let at = 0;
    for (const { length, hit } of [...runs.push(text), ...runs.flush()]) {
      if (hit !== undefined) this.#hide(owners.slice(at, at + length), () => hit.goesOn || count(hit.rule, hit.hidden));
      at += length;
    }
  }

  #hide(items: Reading, counted: () => void): void {
    if (items.some((item) => item?.hidden === false && !item.held.left)) counted();
    for (const item of items) for (let each = item; each !== undefined; each = each.under) each.hidden = true;
    this.#hides = true;
  }
}

const NOTHING = { held: undefined, from: 0, to: 0 } as const;

function isSame(one: Item, other: Item): boolean {
  const [a, b] = [one.held.token.bytes, other.held.token.bytes];
  return a.compare(b, other.from, other.to, one.from, one.to) === 0;
}

function itemsOf(held: Held): Item[] {
  const { token } = held;
  const { bytes } = token;
  if (token.type !== 'text') return [{ held, from: 0, to: bytes.length, hidden: false, under: undefined }];
  const items: Item[] = [];
  for (let from = 0; from < bytes.length; ) {
    const last = Math.min(bytes.length, from + lengthOf(bytes[from] as number));
    let to = from + 1;
    while (to < last && isContinuation(bytes[to] as number)) to += 1;
    items.push({ held, from, to, hidden: false, under: undefined });
    from = to;
  }
  return items;
}

/** A byte of a UTF-8 character that is not its first. */
export function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}

/** Bytes of a UTF-8 character by its first one. */
function lengthOf(lead: number): number {
  if (lead < 0xc0) return 1;
  if (lead < 0xe0) return 2;
  return lead < 0xf0 ? 3 : 4;
}

function amount(parameters: string): number {
  const count = Number.parseInt(parameters, 10);
  return count > 0 ? Math.min(count, MOST_CELLS) : 1;
}
