import type { Mask, TextMask } from '@sallyport/core';
import { lenencBytes } from '../codec/bytes.ts';
import type { ColumnDefinition } from '../codec/columns.ts';
import { binaryCells, type Cell, setNull, textCells } from '../codec/rows.ts';
import type { RowPlan } from './row-plan.ts';
import type { Run } from './run.ts';

/** A masked row is built in memory, so its size has a bound; rows without masks have none. */
export const MAX_MASKED_ROW_BYTES = 16 * 1024 * 1024;

const TEXT_NULL = Buffer.of(0xfb);
const NOTHING = Buffer.alloc(0);

/**
 * A row with its masked cells rewritten; all other bytes are copied as they are.
 *
 * @throws ProtocolError when the row is not the one that was described
 */
export function maskRow(
  payload: Buffer,
  columns: readonly ColumnDefinition[],
  plan: RowPlan,
  binary: boolean,
  run: Run,
  textMask?: TextMask,
): Buffer {
  const cells = binary ? binaryCells(payload, columns) : textCells(payload, columns.length);
  const pieces: Buffer[] = [];
  const nulled: number[] = [];
  let from = 0;
  for (const { index, mask, text } of plan) {
    const cell = cells[index] as Cell;
    if (cell.value === undefined) continue;
    const seen = mask === undefined ? searched(cell.value, textMask, run) : masked(cell.value, mask, text, binary, run);
    if (seen === undefined) continue;
    if (seen === null) nulled.push(index);
    pieces.push(payload.subarray(from, cell.start), seen !== null ? lenencBytes(seen) : binary ? NOTHING : TEXT_NULL);
    from = cell.end;
  }
  pieces.push(payload.subarray(from));
  const row = Buffer.concat(pieces);
  if (binary) for (const index of nulled) setNull(row, index);
  return row;
}

function masked(value: Buffer, mask: Mask, text: boolean, binary: boolean, run: Run): string | null {
  run.masked(mask.rule, text || !binary ? value : undefined);
  return text ? mask.apply(value.toString()) : null;
}

/** @returns undefined when nothing was found */
function searched(value: Buffer, textMask: TextMask | undefined, run: Run): Buffer | undefined {
  if (textMask === undefined || !textMask.mayFind(value, 0, value.length)) return undefined;
  return textMask.value(value, 0, value.length, (rule, hidden) => run.masked(rule, hidden));
}
