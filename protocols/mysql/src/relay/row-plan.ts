import type { Mask } from '@sallyport/core';
import type { StatementAnalysis } from '../classify/analysis.ts';
import { isReadable } from '../codec/character-sets.ts';
import type { ColumnDefinition } from '../codec/columns.ts';
import { isSearched } from '../codec/values.ts';
import { type CellForm, cellForm, fixedCell } from './cell-form.ts';
import { isClearOutput, outputsAt } from './clear-columns.ts';
import type { Protection } from './protection.ts';
import { columnOf, isSystemSchema, type Schema } from './schema.ts';

/** A cell of each row that is looked at. */
export interface CellMask {
  readonly index: number;
  /** undefined: only what is sensitive by its form is masked. */
  readonly mask: Mask | undefined;
  /** undefined: the column's type has no room for a mask, so the cell becomes NULL. */
  readonly form: CellForm | undefined;
  /** What every value becomes, where the mask makes no difference between them; null is NULL. */
  readonly fixed: Buffer | null | undefined;
}

/** What becomes of a result's rows. */
export interface RowPlan {
  /** The cells that are looked at, in ascending order. Empty: rows pass verbatim. */
  readonly cells: readonly CellMask[];
  /** Some cell has a mask; otherwise only rows in which something may be found are looked into. */
  readonly masks: boolean;
}

export interface PlanInputs {
  readonly columns: readonly ColumnDefinition[];
  /** undefined: it is not known which statement the result belongs to. */
  readonly statement: StatementAnalysis | undefined;
  /** Masked data may come out of the statement. */
  readonly exposed: boolean;
  /** undefined: what names mean is not known. */
  readonly schema: Schema | undefined;
  readonly protection: Protection;
}

/** How the rows of a result are masked. What is not proven to be harmless is masked. */
export function planRows(inputs: PlanInputs): RowPlan {
  const { protection } = inputs;
  const cells: CellMask[] = [];
  inputs.columns.forEach((column, index) => {
    const mask = maskOf(inputs, column, index);
    const searched = protection.textMask !== undefined && isSearched(column.type);
    const form = cellForm(column.type, column.charset);
    // What cannot be looked through is not shown.
    const hiding = mask ?? (searched && !isReadable(column.charset) ? protection.mask : undefined);
    if (hiding !== undefined || searched) cells.push({ index, mask: hiding, form, fixed: hiding && fixedCell(hiding, form) });
  });
  return { cells, masks: cells.some(({ mask }) => mask !== undefined) };
}

function maskOf(inputs: PlanInputs, column: ColumnDefinition, index: number): Mask | undefined {
  const { protection, statement, exposed } = inputs;
  const named = originMask(inputs, column);
  if (named !== undefined || !exposed) return named;
  if (statement === undefined) return protection.mask;
  const outputs = outputsAt(statement.outputs, index, inputs.columns.length);
  if (outputs?.every((output) => isClearOutput(output, column.name, statement, inputs))) return undefined;
  return !statement.flat && !statement.opaque && isOutside(column, statement, inputs) ? undefined : protection.mask;
}

/** The mask of the column that the server names as the origin. */
function originMask({ schema, protection }: PlanInputs, { schema: place, orgTable, orgName }: ColumnDefinition): Mask | undefined {
  if (orgTable === '') return undefined;
  for (const relation of schema?.named(place, orgTable) ?? []) {
    const mask = protection.hides(relation, columnOf(relation, orgName) ?? orgName);
    if (mask !== undefined) return mask;
  }
  return protection.maskOf(place, orgTable, orgName);
}

/**
 * The column comes from a table beside the masked data: the statement names it, nothing masked comes out of it, and
 * nothing else in the statement, or in the views that it reads, is called like it.
 */
function isOutside({ schema: place, orgTable, orgName }: ColumnDefinition, statement: StatementAnalysis, inputs: PlanInputs): boolean {
  if (place === '' || orgTable === '' || inputs.schema === undefined || aliasesOf(statement, inputs.schema).has(orgTable.toLowerCase()))
    return false;
  const isNamed = statement.relations.some(({ schema, name }) => same(schema ?? '', place) && same(name, orgTable));
  if (!isNamed) return false;
  if (isSystemSchema(place)) return !statement.collected;
  const relations = inputs.schema.named(place, orgTable);
  const outside = relations.every(
    (relation) => columnOf(relation, orgName) !== undefined && !inputs.protection.covers(relation, inputs.schema as Schema),
  );
  return relations.length > 0 && outside;
}

const MAX_DEPTH = 16;

/** What the statement calls its tables, and what the views in it call theirs. */
function aliasesOf({ aliases, relations }: StatementAnalysis, known: Schema, depth = 0): ReadonlySet<string> {
  const all = new Set(aliases);
  for (const { schema, name } of depth > MAX_DEPTH ? [] : relations) {
    for (const { view } of known.named(schema, name)) {
      if (view === undefined) continue;
      all.add(name.toLowerCase());
      if (view !== 'unknown') for (const alias of aliasesOf(view, known, depth + 1)) all.add(alias);
    }
  }
  return all;
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
