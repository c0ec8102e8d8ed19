import type { Mask } from '@sallyport/core';
import type { Catalogue, Relation, RelationColumn } from '../catalogue/catalogue.ts';
import type { OutputRef, RoutineRef } from '../classify/analysis.ts';
import { PURE_FUNCTIONS } from '../classify/pure-functions.ts';
import type { Field } from '../codec/rows.ts';
import { type CellKind, cellKind, ESCAPING_KINDS } from './cell-kind.ts';
import { maskCell } from './cell-mask.ts';
import type { StatementMeaning } from './meaning.ts';
import { isSystem, type Protection } from './protection.ts';

/** A cell of each row that is not simply passed on. */
export interface CellPlan {
  readonly index: number;
  /** undefined: it is searched for what is sensitive by its form. */
  readonly mask: Mask | undefined;
  readonly kind: CellKind;
  readonly binary: boolean;
  /** What every value becomes, where the mask makes no difference between them. */
  readonly fixed: Buffer | null | undefined;
}

export function cellPlan(index: number, mask: Mask | undefined, kind: CellKind, binary: boolean): CellPlan {
  const fixed = mask?.fixed === undefined ? undefined : maskCell(mask, kind, binary, Buffer.alloc(0));
  return { index, mask, kind, binary, fixed };
}

/** What becomes of a result's rows. */
export interface RowPlan {
  /** In ascending order. Empty: rows pass verbatim. */
  readonly cells: readonly CellPlan[];
  /** Some cell has a mask; otherwise only rows in which something may be found are looked into. */
  readonly masks: boolean;
  /** Some cell that is searched may write its characters in another way. */
  readonly escapes: boolean;
  /** Types of texts that the server did not bring. */
  readonly isText: (oid: number) => boolean;
}

export interface PlanInputs {
  readonly fields: readonly Field[];
  /** undefined: it is not known which statement the result belongs to. */
  readonly statement: StatementMeaning | undefined;
  readonly catalogue: Catalogue | undefined;
  readonly protection: Protection;
}

/** OIDs or columns among the result's origins that this catalogue does not know. */
export function unknownOrigins({ fields, catalogue }: PlanInputs): readonly number[] {
  const missing = fields.filter(({ tableOid, column }) => {
    if (tableOid === 0) return false;
    const relation = catalogue?.relation(tableOid);
    return relation === undefined || (!isSystem(relation) && column > 0 && !relation.columns.has(column));
  });
  return [...new Set(missing.map((field) => field.tableOid))];
}

/** How the rows of a result are masked. What is not proven to be harmless is masked. */
export function planRows(inputs: PlanInputs): RowPlan {
  const { fields, protection, catalogue } = inputs;
  const isText = (oid: number): boolean => catalogue?.isText(oid) ?? false;
  const cells: CellPlan[] = [];
  fields.forEach((field, index) => {
    const kind = cellKind(field.typeOid, isText);
    const mask = protection.none ? undefined : maskOf(inputs, field, index);
    const searched = protection.textMask !== undefined && kind !== 'plain' && kind !== 'uuid';
    if (mask !== undefined || searched) cells.push(cellPlan(index, mask, kind, field.format === 1));
  });
  const escapes = cells.some(({ mask, kind, binary }) => mask === undefined && !binary && ESCAPING_KINDS.has(kind));
  return { cells, masks: cells.some(({ mask }) => mask !== undefined), escapes, isText };
}

function maskOf(inputs: PlanInputs, field: Field, index: number): Mask | undefined {
  return field.tableOid === 0 ? derivedMask(inputs, index) : originMask(inputs, field);
}

/** The mask of a column whose values come from a table or view. */
function originMask({ statement, catalogue, protection }: PlanInputs, { tableOid, column }: Field): Mask | undefined {
  const relation = catalogue?.relation(tableOid);
  if (relation === undefined || catalogue === undefined) return protection.mask;
  if (isSystem(relation)) {
    // Statistics and other sessions' texts hold values of any table.
    return statement?.analysis.catalogueData === false || statement?.exposed === false ? undefined : protection.mask;
  }
  if (column < 0) return undefined; // ctid, xmin and their like
  if (column === 0) return coversAny(catalogue, relation, protection) ? protection.mask : undefined; // the whole row
  const known = relation.columns.get(column);
  return known === undefined ? protection.mask : columnMask(known, protection);
}

/** A view's expression may call a function, whose body is in no list of what the view depends on: it is masked. */
export function columnMask({ names, origins }: RelationColumn, protection: Protection): Mask | undefined {
  return origins === undefined ? (protection.maskOf(names) ?? protection.mask) : protection.maskOf(origins);
}

function coversAny(catalogue: Catalogue, relation: Relation, protection: Protection): boolean {
  return protection.covers(relation) || catalogue.sources(relation).some((source) => protection.covers(source));
}

/** The mask of a column that is computed: over protected data only what provably shows none of it passes. */
function derivedMask(inputs: PlanInputs, index: number): Mask | undefined {
  const { statement, protection } = inputs;
  if (statement?.exposed === false) return undefined;
  const output = statement && outputAt(statement.analysis.outputs, index, inputs.fields.length);
  return output !== undefined && harmless(output, inputs) ? undefined : protection.mask;
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

/** What a result shows only where that is proven. */
function harmless(output: OutputRef, inputs: PlanInputs): boolean {
  const { statement, catalogue } = inputs;
  if (statement === undefined || output.kind === 'star') return false;
  const { analysis, resolved, certain } = statement;
  // A cast of a constant, or an aggregate named count, may be the database's own code; a bare constant never is.
  if (!certain || resolved.opaque) return output.kind === 'constant' && analysis.routines.length === 0;
  if (output.kind !== 'expression') return true;
  return catalogue !== undefined && analysis.flat && isClear(output, { statement, catalogue, protection: inputs.protection }, isPure);
}

const isPure = (name: readonly string[]): boolean =>
  (name.length === 1 || name[0] === 'pg_catalog') && PURE_FUNCTIONS.has(name.at(-1) ?? '');

/**
 * Whether an expression is made of columns that are not masked alone. Its column names must be those of the statement's tables.
 * An operator or type that pg_catalog does not own has made the statement opaque already.
 *
 * @param computes whether a function, by its name as written, computes from its arguments and nothing else
 */
export function isClear(
  output: OutputRef,
  inputs: { readonly statement: StatementMeaning; readonly catalogue: Catalogue; readonly protection: Protection },
  computes: (name: readonly string[]) => boolean,
): boolean {
  const { resolved, certain } = inputs.statement;
  if (!certain || resolved.opaque || resolved.unknownRelation || output.kind === 'star') return false;
  if (output.kind !== 'expression') return true;
  const attributes = output.routines.filter((routine) => routine.kind === 'attribute').map((routine) => routine.name);
  const columns = [...output.columns, ...attributes];
  const plain = ({ kind, schema, name }: RoutineRef): boolean =>
    kind !== 'function' || computes(schema === undefined ? [name] : [schema, name]);
  return !output.opaque && output.routines.every(plain) && columns.every((name) => clearColumn(name, inputs));
}

/** Every column that the name may mean is known and unmasked. */
function clearColumn(name: string, { statement, catalogue, protection }: Omit<PlanInputs, 'fields'>): boolean {
  if (statement === undefined || catalogue === undefined) return false;
  let found = false;
  for (const reference of statement.analysis.relations) {
    for (const relation of catalogue.named(reference)) {
      for (const column of relation.columns.values()) {
        if (column.name !== name) continue;
        if (columnMask(column, protection) !== undefined) return false;
        found = true;
      }
    }
  }
  return found;
}
