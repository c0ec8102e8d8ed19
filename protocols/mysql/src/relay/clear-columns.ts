import type { OutputRef, StatementAnalysis } from '../classify/analysis.ts';
import type { Protection } from './protection.ts';
import { columnOf, isSystemSchema, type Relation, type Schema } from './schema.ts';

/** What columns are judged by. */
export interface Known {
  readonly schema: Schema | undefined;
  readonly protection: Protection;
}

/** Views over views that are followed. */
const MAX_DEPTH = 16;

/**
 * The expressions that may stand behind a result column: one, or several where a `*` before and another behind it hide
 * which. undefined: it is not known.
 */
export function outputsAt(outputs: readonly OutputRef[] | undefined, index: number, count: number): readonly OutputRef[] | undefined {
  if (outputs === undefined) return undefined;
  const firstStar = outputs.findIndex((output) => output.kind === 'star');
  if (firstStar === -1) return outputs.length === count ? one(outputs[index]) : undefined;
  if (index < firstStar) return one(outputs[index]);
  const lastStar = outputs.findLastIndex((output) => output.kind === 'star');
  const behind = outputs.length - lastStar - 1;
  if (count - index <= behind) return one(outputs[outputs.length - (count - index)]);
  return outputs.slice(firstStar, lastStar + 1);
}

function one(output: OutputRef | undefined): readonly OutputRef[] | undefined {
  return output && [output];
}

/**
 * Whether a result column shows no masked data, by the statement's text alone. What the server tells of a column's
 * origin proves nothing: MariaDB gives the alias of a view or derived table for a table's name, and to a cursor the
 * alias of a column for its own name.
 *
 * @param name of the result column: a `*` gives columns their own names.
 */
export function isClearOutput(output: OutputRef, name: string, statement: StatementAnalysis, known: Known, depth = 0): boolean {
  if (output.kind === 'count' || output.kind === 'constant') return true;
  if (!statement.flat || depth > MAX_DEPTH) return false;
  if (output.kind !== 'expression') return isClearName(name, statement, known, depth);
  return !output.opaque && output.columns.every((column) => isClearName(column, statement, known, depth));
}

/** Every column of the statement's tables that the name may mean is known and unmasked. */
function isClearName(column: string, { relations, collected }: StatementAnalysis, known: Known, depth: number): boolean {
  let found = false;
  for (const { schema, name } of relations) {
    if (schema !== undefined && isSystemSchema(schema) && !collected) {
      found = true; // it may be a column of that
      continue;
    }
    const named = known.schema?.named(schema, name) ?? [];
    if (named.length === 0) return false;
    for (const relation of named) {
      const spelled = columnOf(relation, column);
      if (spelled === undefined) continue;
      if (!isClearColumn(relation, spelled, known, depth + 1)) return false;
      found = true;
    }
  }
  return found;
}

/** A column shows no masked data: in a table if it has no mask, in a view where its expression proves it too. */
function isClearColumn(relation: Relation, column: string, known: Known, depth = 0): boolean {
  const { protection, schema } = known;
  if (protection.hides(relation, column)) return false;
  const { view } = relation;
  if (view === undefined || (schema !== undefined && !protection.covers(relation, schema))) return true;
  if (view === 'unknown') return false;
  const index = relation.columns.indexOf(column);
  const outputs = index < 0 ? undefined : outputsAt(view.outputs, index, relation.columns.length);
  return outputs?.every((output) => isClearOutput(output, column, view, known, depth)) ?? false;
}
