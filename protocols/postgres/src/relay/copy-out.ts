import { ProtocolError, type Step } from '@sallyport/core';
import type { CopyFormat } from '../classify/analysis.ts';
import { type CopyResponse, decodeCopyData, encodeCopyData } from '../codec/copy.ts';
import { CopyRewriter } from '../codec/copy-rewriter.ts';
import type { PgFrame } from '../codec/frames.ts';
import type { Field } from '../codec/rows.ts';
import { CellEditor } from './cell-editor.ts';
import type { Protection } from './protection.ts';
import { MAX_MASKED_ROW_BYTES } from './row-masker.ts';
import { cellPlan, type RowPlan } from './row-plan.ts';
import type { Run } from './run.ts';
import { NOTHING, toClient } from './steps.ts';

/** A COPY TO STDOUT whose columns are known. */
export interface PlannedCopy {
  readonly format: CopyFormat;
  readonly fields: readonly Field[];
  readonly plan: RowPlan;
}

/** Masks the data of a COPY TO STDOUT on its way to the client. */
export class CopyOut {
  readonly #editor: CellEditor;
  readonly #rewriter: CopyRewriter;
  readonly #run: Run;

  /** @param response what the target announced: the columns that it really copies */
  constructor(copy: PlannedCopy, response: CopyResponse, protection: Protection, run: Run) {
    const { format } = copy;
    if ((response.format === 1) !== (format.kind === 'binary'))
      throw new ProtocolError('target', 'The target copies in another format than the command asked for.');
    const editor = new CellEditor(planOf(copy, response, protection), protection.textMask, run);
    const plans = new Map(editor.plan.cells.map((cell) => [cell.index, cell]));
    const edit = {
      wants: (index: number) => plans.has(index),
      edit(index: number, value: Buffer) {
        const cell = plans.get(index);
        return cell && editor.edit(cell, value, 0, value.length);
      },
    };
    this.#run = run;
    this.#editor = editor;
    this.#rewriter = new CopyRewriter({ ...format, columns: response.columnFormats.length }, edit, MAX_MASKED_ROW_BYTES);
  }

  data(frame: PgFrame): Step {
    const data = frame.first ? decodeCopyData(frame.raw) : frame.raw;
    if (frame.first && frame.last && this.#rewriter.passable(data) && !this.#editor.concerns(data, 0, data.length)) {
      this.#run.bytes += frame.raw.length;
      return toClient(frame.raw);
    }
    const rows = this.#rewriter.push(data);
    if (rows.length === 0) return NOTHING;
    const raw = encodeCopyData(rows);
    this.#run.bytes += raw.length;
    return toClient(raw);
  }

  done(): void {
    this.#rewriter.end();
  }
}

/** Cells come in the COPY's own format, whatever the query's description says of it. */
function planOf({ format, fields, plan }: PlannedCopy, { columnFormats }: CopyResponse, protection: Protection): RowPlan {
  const binary = format.kind === 'binary';
  const cells = plan.cells.map(({ index, mask, kind }) => cellPlan(index, mask, kind, binary));
  if (columnFormats.length === fields.length) return { ...plan, cells };
  // SELECT * also gives generated columns: which of them COPY leaves out is not known here.
  const mask = protection.none ? undefined : protection.mask;
  const hidden = columnFormats.map((_, index) => cellPlan(index, mask, 'other', binary));
  return { ...plan, cells: hidden, masks: mask !== undefined, escapes: true };
}
