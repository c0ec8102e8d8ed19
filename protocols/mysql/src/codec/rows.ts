import { BodyReader } from './body-reader.ts';
import type { ColumnDefinition } from './columns.ts';
import { readValue, valueWidth, WIDTH } from './values.ts';

// Rows of a result. Text: a lenenc text per cell, or 0xfb for NULL. Binary: `0x00 | NULL bitmap, from bit 2 | values`.
// https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query_response_text_resultset_row.html

/** A cell's place in its row's payload. */
export interface Cell {
  /** With the length that stands before some values; where it would be, for a NULL of the binary protocol. */
  readonly start: number;
  readonly end: number;
  /** undefined: NULL. */
  readonly value: Buffer | undefined;
}

const TEXT_NULL = 0xfb;
/** Leads a length of two bytes. */
const TWO_BYTES = 0xfc;
/** Behind every row. */
const NOWHERE = Number.MAX_SAFE_INTEGER;
/** Bits of the bitmap that mean nothing. */
const BITMAP_OFFSET = 2;

export function textCells(payload: Buffer, columns: number): Cell[] {
  const body = new BodyReader(payload, 'target', 'text row');
  const cells: Cell[] = [];
  for (let index = 0; index < columns; index += 1) {
    const start = body.at;
    const isNull = payload[start] === TEXT_NULL;
    if (isNull) body.int(1);
    const value = isNull ? undefined : body.lenencBytes();
    cells.push({ start, end: body.at, value });
  }
  if (body.remaining > 0) throw body.broken('more cells than columns');
  return cells;
}

export function binaryCells(payload: Buffer, columns: readonly Pick<ColumnDefinition, 'type'>[]): Cell[] {
  const body = new BodyReader(payload, 'target', 'binary row');
  body.int(1);
  const bitmap = body.bytes((columns.length + 7 + BITMAP_OFFSET) >> 3);
  const cells = columns.map(({ type }, index): Cell => {
    const start = body.at;
    const bit = index + BITMAP_OFFSET;
    const value = ((bitmap[bit >> 3] as number) >> (bit & 7)) & 1 ? undefined : readValue(body, type);
    return { start, end: body.at, value };
  });
  if (body.remaining > 0) throw body.broken('more cells than columns');
  return cells;
}

/** Where the NULL bit of a binary row's cell lies in its payload. */
export function nullBit(index: number): { readonly at: number; readonly bits: number } {
  const bit = index + BITMAP_OFFSET;
  return { at: 1 + (bit >> 3), bits: 1 << (bit & 7) };
}

/** Where the cells of a row lie, without making anything of them: a row that is read overwrites the one before. */
export class RowCells {
  /** Start, start of the value and end of each cell; a NULL's value starts before the bytes. */
  #bounds = new Int32Array(0);

  /**
   * @param from where in `bytes` the row's payload begins, and `to` where it ends.
   * @throws ProtocolError when the row has other cells than so many
   */
  readText(bytes: Buffer, from: number, to: number, columns: number): void {
    this.#room(columns);
    let at = from;
    for (let index = 0; index < columns; index += 1) {
      at = bytes[at] === TEXT_NULL && at < to ? this.#set(index, at, -1, at + 1) : this.#sized(index, bytes, at, to);
      if (at > to) break;
    }
    // Most values are short, and most rows whole: the others are for textCells to judge.
    if (at !== to) this.#take(textCells(bytes.subarray(from, to), columns), from);
  }

  /** @throws ProtocolError as readText */
  readBinary(bytes: Buffer, from: number, to: number, columns: readonly Pick<ColumnDefinition, 'type'>[]): void {
    this.#room(columns.length);
    let at = from + 1 + ((columns.length + 7 + BITMAP_OFFSET) >> 3);
    for (let index = 0; index < columns.length && at <= to; index += 1) {
      const bit = index + BITMAP_OFFSET;
      const isNull = ((bytes[from + 1 + (bit >> 3)] as number) >> (bit & 7)) & 1;
      at = isNull ? this.#set(index, at, -1, at) : this.#typed(index, bytes, at, to, columns[index]?.type ?? 0);
    }
    if (at !== to) this.#take(binaryCells(bytes.subarray(from, to), columns), from);
  }

  isNull(index: number): boolean {
    return this.value(index) < 0;
  }

  /** See {@link Cell.start}. */
  start(index: number): number {
    return this.#bounds[index * 3] as number;
  }

  /** Where the value itself begins. */
  value(index: number): number {
    return this.#bounds[index * 3 + 1] as number;
  }

  end(index: number): number {
    return this.#bounds[index * 3 + 2] as number;
  }

  /** @returns where the value of that type ends; beyond every row where that is not plain */
  #typed(index: number, bytes: Buffer, at: number, to: number, type: number): number {
    const width = valueWidth(type);
    if (width >= 0) return this.#set(index, at, at, at + width);
    if (width === WIDTH.SIZED) return this.#sized(index, bytes, at, to);
    return width === WIDTH.TIME && at < to ? this.#set(index, at, at + 1, at + 1 + (bytes[at] as number)) : NOWHERE;
  }

  /** A value with its length before it, of up to 64 KiB. */
  #sized(index: number, bytes: Buffer, at: number, to: number): number {
    const first = at < to ? (bytes[at] as number) : 0xff;
    if (first < TEXT_NULL) return this.#set(index, at, at + 1, at + 1 + first);
    if (first !== TWO_BYTES || at + 3 > to) return NOWHERE;
    return this.#set(index, at, at + 3, at + 3 + ((bytes[at + 1] as number) | ((bytes[at + 2] as number) << 8)));
  }

  #set(index: number, start: number, value: number, end: number): number {
    const bounds = this.#bounds;
    bounds[index * 3] = start;
    bounds[index * 3 + 1] = value;
    bounds[index * 3 + 2] = end;
    return end;
  }

  #take(cells: readonly Cell[], from: number): void {
    for (const [index, { start, end, value }] of cells.entries())
      this.#set(index, from + start, value === undefined ? -1 : from + end - value.length, from + end);
  }

  #room(cells: number): void {
    if (cells * 3 > this.#bounds.length) this.#bounds = new Int32Array(cells * 3);
  }
}
