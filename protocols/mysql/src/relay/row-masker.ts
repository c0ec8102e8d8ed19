import { Slab, type TextMask } from '@sallyport/core';
import { lenencBytes, packets } from '../codec/bytes.ts';
import type { ColumnDefinition } from '../codec/columns.ts';
import { HEADER_BYTES, MAX_PAYLOAD_BYTES } from '../codec/frames.ts';
import { RowCells, setNull, textCell } from '../codec/rows.ts';
import type { CellMask, RowPlan } from './row-plan.ts';
import type { Run } from './run.ts';

/** A masked row is built in memory, so its size has a bound; rows without masks have none. */
export const MAX_MASKED_ROW_BYTES = 16 * 1024 * 1024;

const TEXT_NULL = Buffer.of(0xfb);

/** How a result's rows are masked. */
export interface MaskedResult {
  readonly columns: readonly ColumnDefinition[];
  readonly plan: RowPlan;
  /** Rows of the binary protocol. */
  readonly binary: boolean;
  readonly run: Pick<Run, 'masked'>;
  readonly textMask: TextMask | undefined;
}

/** Rewrites the masked cells of rows; what lies between two of them is copied as it is. */
export class RowMasker {
  readonly #cells = new RowCells();
  readonly #out = new Slab();

  /**
   * @param payload the row's.
   * @param sequence of the first packet that it becomes.
   * @throws ProtocolError when the row is not the one that was described
   */
  mask(payload: Buffer, result: MaskedResult, sequence: number): Buffer {
    const [cells, out] = [this.#cells, this.#out];
    const nulled: number[] = [];
    if (result.binary) cells.readBinary(payload, result.columns);
    else cells.readText(payload, result.columns.length);
    out.begin(HEADER_BYTES + payload.length);
    out.int32(0);
    let copied = 0;
    for (const cell of result.plan) {
      const { index } = cell;
      if (cells.isNull(index)) continue;
      const seen = seenOf(cell, payload.subarray(cells.value(index), cells.end(index)), result);
      if (seen === undefined) continue;
      out.copy(payload, copied, cells.start(index));
      if (seen !== null) out.copy(seen, 0, seen.length);
      else if (!result.binary) out.copy(TEXT_NULL, 0, 1);
      else nulled.push(index);
      copied = cells.end(index);
    }
    out.copy(payload, copied, payload.length);
    return this.#packets(nulled, sequence);
  }

  #packets(nulled: readonly number[], sequence: number): Buffer {
    const packet = this.#out.end();
    const row = packet.subarray(HEADER_BYTES);
    for (const index of nulled) setNull(row, index);
    if (row.length >= MAX_PAYLOAD_BYTES) return packets(row, sequence);
    packet.writeUIntLE(row.length, 0, 3);
    packet[3] = sequence & 0xff;
    return packet;
  }
}

/** @returns the cell as it is sent; null: it becomes NULL; undefined: it stays as it is */
function seenOf({ mask, text, fixed }: CellMask, value: Buffer, { binary, run, textMask }: MaskedResult): Buffer | null | undefined {
  if (mask === undefined) return searched(value, textMask, run);
  run.masked(mask.rule, text || !binary ? value : undefined);
  return fixed === undefined ? textCell(mask.apply(value.toString())) : fixed;
}

/** @returns undefined when nothing was found */
function searched(value: Buffer, textMask: TextMask | undefined, run: Pick<Run, 'masked'>): Buffer | undefined {
  if (textMask === undefined || !textMask.mayFind(value, 0, value.length)) return undefined;
  const seen = textMask.value(value, 0, value.length, (rule, hidden) => run.masked(rule, hidden));
  return seen && lenencBytes(seen);
}
