import { ProtocolError, type Step } from '@sallyport/core';
import type { CopyFormat } from '../classify/analysis.ts';
import { type CopyResponse, decodeCopyData, encodeCopyData } from '../codec/copy.ts';
import { CopyRewriter } from '../codec/copy-rewriter.ts';
import type { PgFrame } from '../codec/frames.ts';
import type { Field } from '../codec/rows.ts';
import type { Protection } from './protection.ts';
import { MAX_MASKED_ROW_BYTES } from './row-masker.ts';
import type { CellMask, RowPlan } from './row-plan.ts';
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
  readonly #rewriter: CopyRewriter;
  readonly #run: Run;

  constructor({ format, fields, plan }: PlannedCopy, { format: code, columnFormats }: CopyResponse, protection: Protection, run: Run) {
    if ((code === 1) !== (format.kind === 'binary'))
      throw new ProtocolError('target', 'The target copies in another format than the command asked for.');
    this.#run = run;
    const columns = columnFormats.length;
    const known = columns === fields.length;
    // SELECT * also gives generated columns: which of them COPY leaves out is not known here.
    const masks = new Map(known ? plan.map((mask) => [mask.index, mask] as const) : []);
    const hidden = { index: 0, mask: protection.mask, text: false };
    const maskOf = known ? (index: number) => masks.get(index) : () => hidden;
    const edit = {
      wants: (index: number) => maskOf(index) !== undefined,
      edit: (index: number, value: Buffer) => this.#edit(maskOf(index), value),
    };
    this.#rewriter = new CopyRewriter({ ...format, columns }, edit, MAX_MASKED_ROW_BYTES);
  }

  data(frame: PgFrame): Step {
    const data = frame.first ? decodeCopyData(frame.raw) : frame.raw;
    const rows = this.#rewriter.push(data);
    if (rows.length === 0) return NOTHING;
    const raw = encodeCopyData(rows);
    this.#run.bytes += raw.length;
    return toClient(raw);
  }

  done(): void {
    this.#rewriter.end();
  }

  #edit(cell: CellMask | undefined, value: Buffer): Buffer | null | undefined {
    if (cell === undefined) return undefined;
    const seen = cell.text ? cell.mask.apply(value.toString('utf8')) : null;
    this.#run.masked(cell.mask.rule);
    return seen === null ? null : Buffer.from(seen);
  }
}
