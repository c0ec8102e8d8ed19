import { isBuiltInType } from './built-in-types.ts';
import { computes } from './pure-functions.ts';
import { child, children, nameParts, some, type TreeNode, textOf } from './tree.ts';

/**
 * Whether a data-modifying statement stores values that it reads from relations. What it stores of
 * its own constants and parameters is the client's anyway.
 */
export function storesWhatItReads(node: TreeNode): boolean {
  switch (node.tag) {
    case 'InsertStmt': {
      const source = child(node, 'selectStmt');
      const conflict = child(node, 'onConflictClause');
      return (
        (source !== undefined && some(source, reads)) ||
        (conflict !== undefined && children(conflict, 'targetList').some(takesFromStoredRow))
      );
    }
    case 'UpdateStmt':
      return children(node, 'targetList').some((item) => takesFromElsewhere(item, children(node, 'fromClause').length > 0));
    case 'MergeStmt':
      return children(node, 'mergeWhenClauses').some((clause) =>
        [...children(clause, 'targetList'), ...children(clause, 'values')].some((item) => some(item, reads)),
      );
    default:
      return false;
  }
}

/**
 * Whether what a data-modifying statement stores may be made by code of one's own, if there is such code:
 * a value of a type of one's own is cast to its column's, and `excluded.f` calls f where there is no such column.
 */
export function storesConverted(node: TreeNode): boolean {
  return storedParts(node).some((part) => some(part, converts));
}

/** Where the values of INSERT, UPDATE, ON CONFLICT and MERGE stand. */
function storedParts(node: TreeNode): readonly TreeNode[] {
  const source = node.tag === 'InsertStmt' ? child(node, 'selectStmt') : undefined;
  const conflict = child(node, 'onConflictClause');
  const sets = node.tag === 'UpdateStmt' ? children(node, 'targetList') : [];
  const clauses = children(node, 'mergeWhenClauses').flatMap((clause) => [
    ...children(clause, 'targetList'),
    ...children(clause, 'values'),
  ]);
  return [...(source ? [source] : []), ...(conflict ? children(conflict, 'targetList') : []), ...sets, ...clauses];
}

function converts(node: TreeNode): boolean {
  return (node.tag === 'TypeCast' && namesOwnType(node)) || (node.tag === 'ColumnRef' && nameParts(node, 'fields').length > 1);
}

/** ALTER TABLE that fills a column from others: TYPE … USING, GENERATED … STORED. */
export function alterationStores(node: TreeNode): boolean {
  return children(node, 'cmds').some((command) => {
    const definition = child(command, 'def');
    return definition !== undefined && definition.tag !== 'Constraint' && some(definition, reads);
  });
}

/** Operators of pg_catalog whose functions compute from their operands: one's own may read whatever it likes. */
const OPERATORS: ReadonlySet<string> = new Set(
  `+ - * / % ^ |/ ||/ @ & | # ~ << >> || = <> != < > <= >= ~~ !~~ ~~* !~~* ~* !~ !~* -> ->> #> #>> #- @> <@ ? ?| ?& && @@ @? -|- <->`.split(
    ' ',
  ),
);

/** It takes a value from a relation, or runs what may do so: a function, operator or attribute that is not known to compute. */
export function reads(node: TreeNode): boolean {
  switch (node.tag) {
    case 'ColumnRef':
    case 'SubLink':
    case 'RangeVar':
    case 'RangeFunction':
      return true;
    case 'A_Indirection':
      return children(node, 'indirection').some(({ tag }) => tag !== 'A_Indices'); // (x).f calls f
    case 'TypeCast':
      return convertsOwnType(node);
    default:
      return runsCode(node);
  }
}

/** Between types of which one is somebody's own, a cast is that somebody's function. A literal is only read as the type. */
function convertsOwnType(cast: TreeNode): boolean {
  const inner = child(cast, 'arg');
  return inner?.tag === 'TypeCast' && (namesOwnType(cast) || namesOwnType(inner));
}

/** A cast to a type that is not known to be the server's. */
export function namesOwnType(cast: TreeNode): boolean {
  const type = child(cast, 'typeName');
  return type === undefined || isOwnType(type);
}

/** A type that is not known to be the server's. */
export function isOwnType(type: TreeNode): boolean {
  const parts = nameParts(type, 'names');
  return parts.at(-2) !== 'pg_catalog' && !isBuiltInType(parts.join('.'));
}

/** A table or domain whose defaults may read: rows that are stored later take values from there. */
export function definitionStores(node: TreeNode): boolean {
  return DEFINES_DEFAULTS.has(node.tag) && some(node, runsCode);
}

const DEFINES_DEFAULTS = new Set(['CreateStmt', 'CreateForeignTableStmt', 'CreateDomainStmt', 'AlterDomainStmt']);

function runsCode(node: TreeNode): boolean {
  if (node.tag === 'FuncCall') return !computes(nameParts(node, 'funcname'));
  if (node.tag !== 'A_Expr' || !textOf(node, 'kind').startsWith('AEXPR_OP')) return false;
  const parts = nameParts(node, 'name');
  return !OPERATORS.has(parts.at(-1) ?? '') || (parts.length > 1 && parts[0] !== 'pg_catalog');
}

/** `SET n = n + 1` keeps a column's values in their column. */
function takesFromElsewhere(item: TreeNode, joined: boolean): boolean {
  const value = child(item, 'val');
  if (value === undefined) return false;
  return some(value, (node) => {
    if (node.tag !== 'ColumnRef') return reads(node);
    const parts = nameParts(node, 'fields');
    return joined || parts.length > 1 || parts[0] !== textOf(item, 'name');
  });
}

/** In ON CONFLICT, EXCLUDED is the row that was to be inserted; anything else is read from the table. */
function takesFromStoredRow(item: TreeNode): boolean {
  const value = child(item, 'val');
  if (value === undefined) return false;
  return some(value, (node) => {
    if (node.tag !== 'ColumnRef') return reads(node);
    const parts = nameParts(node, 'fields');
    return parts[0] !== 'excluded' && (parts.length > 1 || parts[0] !== textOf(item, 'name'));
  });
}
