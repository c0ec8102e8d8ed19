import { ProtocolError, Slab } from '@sallyport/core';
import { HEADER_BYTES } from '../codec/decoder.ts';
import { RowCells } from '../codec/rows.ts';
import type { CellEditor } from './cell-editor.ts';

/** A masked row is built in memory, so its size has a bound; rows without masks have none. */
export const MAX_MASKED_ROW_BYTES = 16 * 1024 * 1024;

/** Rewrites the masked cells of DataRows. What lies between two of them is copied as one stretch, over as many rows as it reaches. */
export class RowMasker {
  readonly #cells = new RowCells();
  readonly #out = new Slab();
  /** What is copied so far of the present rows. */
  #copied = 0;

  /**
   * @param rows whole DataRows, one behind the other.
   * @returns `rows` itself where nothing in them changes.
   * @throws ProtocolError when a row is not the one that was described
   */
  mask(rows: Buffer, editor: CellEditor): Buffer {
    this.#copied = 0;
    this.#out.begin(rows.length);
    for (let at = 0, end = 0; at < rows.length; at = end) {
      end = at + 1 + rows.readInt32BE(at + 1);
      if (editor.concerns(rows, at + HEADER_BYTES, end)) this.#maskRow(rows, at, end, editor);
    }
    if (this.#copied === 0) return rows;
    this.#out.copy(rows, this.#copied, rows.length);
    return this.#out.end();
  }

  #maskRow(rows: Buffer, at: number, end: number, editor: CellEditor): void {
    const [cells, out] = [this.#cells, this.#out];
    cells.read(rows, at, end);
    const head = out.length + at - this.#copied;
    let size = end - at;
    for (const plan of editor.plan.cells) {
      const { index } = plan;
      if (index >= cells.count) throw new ProtocolError('target', 'The target sent a row with fewer columns than it had described.');
      if (cells.isNull(index)) continue;
      const [from, to] = [cells.start(index), cells.end(index)];
      const value = editor.edit(plan, rows, from, to);
      if (value === undefined) continue;
      out.copy(rows, this.#copied, from - 4);
      out.int32(value === null ? -1 : value.length);
      if (value !== null) out.copy(value, 0, value.length);
      this.#copied = to;
      size += (value?.length ?? 0) - (to - from);
    }
    if (size !== end - at) out.setInt32(size - 1, head + 1);
  }
}
