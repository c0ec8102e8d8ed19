import { BodyReader } from './body-reader.ts';
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

/** Marks a cell of a binary row as NULL, in place. */
export function setNull(payload: Buffer, index: number): void {
  const bit = index + BITMAP_OFFSET;
  const at = 1 + (bit >> 3);
  payload[at] = (payload[at] as number) | (1 << (bit & 7));
}
