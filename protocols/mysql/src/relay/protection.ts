import type { Gate, Mask, TextMask } from '@sallyport/core';
import type { StatementAnalysis } from '../classify/analysis.ts';
import { columnOf, isSystemSchema, type Relation, type Schema } from './schema.ts';

/** Views over views that are followed. */
const MAX_DEPTH = 16;

/** What this session's identity may not see, asked of the gate each time. */
export class Protection {
  readonly #gate: Pick<Gate, 'maskFor' | 'protectedMask' | 'unmasked' | 'textMask'>;

  constructor(gate: Pick<Gate, 'maskFor' | 'protectedMask' | 'unmasked' | 'textMask'>) {
    this.#gate = gate;
  }

  /** No masking rule concerns this identity. */
  get none(): boolean {
    return this.#gate.unmasked;
  }

  /** Masks what is sensitive by its form, wherever it stands. */
  get textMask(): TextMask | undefined {
    return this.#gate.textMask;
  }

  /** For values that may come from anywhere in protected data. */
  get mask(): Mask {
    return this.#gate.protectedMask;
  }

  maskOf(schema: string, table: string, column: string): Mask | undefined {
    return this.#gate.maskFor({ relation: `${schema}.${table}`, name: column });
  }

  /** The mask of a relation's column: its own, or for a generated column that of the ones it is made of. */
  hides(relation: Relation, column: string, depth = 0): Mask | undefined {
    const own = this.maskOf(relation.schema, relation.name, column);
    const sources = own === undefined ? relation.generated?.get(column.toLowerCase()) : undefined;
    if (sources === undefined) return own;
    const clear = (source: string): boolean => this.hides(relation, columnOf(relation, source) ?? source, depth + 1) === undefined;
    return sources !== 'unknown' && depth < MAX_DEPTH && sources.every(clear) ? undefined : this.mask;
  }

  /** Masked data may come out of the relation: one of its columns is masked, or it is a view over such a one. */
  covers(relation: Relation, schema: Schema, depth = 0): boolean {
    const { columns, view } = relation;
    if (columns.some((column) => this.hides(relation, column) !== undefined)) return true;
    if (view === undefined) return false;
    return view === 'unknown' || depth > MAX_DEPTH || this.reaches(view, schema, depth + 1);
  }

  /** Masked data may come out of the statement. What is not known counts as masked. */
  reaches({ relations, opaque, collected, describes }: StatementAnalysis, schema: Schema | undefined, depth = 0): boolean {
    if (opaque || collected) return true;
    if (describes) return false;
    return relations.some(({ schema: inSchema, name, use }) => {
      if (use === 'made') return false;
      if (inSchema !== undefined && isSystemSchema(inSchema)) return false;
      const named = schema?.named(inSchema, name) ?? [];
      return schema === undefined || named.length === 0 || named.some((relation) => this.covers(relation, schema, depth));
    });
  }
}
