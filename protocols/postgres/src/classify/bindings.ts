import type { Binding, Bindings, NameRef } from './analysis.ts';
import { namesOwnType } from './copies.ts';
import type { Literals } from './literals.ts';
import { child, children, flag, nameParts, offspring, type TreeNode, textOf } from './tree.ts';

const QUERIES: ReadonlySet<string> = new Set(
  'SelectStmt InsertStmt UpdateStmt DeleteStmt MergeStmt ExplainStmt DeclareCursorStmt'.split(' '),
);

/** Which columns the literals and parameters of a query stand beside; undefined where none does. */
export function bindingsOf(statement: TreeNode, literals: Literals): Bindings | undefined {
  if (!QUERIES.has(statement.tag)) return undefined;
  const binder = new Binder(literals);
  binder.walk(statement, { tables: [], named: new Map(), queries: new Set(), outer: undefined });
  const found = binder.found();
  return found.bound.length > 0 ? found : undefined;
}

/** What names of columns may mean at some place of a statement. */
interface Scope {
  /** Tables whose columns need no qualification. */
  readonly tables: readonly NameRef[];
  /** By the names that rows go by here; undefined for what is no plain table. */
  readonly named: ReadonlyMap<string, NameRef | undefined>;
  /** WITH queries in sight. */
  readonly queries: ReadonlySet<string>;
  readonly outer: Scope | undefined;
}

/** A column as written, and the tables of which one has it. */
interface ColumnName {
  readonly column: string;
  readonly tables: readonly NameRef[];
}

interface Found extends ColumnName {
  readonly use: Binding['use'];
  readonly array: boolean;
  readonly literals: number[];
  readonly parameters: Set<number>;
}

const COMPARISONS: ReadonlySet<string> = new Set('= <> != < <= > >= ~~ !~~ ~~* !~~* ~ ~* !~ !~* ^@'.split(' '));
const COMPARING: ReadonlySet<string> = new Set(
  'AEXPR_OP AEXPR_OP_ANY AEXPR_OP_ALL AEXPR_DISTINCT AEXPR_NOT_DISTINCT AEXPR_IN AEXPR_LIKE AEXPR_ILIKE AEXPR_BETWEEN AEXPR_NOT_BETWEEN AEXPR_BETWEEN_SYM AEXPR_NOT_BETWEEN_SYM'.split(
    ' ',
  ),
);
/** Kinds in which the operator `=` is true for equal values only. */
const EQUATING: ReadonlySet<string> = new Set(['AEXPR_OP', 'AEXPR_IN', 'AEXPR_OP_ANY']);
/** In sight of more tables an unqualified column is not followed. */
const MAX_TABLES = 100;
const TEXT_TYPES: ReadonlySet<string> = new Set(['text', 'varchar', 'bpchar']);

class Binder {
  readonly #literals: Literals;
  readonly #found = new Map<string, Found>();
  /** Parameter nodes that a binding explains. */
  readonly #explained = new Set<unknown>();
  readonly #loose = new Set<number>();
  #latest: { readonly name: ColumnName; readonly entry: Found } | undefined;

  constructor(literals: Literals) {
    this.#literals = literals;
  }

  found(): Bindings {
    const bound = [...this.#found.values()].map(
      ({ use, column, tables, array, literals, parameters }): Binding => ({
        use,
        column,
        tables,
        ...(array && { array }),
        literals,
        parameters: [...parameters],
      }),
    );
    return { bound, loose: [...this.#loose] };
  }

  walk(node: TreeNode, scope: Scope): void {
    switch (node.tag) {
      case 'SelectStmt':
      case 'InsertStmt':
      case 'UpdateStmt':
      case 'DeleteStmt':
      case 'MergeStmt':
        this.#query(node, withQueries(node, scope));
        return;
      case 'RangeSubselect':
        this.#below(node, flag(node, 'lateral') ? scope : { ...(scope.outer ?? scope), queries: scope.queries });
        return;
      case 'ParamRef':
        if (!this.#explained.has(node.fields)) this.#loose.add(Number(node.fields.number ?? 0));
        return;
      case 'A_Expr':
        this.#comparison(node, scope);
        this.#below(node, scope);
        return;
      default:
        this.#below(node, scope);
    }
  }

  #below(node: TreeNode, scope: Scope): void {
    for (const below of offspring(node)) this.walk(below, scope);
  }

  #query(node: TreeNode, outer: Scope): void {
    const target = child(node, 'relation');
    const source = child(node, 'sourceRelation');
    const sources = [...children(node, 'fromClause'), ...children(node, 'usingClause'), ...(source ? [source] : [])];
    const inner = node.tag === 'InsertStmt' ? outer : scopeOf(target, sources, outer);
    if (target !== undefined) this.#stores(node, refOf(target));
    for (const below of offspring(node)) {
      if (below.tag === 'WithClause' || (node.tag === 'SelectStmt' && below.tag === 'SelectStmt')) this.walk(below, outer);
      else if (below.tag === 'OnConflictClause' && target !== undefined) this.walk(below, conflictScope(target, outer));
      else this.walk(below, inner);
    }
  }

  /** INSERT … VALUES, SET and their like. */
  #stores(node: TreeNode, target: NameRef): void {
    const assign = (column: string, value: TreeNode | undefined): void => {
      if (value !== undefined && column !== '') this.#bind('stored', { column, tables: [target] }, value);
    };
    const sets = (owner: TreeNode): void => {
      for (const item of children(owner, 'targetList')) {
        if (children(item, 'indirection').length === 0) assign(textOf(item, 'name'), child(item, 'val'));
      }
    };
    const insert = (columns: readonly TreeNode[], row: readonly TreeNode[]): void => {
      columns.forEach((item, at) => {
        if (children(item, 'indirection').length === 0) assign(textOf(item, 'name'), row[at]);
      });
    };
    if (node.tag === 'UpdateStmt') sets(node);
    const conflict = child(node, 'onConflictClause');
    if (conflict !== undefined) sets(conflict);
    const rows = child(node, 'selectStmt');
    for (const list of rows ? children(rows, 'valuesLists') : []) insert(children(node, 'cols'), children(list, 'items'));
    for (const clause of children(node, 'mergeWhenClauses')) {
      if (textOf(clause, 'commandType') === 'CMD_INSERT') insert(children(clause, 'targetList'), children(clause, 'values'));
      else sets(clause);
    }
  }

  #comparison(node: TreeNode, scope: Scope): void {
    const [left, right] = [child(node, 'lexpr'), child(node, 'rexpr')];
    const kind = textOf(node, 'kind');
    if (left === undefined || right === undefined || !COMPARING.has(kind)) return;
    const operator = nameParts(node, 'name');
    const known = operator.length === 1 || operator[0] === 'pg_catalog';
    if (!known || !(kind.includes('BETWEEN') || COMPARISONS.has(operator.at(-1) ?? ''))) return;
    const use = EQUATING.has(kind) && operator.at(-1) === '=' ? 'equal' : 'compared';
    const array = kind === 'AEXPR_OP_ANY' || kind === 'AEXPR_OP_ALL';
    const column = columnName(left, scope);
    if (column !== undefined) this.#operands(use, column, right, array);
    else if (kind === 'AEXPR_OP') {
      const other = columnName(right, scope);
      if (other !== undefined) this.#bind(use, other, left);
    }
  }

  #operands(use: Binding['use'], column: ColumnName, right: TreeNode, array: boolean): void {
    if (right.tag === 'List') for (const item of children(right, 'items')) this.#bind(use, column, item);
    else if (array && right.tag === 'A_ArrayExpr') for (const item of children(right, 'elements')) this.#bind(use, column, item);
    else this.#bind(use, column, right, array);
  }

  /** @param value bound where it is a literal or parameter, also under a cast to a type of the server. */
  #bind(use: Binding['use'], column: ColumnName, value: TreeNode, array = false): void {
    if (value.tag === 'TypeCast') {
      const [inner, type] = [child(value, 'arg'), child(value, 'typeName')];
      if (inner === undefined || namesOwnType(value)) return;
      const text = type !== undefined && TEXT_TYPES.has(nameParts(type, 'names').at(-1) ?? '');
      if (inner.tag !== 'TypeCast') this.#bind(use === 'equal' && !text ? 'compared' : use, column, inner, array);
      return;
    }
    if (value.tag === 'ParamRef') {
      this.#explained.add(value.fields);
      this.#entry(use, column, array).parameters.add(Number(value.fields.number ?? 0));
    } else if (value.tag === 'A_Const') {
      const literal = this.#literals.at(Number(value.fields.location ?? 0));
      if (literal !== undefined) this.#entry(use, column, array).literals.push(literal);
    }
  }

  #entry(use: Binding['use'], name: ColumnName, array: boolean): Found {
    // A list names its column once.
    if (this.#latest?.name === name && this.#latest.entry.use === use && this.#latest.entry.array === array) return this.#latest.entry;
    const { column, tables } = name;
    const key = JSON.stringify([use, array, column, tables]);
    let entry = this.#found.get(key);
    if (entry === undefined) {
      entry = { use, column, tables, array, literals: [], parameters: new Set() };
      this.#found.set(key, entry);
    }
    this.#latest = { name, entry };
    return entry;
  }
}

function withQueries(node: TreeNode, scope: Scope): Scope {
  const clause = child(node, 'withClause');
  if (clause === undefined) return scope;
  return { ...scope, queries: new Set([...scope.queries, ...children(clause, 'ctes').map((query) => textOf(query, 'ctename'))]) };
}

function scopeOf(target: TreeNode | undefined, sources: readonly TreeNode[], outer: Scope): Scope {
  const scope = { tables: [] as NameRef[], named: new Map<string, NameRef | undefined>(), queries: outer.queries, outer };
  if (target !== undefined) enter(target, new Set(), scope); // never a WITH query, whatever its name
  for (const source of sources) enter(source, outer.queries, scope);
  return scope;
}

/** In ON CONFLICT the row that was to be inserted has the target's columns, under a name of its own. */
function conflictScope(target: TreeNode, outer: Scope): Scope {
  const scope = scopeOf(target, [], outer);
  return { ...scope, named: new Map([...scope.named, ['excluded', refOf(target)]]) };
}

function enter(
  source: TreeNode,
  queries: ReadonlySet<string>,
  scope: { tables: NameRef[]; named: Map<string, NameRef | undefined> },
): void {
  const alias = child(source, 'alias');
  const using = child(source, 'join_using_alias');
  if (using !== undefined) scope.named.set(textOf(using, 'aliasname'), undefined);
  if (source.tag === 'JoinExpr' && alias === undefined) {
    for (const side of [child(source, 'larg'), child(source, 'rarg')]) if (side !== undefined) enter(side, queries, scope);
    return;
  }
  const table = source.tag === 'RangeVar' && (textOf(source, 'schemaname') !== '' || !queries.has(textOf(source, 'relname')));
  const plain = table && (alias === undefined || children(alias, 'colnames').length === 0);
  const ref = plain ? refOf(source) : undefined;
  if (ref !== undefined) scope.tables.push(ref);
  const name = alias === undefined ? textOf(source, 'relname') : textOf(alias, 'aliasname');
  // Two of one name: schemas tell them apart, which is not followed here.
  scope.named.set(name, scope.named.has(name) ? undefined : ref);
}

function refOf(table: TreeNode): NameRef {
  const [schema, name] = [textOf(table, 'schemaname'), textOf(table, 'relname')];
  return schema === '' ? { name } : { schema, name };
}

/** undefined for what is no plain column, or one whose table is none. */
function columnName(node: TreeNode, scope: Scope): ColumnName | undefined {
  if (node.tag !== 'ColumnRef') return undefined;
  const parts = nameParts(node, 'fields');
  const column = parts.at(-1) ?? '';
  if (column === '' || parts.length > 2) return undefined;
  if (parts.length === 1)
    return scope.tables.length > 0 && scope.tables.length <= MAX_TABLES ? { column, tables: scope.tables } : undefined;
  const row = parts[0] as string;
  for (let place: Scope | undefined = scope; place !== undefined; place = place.outer) {
    const table = place.named.get(row);
    if (table !== undefined) return { column, tables: [table] };
    if (place.named.has(row)) return undefined;
  }
  return undefined;
}
