import type { OutputRef } from './analysis.ts';
import { Survey } from './survey.ts';
import { child, children, nameParts, offspring, some, type TreeNode, textOf } from './tree.ts';

/** What a statement gives back, and whether column names in it can be taken at their word. */
export interface Outputs {
  readonly outputs?: readonly OutputRef[];
  readonly flat: boolean;
}

const NONE: Outputs = { flat: false };

/** The server takes no more: MaxTupleAttributeNumber. */
const MAX_OUTPUTS = 1_664;

/** The outermost target list of a query, or RETURNING of a modification. */
export function outputsOf(node: TreeNode): Outputs {
  if (node.tag === 'SelectStmt') return selectOutputs(node);
  const returning = child(node, 'returningClause');
  if (returning === undefined) return NONE;
  const sources = [...children(node, 'fromClause'), ...children(node, 'usingClause')];
  const merged = child(node, 'sourceRelation');
  if (merged !== undefined) sources.push(merged);
  return read(children(returning, 'exprs'), sources, withNames(node), child(node, 'relation'), children(returning, 'options'));
}

function selectOutputs(node: TreeNode): Outputs {
  if (textOf(node, 'op') !== 'SETOP_NONE' || child(node, 'intoClause') !== undefined || children(node, 'valuesLists').length > 0)
    return NONE;
  return read(children(node, 'targetList'), children(node, 'fromClause'), withNames(node), undefined, []);
}

/**
 * What a statement stores of what it reads, each once; bare constants are left out. undefined where that cannot
 * be told, or where names of columns may not be those of the tables that it names.
 */
export function storedOf(node: TreeNode): readonly OutputRef[] | undefined {
  if (child(node, 'withClause') !== undefined) return undefined;
  const query = node.tag === 'SelectStmt' ? node : (child(node, 'query') ?? child(node, 'selectStmt'));
  const selects = query?.tag === 'SelectStmt' && children(query, 'valuesLists').length === 0;
  if (query !== undefined && !selects && children(query, 'valuesLists').length === 0) return undefined;
  if (query !== undefined && (textOf(query, 'op') !== 'SETOP_NONE' || child(query, 'withClause') !== undefined)) return undefined;
  const tables = new Set(['excluded']);
  const target = child(node, 'relation');
  const merged = child(node, 'sourceRelation');
  const sources = [
    ...children(node, 'fromClause'),
    ...(query && query !== node ? children(query, 'fromClause') : []),
    ...(merged ? [merged] : []),
  ];
  if (target !== undefined) isPlain(target, new Set(), tables);
  if (!sources.map((source) => isPlain(source, new Set(), tables)).every(Boolean)) return undefined;
  const values = [...(query ? queried(query) : []), ...assigned(node)];
  const found = new Map<string, OutputRef>();
  for (const value of values) {
    const output = outputOf(value, tables, STORED_OPAQUE_PARTS);
    if (output === undefined) return undefined;
    if (output.kind !== 'constant') found.set(JSON.stringify(output), output);
  }
  return [...found.values()];
}

function queried(query: TreeNode): readonly TreeNode[] {
  const rows = children(query, 'valuesLists').flatMap((row) => children(row, 'items'));
  return [...rows, ...children(query, 'targetList').flatMap((item) => child(item, 'val') ?? [])];
}

/** The values of SET, ON CONFLICT and MERGE. */
function assigned(node: TreeNode): readonly TreeNode[] {
  const conflict = child(node, 'onConflictClause');
  const clauses = children(node, 'mergeWhenClauses');
  const sets = [...(node.tag === 'UpdateStmt' ? [node] : []), ...(conflict ? [conflict] : []), ...clauses];
  return [
    ...sets.flatMap((owner) => children(owner, 'targetList')).flatMap((item) => child(item, 'val') ?? []),
    ...clauses.flatMap((clause) => children(clause, 'values')),
  ];
}

function read(
  targets: readonly TreeNode[],
  sources: readonly TreeNode[],
  ctes: ReadonlySet<string>,
  target: TreeNode | undefined,
  options: readonly TreeNode[],
): Outputs {
  if (targets.length > MAX_OUTPUTS) return NONE;
  const tables = new Set<string>(options.map((option) => textOf(option, 'value')));
  const flat = sources.map((source) => isPlain(source, ctes, tables)).every(Boolean);
  if (target !== undefined) isPlain(target, new Set(), tables);
  const outputs: OutputRef[] = [];
  for (const item of targets) {
    const value = child(item, 'val');
    const output = value && outputOf(value, tables);
    if (output === undefined) return { flat };
    outputs.push(output);
  }
  return { outputs, flat };
}

function withNames(node: TreeNode): ReadonlySet<string> {
  const clause = child(node, 'withClause');
  return new Set(clause ? children(clause, 'ctes').map((query) => textOf(query, 'ctename')) : []);
}

/** True for tables and joins of tables under their own column names; notes what rows are called. */
function isPlain(source: TreeNode, ctes: ReadonlySet<string>, tables: Set<string>): boolean {
  const alias = child(source, 'alias');
  if (alias !== undefined) tables.add(textOf(alias, 'aliasname'));
  const renamed = alias !== undefined && children(alias, 'colnames').length > 0;
  if (source.tag === 'RangeVar') {
    tables.add(textOf(source, 'relname'));
    return !renamed && (textOf(source, 'schemaname') !== '' || !ctes.has(textOf(source, 'relname')));
  }
  if (source.tag !== 'JoinExpr') return false;
  const using = child(source, 'join_using_alias');
  if (using !== undefined) tables.add(textOf(using, 'aliasname'));
  const sides = ['larg', 'rarg'].map((side) => child(source, side)).map((side) => side !== undefined && isPlain(side, ctes, tables));
  return !renamed && sides.every(Boolean);
}

const isStar = (node: TreeNode): boolean => node.tag === 'ColumnRef' && children(node, 'fields').at(-1)?.tag === 'A_Star';

function outputOf(node: TreeNode, tables: ReadonlySet<string>, opaqueParts = OPAQUE_PARTS): OutputRef | undefined {
  if (isStar(node)) return { kind: 'star' };
  if (node.tag === 'A_Indirection' && children(node, 'indirection').at(-1)?.tag === 'A_Star') return undefined; // any number of columns
  if (isCountStar(node)) return { kind: 'count' };
  if (!some(node, ({ tag }) => !CONSTANT_PARTS.has(tag))) return { kind: 'constant' };
  const survey = new Survey();
  survey.walk(node);
  const columns = new Set<string>();
  const opaque = gather(node, tables, columns, opaqueParts);
  return { kind: 'expression', columns: [...columns], routines: [...survey.routines.values()], opaque };
}

function isCountStar(node: TreeNode): boolean {
  if (node.tag !== 'FuncCall' || node.fields.agg_star !== true) return false;
  const parts = nameParts(node, 'funcname');
  return (
    parts.at(-1) === 'count' &&
    (parts.length === 1 || parts[0] === 'pg_catalog') &&
    !('agg_filter' in node.fields) &&
    !('over' in node.fields)
  );
}

const CONSTANT_PARTS = new Set([
  'A_Const',
  'Integer',
  'Float',
  'String',
  'Boolean',
  'BitString',
  'TypeCast',
  'TypeName',
  'SQLValueFunction',
  'A_ArrayExpr',
  'List',
]);
const STORED_OPAQUE_PARTS: ReadonlySet<string> = new Set(['SubLink', 'A_Indirection', 'MultiAssignRef', 'MergeSupportFunc']);
const OPAQUE_PARTS: ReadonlySet<string> = new Set([...STORED_OPAQUE_PARTS, 'ParamRef']);

/** Gathers column names; true when something in it cannot be followed to columns. */
function gather(node: TreeNode, tables: ReadonlySet<string>, columns: Set<string>, opaqueParts: ReadonlySet<string>): boolean {
  if (node.tag === 'ColumnRef') {
    const parts = nameParts(node, 'fields');
    const name = parts.at(-1) ?? '';
    columns.add(name);
    return name === '' || (parts.length === 1 && tables.has(name)); // `t` is a whole row, unless it has such a column
  }
  let opaque = opaqueParts.has(node.tag);
  for (const below of offspring(node)) if (gather(below, tables, columns, opaqueParts)) opaque = true;
  return opaque;
}
