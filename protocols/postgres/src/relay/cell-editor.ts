import type { TextMask } from '@sallyport/core';
import { maskCell } from './cell-mask.ts';
import { type CellSearch, scanCell } from './cell-scan.ts';
import type { CellPlan, RowPlan } from './row-plan.ts';
import type { Run } from './run.ts';

const BACKSLASH = 0x5c;

/** Masks the cells of one result by its plan, and counts by rule. */
export class CellEditor {
  readonly plan: RowPlan;
  readonly #search: CellSearch | undefined;
  readonly #count: (rule: string) => void;

  constructor(plan: RowPlan, text: TextMask | undefined, run: Pick<Run, 'masked'>) {
    this.plan = plan;
    this.#count = (rule) => run.masked(rule);
    this.#search = text && { text, isText: plan.isText, count: this.#count };
  }

  /** False: no cell that lies in these bytes changes, however they are cut. */
  concerns(bytes: Buffer, start: number, end: number): boolean {
    const { cells, masks, escapes } = this.plan;
    if (masks) return true;
    if (cells.length === 0 || this.#search === undefined) return false;
    return this.#search.text.mayFind(bytes, start, end) || (escapes && bytes.subarray(start, end).includes(BACKSLASH));
  }

  /** @param bytes the cell; not NULL. @returns undefined: it stays as it is; null: it becomes NULL */
  edit({ mask, kind, binary }: CellPlan, bytes: Buffer): Buffer | null | undefined {
    if (mask === undefined) return this.#search && scanCell(bytes, kind, binary, this.#search);
    this.#count(mask.rule);
    return maskCell(mask, kind, binary, bytes);
  }
}
