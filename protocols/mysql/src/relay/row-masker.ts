import { GatewayError, Slab, type TextMask } from '@sallyport/core';
import { lenenc, packets } from '../codec/bytes.ts';
import { type ColumnDefinition, TYPE, UNSIGNED_FLAG } from '../codec/columns.ts';
import { HEADER_BYTES, MAX_PAYLOAD_BYTES, packetEnd } from '../codec/frames.ts';
import { nullBit, RowCells } from '../codec/rows.ts';
import { valueText } from '../codec/values.ts';
import { maskedCell } from './cell-form.ts';
import type { CellMask, RowPlan } from './row-plan.ts';
import type { Run } from './run.ts';

/** A masked row is built in memory, so its size has a bound; rows without masks have none. */
export const MAX_MASKED_ROW_BYTES = 16 * 1024 * 1024;

const TEXT_NULL = 0xfb;
/** Lengths below it are one byte. */
const ONE_BYTE_LENGTHS = 0xfb;

/** How a result's rows are masked. */
export interface MaskedResult {
  readonly columns: readonly ColumnDefinition[];
  readonly plan: RowPlan;
  /** Rows of the binary protocol. */
  readonly binary: boolean;
  readonly run: Pick<Run, 'masked' | 'onlyCounts'>;
  readonly textMask: TextMask | undefined;
}

/** Rewrites the masked cells of rows. What lies between two of them is copied as one stretch, over as many rows as it reaches. */
export class RowMasker {
  readonly #cells = new RowCells();
  readonly #out = new Slab();
  /** What is copied so far of the present rows. */
  #copied = 0;

  /**
   * @param rows packets of one row each, one behind the other.
   * @returns as many packets, with the same numbers; `rows` itself where nothing in them changes.
   * @throws ProtocolError when a row is not the one that was described
   */
  mask(rows: Buffer, result: MaskedResult): Buffer {
    this.#begin(rows.length);
    for (let at = 0, end = 0; at < rows.length; at = end) {
      end = packetEnd(rows, at);
      if (!concerns(rows, at + HEADER_BYTES, end, result)) continue;
      const head = this.#out.length + at - this.#copied;
      const growth = this.#maskRow(rows, at + HEADER_BYTES, end, result);
      if (growth !== 0) this.#resize(head, end - at - HEADER_BYTES + growth);
    }
    return this.#end(rows);
  }

  /**
   * @param payload of a row that is too large for a run.
   * @param sequence of the first packet that it becomes.
   * @throws ProtocolError as {@link mask}
   */
  maskLarge(payload: Buffer, result: MaskedResult, sequence: number): Buffer {
    this.#begin(payload.length);
    this.#maskRow(payload, 0, payload.length, result);
    return packets(this.#end(payload), sequence);
  }

  #begin(about: number): void {
    this.#copied = 0;
    this.#out.begin(about);
  }

  #end(rows: Buffer): Buffer {
    if (this.#copied === 0) return rows;
    this.#out.copy(rows, this.#copied, rows.length);
    return this.#out.end();
  }

  /** @returns by how much the row grew */
  #maskRow(rows: Buffer, from: number, to: number, result: MaskedResult): number {
    const [cells, out] = [this.#cells, this.#out];
    const { binary, columns, plan } = result;
    if (binary) cells.readBinary(rows, from, to, columns);
    else cells.readText(rows, from, to, columns.length);
    const body = out.length + from - this.#copied;
    const before = out.length - this.#copied;
    for (const cell of plan.cells) {
      const { index } = cell;
      if (cells.isNull(index)) continue;
      const seen = seenOf(cell, rows, cells.value(index), cells.end(index), result);
      if (seen === undefined) continue;
      out.copy(rows, this.#copied, cells.start(index));
      this.#copied = cells.end(index);
      if (seen !== null) this.#value(seen);
      else if (binary) setNull(out, body, index);
      else out.uint8(TEXT_NULL);
    }
    return out.length - this.#copied - before;
  }

  #value(value: Buffer): void {
    const { length } = value;
    const out = this.#out;
    if (length < ONE_BYTE_LENGTHS) out.uint8(length);
    else {
      const head = lenenc(length);
      out.copy(head, 0, head.length);
    }
    out.copy(value, 0, length);
  }

  #resize(head: number, size: number): void {
    if (size >= MAX_PAYLOAD_BYTES)
      throw new GatewayError('ERR_LIMIT', `Its masks make a row longer than ${MAX_PAYLOAD_BYTES} bytes: select fewer columns.`);
    this.#out.setInt24LE(size, head);
  }
}

function setNull(out: Slab, body: number, index: number): void {
  const { at, bits } = nullBit(index);
  out.setBits(bits, body + at);
}

/** False: nothing in these bytes changes, however they are cut. */
export function concerns(bytes: Buffer, start: number, end: number, { plan, textMask }: Pick<MaskedResult, 'plan' | 'textMask'>): boolean {
  return plan.masks || (textMask?.mayFind(bytes, start, end) ?? false);
}

/** @returns the value as it is sent; null: it becomes NULL; undefined: it stays as it is */
function seenOf(cell: CellMask, rows: Buffer, from: number, to: number, result: MaskedResult): Buffer | null | undefined {
  const { mask, form, fixed } = cell;
  const { run, textMask } = result;
  if (mask === undefined) return textMask && searched(rows, from, to, textMask, run);
  if (fixed !== undefined || form?.read === undefined) {
    run.masked(mask.rule, run.onlyCounts ? undefined : hiddenOf(cell, rows, from, to, result));
    return fixed ?? null;
  }
  const hidden = form.read(rows, from, to);
  run.masked(mask.rule, hidden);
  return maskedCell(mask, form, hidden);
}

/** A value in text form, by which it is found again. */
function hiddenOf({ index, form }: CellMask, rows: Buffer, from: number, to: number, result: MaskedResult): Buffer | string | undefined {
  if (form?.read !== undefined) return form.read(rows, from, to);
  const { binary, columns } = result;
  const value = rows.subarray(from, to);
  const { type = TYPE.NULL, flags = 0 } = columns[index] ?? {};
  return binary ? valueText(value, type, (flags & UNSIGNED_FLAG) !== 0) : value;
}

/** @returns undefined when nothing was found */
function searched(rows: Buffer, from: number, to: number, textMask: TextMask, run: Pick<Run, 'masked'>): Buffer | undefined {
  if (!textMask.mayFind(rows, from, to)) return undefined;
  return textMask.value(rows, from, to, (rule, hidden) => run.masked(rule, hidden));
}
