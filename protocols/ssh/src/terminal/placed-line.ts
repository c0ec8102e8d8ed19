import type { CountHit, TerminalToken, TextMask } from '@sallyport/core';
import { BACKSPACE, CARRIAGE_RETURN, effectOf, LINE_FEED, TAB } from './token-effect.ts';

/** One character of a line, or one token that acts on it. */
export interface LineItem {
  readonly token: TerminalToken;
  /** A character's own bytes. */
  readonly bytes: Buffer;
  readonly at: number;
  /** The client has it already. */
  readonly left: boolean;
  hidden: boolean;
  /** The same character in the same place, written before: bold as printers have it. */
  under?: LineItem;
}

const MOST_CELLS = 8192;
const TAB_STOP = 8;
const BLANK = Buffer.from(' ');
const BETWEEN = Buffer.from('\n');
const STAR = '*';

/**
 * A line whose text was not written from left to right. It is read twice: as it was written, piece by
 * piece, and as it stands on the screen in the end. Each character of a hit becomes a `*`, so that the
 * cursor's moves still fit.
 */
export class PlacedLine {
  readonly #items: readonly LineItem[];
  readonly #columns: number;
  /** What REP wrote, by its token's item. */
  readonly #repeats = new Map<LineItem, { readonly character: Buffer; readonly count: number }>();
  #cells: (LineItem | undefined)[] = [];
  #cursor = 0;

  constructor(items: readonly LineItem[], columns: number) {
    this.#items = items;
    this.#columns = columns;
  }

  hide(mask: TextMask, count: CountHit): void {
    const written = this.#write();
    this.#search(this.#cells, mask, count);
    this.#search(written, mask, count);
  }

  /** What the client gets of an item. */
  shown(item: LineItem): Buffer {
    if (!item.hidden) return item.bytes;
    return Buffer.from(STAR.repeat(this.#repeats.get(item)?.count ?? 1));
  }

  /** Plays all items. @returns the characters as they were written, undefined between pieces that are apart. */
  #write(): (LineItem | undefined)[] {
    const written: (LineItem | undefined)[] = [];
    let last: LineItem | undefined;
    for (const item of this.#items) {
      const { token } = item;
      const effect = effectOf(token);
      if (effect === 'text') {
        this.#put(item);
        written.push(item);
        last = item;
      } else if (token.type === 'csi' && token.final === 'b' && last !== undefined) {
        const count = Math.min(amount(token.parameters), MOST_CELLS - this.#cursor);
        this.#repeats.set(item, { character: last.bytes, count });
        for (let index = 0; index < count; index += 1) this.#put(item);
        written.push(item);
      } else if (effect !== 'still') {
        this.#move(token);
        written.push(undefined);
      }
    }
    return written;
  }

  #put(item: LineItem): void {
    if (this.#cursor >= MOST_CELLS) return;
    if (item.token.type === 'control' && item.token.code === TAB) {
      this.#cells[this.#cursor] = item;
      this.#cursor = Math.min(MOST_CELLS, (Math.floor(this.#cursor / TAB_STOP) + 1) * TAB_STOP);
      return;
    }
    const before = this.#cells[this.#cursor];
    if (before !== undefined && before !== item && before.bytes.equals(item.bytes)) item.under = before;
    this.#cells[this.#cursor] = item;
    this.#cursor += 1;
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

  #search(reading: readonly (LineItem | undefined)[], mask: TextMask, count: CountHit): void {
    const owners: (LineItem | undefined)[] = [];
    const parts: Buffer[] = [];
    for (let index = 0; index < reading.length; index += 1) {
      const item = reading[index];
      const bytes = this.#text(item, reading === this.#cells);
      parts.push(bytes);
      for (let byte = 0; byte < bytes.length; byte += 1) owners.push(item);
    }
    const runs = mask.runs();
    let at = 0;
    for (const { length, hit } of [...runs.push(Buffer.concat(parts)), ...runs.flush()]) {
      const items = hit === undefined ? [] : owners.slice(at, at + length);
      at += length;
      const fresh = items.filter((item) => item !== undefined && !item.left && !item.hidden);
      if (hit !== undefined && !hit.goesOn && fresh.length > 0) count(hit.rule, hit.hidden);
      for (const item of items) for (let each = item; each !== undefined; each = each.under) each.hidden = true;
    }
  }

  #text(item: LineItem | undefined, cell: boolean): Buffer {
    if (item === undefined) return cell ? BLANK : BETWEEN;
    const repeated = this.#repeats.get(item);
    if (repeated === undefined) return item.bytes;
    return cell ? repeated.character : Buffer.concat(Array.from({ length: repeated.count }, () => repeated.character));
  }
}

function amount(parameters: string): number {
  const count = Number.parseInt(parameters, 10);
  return count > 0 ? Math.min(count, MOST_CELLS) : 1;
}
