import type { Mask } from '@sallyport/core';
import type { OutputRef, StatementAnalysis } from '../classify/analysis.ts';
import type { ColumnDefinition } from '../codec/columns.ts';
import { isSearched, isText } from '../codec/values.ts';
import type { Protection } from './protection.ts';
import { isSystemSchema, type Relation, type Schema } from './schema.ts';

/** A cell of each row that is looked at. */
interface CellMask {
  readonly index: number;
  /** undefined: only what is sensitive by its form is masked. */
  readonly mask: Mask | undefined;
  /** False: the column's type cannot hold a masked text, so the cell becomes NULL. */
  readonly text: boolean;
}

/** The cells of a result that are looked at, in ascending order. Empty: rows pass verbatim. */
export type RowPlan = readonly CellMask[];

export interface PlanInputs {
  readonly columns: readonly ColumnDefinition[];
  /** undefined: it is not known which statement the result belongs to. */
  readonly statement: StatementAnalysis | undefined;
  /** Masked data may come out of the statement. */
  readonly exposed: boolean;
  readonly schema: Schema | undefined;
  readonly protection: Protection;
}

/** How the rows of a result are masked. What is not proven to be harmless is masked. */
export function planRows(inputs: PlanInputs): RowPlan {
  const { protection } = inputs;
  const plan: CellMask[] = [];
  inputs.columns.forEach((column, index) => {
    const mask = maskOf(inputs, column, index);
    const searched = protection.textMask !== undefined && isSearched(column.type);
    if (mask !== undefined || searched) plan.push({ index, mask, text: isText(column.type, column.charset) });
  });
  return plan;
}

function maskOf(inputs: PlanInputs, { schema, orgTable, orgName }: ColumnDefinition, index: number): Mask | undefined {
  const { protection, statement, exposed } = inputs;
  const named = orgTable === '' ? undefined : protection.maskOf(schema, orgTable, orgName);
  if (named !== undefined || !exposed) return named;
  if (orgTable === '' || schema === '') return derived(inputs, index);
  if (isSystemSchema(schema)) return statement?.collected === false ? undefined : protection.mask;
  const relations = inputs.schema?.named(schema, orgTable) ?? [];
  // MySQL names the table behind a derived table's column, and the derived table's own name for the column.
  const renamed = statement?.flat !== true;
  const passes = (relation: Relation): boolean => clear(relation, orgName, inputs) && !(renamed && covered(relation, inputs));
  return relations.length > 0 && relations.every(passes) ? undefined : protection.mask;
}

/** A column that is computed: over protected data only what provably shows none of it passes. */
function derived(inputs: PlanInputs, index: number): Mask | undefined {
  const { statement, columns, protection } = inputs;
  const output = statement && outputAt(statement.outputs, index, columns.length);
  return output !== undefined && harmless(output, statement, inputs) ? undefined : protection.mask;
}

/** The expression behind a result column; undefined where a `*` before and behind it hides which. */
function outputAt(outputs: readonly OutputRef[] | undefined, index: number, count: number): OutputRef | undefined {
  if (outputs === undefined) return undefined;
  const firstStar = outputs.findIndex((output) => output.kind === 'star');
  if (firstStar === -1) return outputs.length === count ? outputs[index] : undefined;
  if (index < firstStar) return outputs[index];
  const fromEnd = count - index;
  const lastStar = outputs.findLastIndex((output) => output.kind === 'star');
  return fromEnd < outputs.length - lastStar ? outputs[outputs.length - fromEnd] : undefined;
}

type Known = Pick<PlanInputs, 'schema' | 'protection'>;
const MAX_DEPTH = 16;

function harmless(output: OutputRef, statement: StatementAnalysis | undefined, known: Known, depth = 0): boolean {
  if (statement === undefined || output.kind === 'star') return false;
  if (output.kind !== 'expression') return true;
  if (output.opaque || !statement.flat || depth > MAX_DEPTH) return false;
  return output.columns.every((column) => clearName(column, statement, known, depth));
}

/** Every column that the name may mean is known and unmasked. */
function clearName(column: string, { relations }: StatementAnalysis, known: Known, depth: number): boolean {
  let found = false;
  for (const { schema, name } of relations) {
    const named = known.schema?.named(schema, name) ?? [];
    if (named.length === 0) return false;
    for (const relation of named) {
      if (!has(relation, column)) continue;
      if (known.protection.maskOf(relation.schema, relation.name, column) !== undefined) return false;
      if (!clear(relation, column, known, depth + 1)) return false;
      found = true;
    }
  }
  return found;
}

/** A column without a mask of its own shows no masked data: always in a table, in a view where its expression proves it. */
function clear(relation: Relation, column: string, known: Known, depth = 0): boolean {
  const { view } = relation;
  if (!covered(relation, known)) return true;
  if (view === undefined) return has(relation, column);
  if (view === 'unknown') return false;
  const index = relation.columns.findIndex((name) => same(name, column));
  const output = index < 0 ? undefined : outputAt(view.outputs, index, relation.columns.length);
  return output !== undefined && harmless(output, view, known, depth);
}

function covered(relation: Relation, { schema, protection }: Known): boolean {
  return schema === undefined || protection.covers(relation, schema);
}

function has({ columns }: Relation, column: string): boolean {
  return columns.some((name) => same(name, column));
}

/** Column names are compared without regard to case, always. */
function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
