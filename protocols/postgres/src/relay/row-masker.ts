import { ProtocolError } from '@sallyport/core';
import { HEADER_BYTES } from '../codec/decoder.ts';
import { RowCells } from '../codec/rows.ts';
import type { RowPlan } from './row-plan.ts';
import type { Run } from './run.ts';

/** Small rows are cut from one buffer, so that the pump writes neighbours as one. */
const SLAB_BYTES = 64 * 1024;
/** A masked row is built in memory, so its size has a bound; rows without masks have none. */
export const MAX_MASKED_ROW_BYTES = 16 * 1024 * 1024;

/** Rewrites the masked cells of DataRows; all other bytes are copied as they are. */
export class RowMasker {
  readonly #cells = new RowCells();
  #slab = Buffer.allocUnsafeSlow(0);
  #used = 0;

  /** @throws ProtocolError when the row is not the one that was described */
  mask(raw: Buffer, plan: RowPlan, run: Run): Buffer {
    const cells = this.#cells;
    cells.read(raw);
    const masked: (Buffer | null)[] = [];
    let size = raw.length;
    for (const { index, mask, text } of plan) {
      if (index >= cells.count) throw new ProtocolError('target', 'The target sent a row with fewer columns than it had described.');
      if (cells.isNull(index)) {
        masked.push(null);
        continue;
      }
      const start = cells.start(index);
      const end = cells.end(index);
      const seen = text ? mask.apply(raw.toString('utf8', start, end)) : null;
      const cell = seen === null ? null : Buffer.from(seen);
      run.masked(mask.rule);
      masked.push(cell);
      size += (cell?.length ?? 0) - (end - start);
    }
    return this.#build(raw, plan, masked, size);
  }

  #build(raw: Buffer, plan: RowPlan, masked: readonly (Buffer | null)[], size: number): Buffer {
    const row = this.#take(size);
    let from = 0;
    let at = 0;
    plan.forEach(({ index }, which) => {
      const start = this.#cells.start(index);
      at += raw.copy(row, at, from, start - 4);
      const cell = masked[which] ?? null;
      at = row.writeInt32BE(cell === null ? -1 : cell.length, at);
      if (cell !== null) at += cell.copy(row, at);
      from = Math.max(start, this.#cells.end(index));
    });
    raw.copy(row, at, from);
    row.writeInt32BE(size - 1, HEADER_BYTES - 4);
    return row;
  }

  #take(size: number): Buffer {
    if (size > SLAB_BYTES / 4) return Buffer.allocUnsafeSlow(size);
    if (this.#used + size > this.#slab.length) {
      this.#slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
      this.#used = 0;
    }
    const row = this.#slab.subarray(this.#used, this.#used + size);
    this.#used += size;
    return row;
  }
}
