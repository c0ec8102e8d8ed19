import { ProtocolError } from '@sallyport/core';
import { HEADER_BYTES } from '../codec/decoder.ts';
import { RowCells } from '../codec/rows.ts';
import type { CellEditor } from './cell-editor.ts';

/** Small rows are cut from one buffer, so that the pump writes neighbours as one. */
const SLAB_BYTES = 64 * 1024;
/** A masked row is built in memory, so its size has a bound; rows without masks have none. */
export const MAX_MASKED_ROW_BYTES = 16 * 1024 * 1024;

/** Rewrites the masked cells of DataRows; all other bytes are copied as they are. */
export class RowMasker {
  readonly #cells = new RowCells();
  /** Cells of the present row that change, and to what. */
  readonly #changed: number[] = [];
  readonly #values: (Buffer | null)[] = [];
  #slab = Buffer.allocUnsafeSlow(0);
  #used = 0;

  /** @returns `raw` itself where nothing in it changes. @throws ProtocolError when the row is not the one that was described */
  mask(raw: Buffer, editor: CellEditor): Buffer {
    if (!editor.concerns(raw, HEADER_BYTES, raw.length)) return raw;
    const cells = this.#cells;
    cells.read(raw);
    this.#changed.length = 0;
    this.#values.length = 0;
    let size = raw.length;
    for (const plan of editor.plan.cells) {
      const { index } = plan;
      if (index >= cells.count) throw new ProtocolError('target', 'The target sent a row with fewer columns than it had described.');
      if (cells.isNull(index)) continue;
      const start = cells.start(index);
      const end = cells.end(index);
      const value = editor.edit(plan, raw, start, end);
      if (value === undefined) continue;
      this.#changed.push(index);
      this.#values.push(value);
      size += (value?.length ?? 0) - (end - start);
    }
    return this.#changed.length === 0 ? raw : this.#build(raw, size);
  }

  #build(raw: Buffer, size: number): Buffer {
    const row = this.#take(size);
    let from = 0;
    let at = 0;
    this.#changed.forEach((index, which) => {
      const start = this.#cells.start(index);
      at += raw.copy(row, at, from, start - 4);
      const value = this.#values[which] ?? null;
      at = row.writeInt32BE(value === null ? -1 : value.length, at);
      if (value !== null) at += value.copy(row, at);
      from = this.#cells.end(index);
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
