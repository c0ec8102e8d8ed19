import { BodyReader } from './body-reader.ts';
import { lenencBytes } from './bytes.ts';
import type { ColumnDefinition } from './columns.ts';
import { readValue } from './values.ts';

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

/** A text as a cell of either protocol. */
export function textCell(text: string | null): Buffer | null {
  return text === null ? null : lenencBytes(text);
}

/** Marks a cell of a binary row as NULL, in place. */
export function setNull(payload: Buffer, index: number): void {
  const bit = index + BITMAP_OFFSET;
  const at = 1 + (bit >> 3);
  payload[at] = (payload[at] as number) | (1 << (bit & 7));
}

/** Where the cells of a row lie, without making anything of them: a row that is read overwrites the one before. */
export class RowCells {
  /** Start, start of the value and end of each cell; a NULL's value starts before the payload. */
  #bounds = new Int32Array(0);

  /** @throws ProtocolError when the row has other cells than so many */
  readText(payload: Buffer, columns: number): void {
    const bounds = this.#room(columns);
    let at = 0;
    for (let index = 0; index < columns; index += 1) {
      const first = payload[at] ?? 0xff;
      const length = first === TEXT_NULL ? 0 : first;
      // Most values are short, and most rows whole: the others are for textCells to judge.
      if (first > TEXT_NULL || at + 1 + length > payload.length) {
        this.#take(textCells(payload, columns));
        return;
      }
      bounds[index * 3] = at;
      bounds[index * 3 + 1] = first === TEXT_NULL ? -1 : at + 1;
      at += 1 + length;
      bounds[index * 3 + 2] = at;
    }
    if (at !== payload.length) this.#take(textCells(payload, columns));
  }

  /** @throws ProtocolError as readText */
  readBinary(payload: Buffer, columns: readonly Pick<ColumnDefinition, 'type'>[]): void {
    this.#take(binaryCells(payload, columns));
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

  #take(cells: readonly Cell[]): void {
    const bounds = this.#room(cells.length);
    for (const [index, { start, end, value }] of cells.entries())
      bounds.set([start, value === undefined ? -1 : end - value.length, end], index * 3);
  }

  #room(cells: number): Int32Array {
    if (cells * 3 > this.#bounds.length) this.#bounds = new Int32Array(cells * 3);
    return this.#bounds;
  }
}
