import type { CountHit, TextMask } from '@sallyport/core';
import type { CellKind } from './cell-kind.ts';
import { maskCell } from './cell-mask.ts';
import { type CellSearch, scanCell } from './cell-scan.ts';
import type { CellPlan, RowPlan } from './row-plan.ts';
import type { Run } from './run.ts';

const BACKSLASH = 0x5c;
/** Kinds whose binary format is their text. */
const TEXTUAL: ReadonlySet<CellKind> = new Set(['text', 'xml', 'json']);

/** Masks the cells of one result by its plan, and counts by rule. */
export class CellEditor {
  readonly plan: RowPlan;
  readonly #search: CellSearch | undefined;
  readonly #count: CountHit;

  constructor(plan: RowPlan, text: TextMask | undefined, run: Pick<Run, 'masked'>) {
    this.plan = plan;
    this.#count = (rule, hidden) => run.masked(rule, hidden);
    this.#search = text && { text, isText: plan.isText, count: this.#count };
  }

  /** False: no cell that lies in these bytes changes, however they are cut. */
  concerns(bytes: Buffer, start: number, end: number): boolean {
    const { cells, masks, escapes } = this.plan;
    if (masks) return true;
    if (cells.length === 0 || this.#search === undefined) return false;
    return this.#search.text.mayFind(bytes, start, end) || (escapes && bytes.subarray(start, end).includes(BACKSLASH));
  }

  /**
   * The cell at `[start, end)` of `bytes`, which is not NULL. Texts, most cells that is, are read where they lie.
   *
   * @returns undefined: it stays as it is; null: it becomes NULL
   */
  edit({ mask, kind, binary, fixed }: CellPlan, bytes: Buffer, start: number, end: number): Buffer | null | undefined {
    if (mask === undefined) return this.#search && this.#searched(this.#search, kind, binary, bytes, start, end);
    if (kind !== 'text' || fixed !== undefined) {
      const cell = bytes.subarray(start, end);
      this.#count(mask.rule, binary && !TEXTUAL.has(kind) ? undefined : cell);
      return fixed === undefined ? maskCell(mask, kind, binary, cell) : fixed;
    }
    const hidden = bytes.toString('utf8', start, end);
    this.#count(mask.rule, hidden);
    const seen = mask.apply(hidden);
    return seen === null ? null : Buffer.from(seen);
  }

  #searched(search: CellSearch, kind: CellKind, binary: boolean, bytes: Buffer, start: number, end: number): Buffer | null | undefined {
    if (kind !== 'text') return scanCell(bytes.subarray(start, end), kind, binary, search);
    return search.text.mayFind(bytes, start, end) ? search.text.value(bytes, start, end, this.#count) : undefined;
  }
}
