import type { CommandClass } from '@sallyport/core';
import type { NameRef, RoutineRef } from './analysis.ts';
import { isBuiltInType } from './built-in-types.ts';
import { reads, storesConverted, storesWhatItReads } from './copies.ts';
import { judgeFilter } from './filter.ts';
import { parameterEffect } from './parameters.ts';
import { functionEffect, isCollectedData } from './pg-functions.ts';
import { isUtility, selectIntoClass } from './statements.ts';
import { child, children, nameParts, offspring, some, type TreeNode, textOf } from './tree.ts';

/** Names of the WITH queries that are in sight. */
type Scope = ReadonlySet<string>;

const NO_SCOPE: Scope = new Set();

/** Nodes without any meaning of their own: what counts is below them. Nothing else may pass unseen. */
const TRANSPARENT: ReadonlySet<string> = new Set(
  `A_ArrayExpr A_Const A_Indices A_Star AccessPriv Alias AlterTableCmd ATAlterConstraint BitString BoolExpr Boolean BooleanTest CTECycleClause
  CTESearchClause CaseWhen CoalesceExpr CollateClause ColumnDef Constraint CreateOpClassItem CurrentOfExpr DefElem Float
  FunctionParameter GroupingFunc GroupingSet IndexElem InferClause Integer IntoClause JsonAggConstructor JsonArgument JsonArrayAgg
  JsonArrayConstructor JsonArrayQueryConstructor JsonBehavior JsonFormat JsonFuncExpr JsonIsPredicate JsonKeyValue JsonObjectAgg
  JsonObjectConstructor JsonOutput JsonParseExpr JsonReturning JsonScalarExpr JsonSerializeExpr JsonTable JsonTableColumn
  JsonTablePathSpec JsonValueExpr List LockingClause MergeSupportFunc MergeWhenClause MinMaxExpr MultiAssignRef NamedArgExpr
  NullTest ObjectWithArgs OnConflictClause ParamRef PartitionBoundSpec PartitionCmd PartitionElem PartitionRangeDatum PartitionSpec
  PublicationObjSpec PublicationTable RangeFunction RangeSubselect RangeTableFunc RangeTableFuncCol ReplicaIdentityStmt ResTarget
  ReturnStmt ReturningClause ReturningOption RoleSpec RowExpr SQLValueFunction SetToDefault StatsElem String
  TableLikeClause TriggerTransition TypeCast VacuumRelation VariableSetStmt WindowDef WithClause XmlExpr XmlSerialize`.split(/\s+/),
);

/** pg_catalog functions whose second argument is a type's name in a text. */
const TAKES_TYPE_NAME: ReadonlySet<string> = new Set(['pg_input_is_valid', 'pg_input_error_info']);

/** What is in a statement at any depth, gathered in one walk over its tree. */
export class Survey {
  readonly classes = new Set<CommandClass>();
  readonly verbs = new Set<string>();
  readonly relations = new Map<string, NameRef>();
  readonly routines = new Map<string, RoutineRef>();
  readonly sets = new Set<string>();
  unfiltered = false;
  catalogueData = false;
  opaque = false;
  /** Values read from relations are stored. */
  copies = false;
  /** Values that it stores may be what code of one's own makes of them. */
  converts = false;
  /** A literal's value had a say: the result holds for this exact text only. */
  byValue = false;
  reason: string | undefined;
  /** What `name` stands for in the query being walked: see {@link settingRow}. */
  #setting: string | undefined;
  #made: TreeNode | undefined;

  walk(node: TreeNode, scope: Scope = NO_SCOPE): void {
    switch (node.tag) {
      case 'SelectStmt':
        this.#select(node, scope);
        return;
      case 'InsertStmt':
      case 'UpdateStmt':
      case 'DeleteStmt':
      case 'MergeStmt':
        this.#modification(node, scope);
        return;
      case 'RangeVar':
        this.#relation(node, scope);
        return;
      case 'ColumnRef':
        this.#attribute(nameParts(node, 'fields').slice(1).at(-1));
        return;
      default:
        this.#notice(node);
        for (const below of offspring(node)) this.walk(below, scope);
    }
  }

  /** What a node is by itself; what is below it is walked in any case. */
  #notice(node: TreeNode): void {
    switch (node.tag) {
      case 'FuncCall':
        this.#call(node);
        break;
      case 'A_Indirection':
        for (const step of children(node, 'indirection')) if (step.tag === 'String') this.#attribute(textOf(step, 'sval'));
        break;
      case 'A_Expr':
        this.#operators(node);
        break;
      case 'CaseExpr':
        if (child(node, 'arg') !== undefined) this.#operator(['='], 2);
        break;
      case 'SubLink':
        if (child(node, 'testexpr') !== undefined) this.#operator(nameParts(node, 'operName'), 2);
        break;
      case 'JoinExpr':
        if (node.fields.isNatural === true || children(node, 'usingClause').length > 0) this.#operator(['='], 2);
        break;
      case 'SortBy':
        if (children(node, 'useOp').length > 0) this.#operator(nameParts(node, 'useOp'), 2);
        break;
      case 'TypeName':
        this.#type(node);
        break;
      case 'RangeTableSample':
        this.#tableSample(node);
        break;
      default:
        if (!TRANSPARENT.has(node.tag) && !isUtility(node.tag))
          this.unknown(`The statement has a part that is not understood (${node.tag}).`);
    }
  }

  unknown(reason: string): void {
    this.classes.add('unknown');
    this.reason ??= reason;
  }

  /** The target of CREATE TABLE AS, SELECT INTO and CREATE VIEW. Called before the walk. */
  makes(target: TreeNode | undefined): void {
    this.#made = target;
  }

  relation(parts: readonly string[], made = false): void {
    const name = parts.at(-1);
    if (name === undefined || name === '') return;
    const schema = parts.at(-2);
    const key = parts.slice(-2).join('\0');
    if (!made || !this.relations.has(key)) this.relations.set(key, { ...(schema && { schema }), name, ...(made && { made }) });
    if (isCollectedData(name) && (schema === undefined || schema === 'pg_catalog' || schema === 'information_schema'))
      this.catalogueData = true;
  }

  /** SET, RESET or set_config of one parameter. */
  parameter(name: string, value: string | undefined): void {
    const lower = name.toLowerCase();
    this.sets.add(lower);
    const effect = parameterEffect(lower, value);
    this.classes.add(effect.class);
    this.reason ??= effect.reason;
  }

  #select(node: TreeNode, scope: Scope): void {
    if (children(node, 'lockingClause').length > 0) this.classes.add('write');
    const into = child(node, 'intoClause');
    if (into !== undefined) {
      this.classes.add(selectIntoClass(into));
      this.copies = true;
      this.makes(child(into, 'rel'));
    }
    const inner = this.#withQueries(node, scope);
    const outer = this.#setting;
    this.#setting = settingRow(node);
    for (const below of offspring(node)) if (below.tag !== 'WithClause') this.walk(below, inner);
    this.#setting = outer;
  }

  #modification(node: TreeNode, scope: Scope): void {
    for (const verb of modificationVerbs(node)) this.verbs.add(verb);
    this.classes.add('write');
    if (storesWhatItReads(node)) this.copies = true;
    if (storesConverted(node)) this.converts = true;
    const target = child(node, 'relation');
    if (target !== undefined) this.#modified(target);
    const filtered = { UpdateStmt: 'whereClause', DeleteStmt: 'whereClause', MergeStmt: 'joinCondition' }[node.tag];
    if (filtered !== undefined && (node.tag !== 'MergeStmt' || mergeModifies(node))) {
      const verdict = judgeFilter(child(node, filtered), target);
      if (verdict.unfiltered) this.unfiltered = true;
      if (verdict.byValue) this.byValue = true;
    }
    const inner = this.#withQueries(node, scope);
    // The target is never a WITH query, whatever its name.
    for (const below of offspring(node))
      if (below.tag !== 'WithClause') this.walk(below, below.tag === 'RangeVar' && isTarget(below, target) ? NO_SCOPE : inner);
  }

  #modified(target: TreeNode): void {
    const [schema, name] = [textOf(target, 'schemaname'), textOf(target, 'relname')];
    if (schema !== 'pg_catalog' && schema !== 'information_schema' && (schema !== '' || !name.startsWith('pg_'))) return;
    if (name === 'pg_settings') this.unknown('Writing to pg_settings changes parameters that cannot be told beforehand.');
    else {
      this.classes.add('admin');
      this.reason ??= `Writing to ${name} changes the server's own catalogue.`;
    }
  }

  /** Walks the WITH queries and returns what is in sight of the statement that has them. */
  #withQueries(node: TreeNode, scope: Scope): Scope {
    const clause = child(node, 'withClause');
    if (clause === undefined) return scope;
    const queries = children(clause, 'ctes');
    const inner = new Set(scope);
    if (clause.fields.recursive === true) for (const query of queries) inner.add(textOf(query, 'ctename'));
    for (const query of queries) {
      if (query.tag !== 'CommonTableExpr') this.unknown('A WITH clause is not understood.');
      for (const below of offspring(query)) this.walk(below, new Set(inner));
      inner.add(textOf(query, 'ctename'));
    }
    return inner;
  }

  #relation(node: TreeNode, scope: Scope): void {
    const [schema, name] = [textOf(node, 'schemaname'), textOf(node, 'relname')];
    const made = isTarget(node, this.#made);
    if (made || schema !== '' || !scope.has(name)) this.relation(schema === '' ? [name] : [schema, name], made);
    for (const below of offspring(node)) this.walk(below, scope);
  }

  #call(node: TreeNode): void {
    const parts = nameParts(node, 'funcname');
    const args = children(node, 'args');
    // pg_notify, lo_put and their like carry their arguments to where anybody may read them; pg_locks shows an advisory lock's.
    const effect = this.#routine('function', parts, args.length) ?? 'read';
    if (effect !== 'read' && args.some((arg) => some(arg, reads))) this.copies = true;
    if (children(node, 'agg_order').length > 0 && node.fields.agg_within_group === true)
      this.#routine('function', parts, args.length + children(node, 'agg_order').length);
    if (parts.length > 1 && parts.at(-2) !== 'pg_catalog') return;
    if (parts.at(-1) === 'set_config') this.#setConfig(args);
    if (TAKES_TYPE_NAME.has(parts.at(-1) ?? '')) this.#typeInText(args[1]);
  }

  #setConfig([name, value]: readonly TreeNode[]): void {
    this.byValue = true;
    const [parameter, text] = [name && (isNameColumn(name) ? this.#setting : stringConstant(name)), value && stringConstant(value)];
    if ((name && !isNameColumn(name) && some(name, reads)) || (value && some(value, reads))) this.#storesSetting();
    if (parameter === undefined) {
      this.unknown('set_config is called for a parameter that cannot be told beforehand.');
      return;
    }
    // A computed value is as good as the worst, and SHOW would tell what it was.
    this.parameter(parameter, text ?? (isNullConstant(value) ? undefined : '\0'));
  }

  /** Reading a value as a type runs the checks of that type, a domain's for one. */
  #typeInText(type: TreeNode | undefined): void {
    this.byValue = true;
    const name = type && stringConstant(type);
    if (name === undefined || !isBuiltInType(name))
      this.unknown('The type named in the text is none that the server brings: reading a value of it may run code.');
  }

  /** SHOW would tell later what was read now. */
  #storesSetting(): void {
    this.classes.add('write');
    this.copies = true;
  }

  #attribute(name: string | undefined): void {
    if (name !== undefined && name !== '') this.#routine('attribute', [name], 1);
  }

  #routine(kind: 'function' | 'attribute', parts: readonly string[], args: number): CommandClass | undefined {
    const name = parts.at(-1) ?? '';
    const schema = parts.at(-2);
    this.routines.set(
      `${kind}\0${parts.slice(-2).join('\0')}\0${args}`,
      schema === undefined ? { kind, name, args } : { kind, schema, name, args },
    );
    if (schema !== undefined && schema !== 'pg_catalog') return undefined;
    const effect = functionEffect(name, args);
    if (effect.class !== 'read') {
      this.classes.add(effect.class);
      if (effect.class !== 'write' && effect.class !== 'session')
        this.reason ??= `${name}() is ${effect.class === 'admin' ? 'an administrative function' : 'a function that runs other texts'}.`;
    }
    if (effect.opaque) {
      this.opaque = true;
      this.byValue = true; // a literal among its arguments may be a query, or name a table or file
    }
    if (effect.catalogueData) this.catalogueData = true;
    return effect.class;
  }

  #operators(node: TreeNode): void {
    const args = child(node, 'lexpr') === undefined ? 1 : 2;
    if (textOf(node, 'kind').includes('BETWEEN')) for (const operator of ['<=', '>=', '<', '>']) this.#operator([operator], 2);
    else this.#operator(nameParts(node, 'name'), args);
  }

  #operator(parts: readonly string[], args: number): void {
    const name = parts.at(-1) ?? '=';
    const schema = parts.at(-2);
    this.routines.set(`operator\0${schema ?? ''}\0${name}\0${args}`, {
      kind: 'operator',
      name,
      args,
      ...(schema !== undefined && { schema }),
    });
  }

  #type(node: TreeNode): void {
    const parts = nameParts(node, 'names');
    const name = parts.at(-1);
    const schema = parts.at(-2);
    if (name === undefined || schema === 'pg_catalog') return;
    this.routines.set(`type\0${schema ?? ''}\0${name}`, { kind: 'type', name, args: 0, ...(schema !== undefined && { schema }) });
  }

  #tableSample(node: TreeNode): void {
    const parts = nameParts(node, 'method');
    if (!['bernoulli', 'system'].includes(parts.at(-1) ?? '')) this.#routine('function', parts, 1);
  }
}

/** INSERT … ON CONFLICT DO UPDATE updates too, and MERGE does whatever its branches say. */
function modificationVerbs(node: TreeNode): readonly string[] {
  const branches = children(node, 'mergeWhenClauses').map((clause) => textOf(clause, 'commandType').replace('CMD_', ''));
  const conflict = child(node, 'onConflictClause');
  const updates = conflict !== undefined && textOf(conflict, 'action') === 'ONCONFLICT_UPDATE';
  return [node.tag.replace('Stmt', '').toUpperCase(), ...branches.filter((verb) => verb !== 'NOTHING'), ...(updates ? ['UPDATE'] : [])];
}

function mergeModifies(node: TreeNode): boolean {
  return children(node, 'mergeWhenClauses').some((clause) => ['CMD_UPDATE', 'CMD_DELETE'].includes(textOf(clause, 'commandType')));
}

function isTarget(node: TreeNode, target: TreeNode | undefined): boolean {
  return node.fields === target?.fields;
}

/**
 * The one parameter that `… FROM pg_settings WHERE name = 'x'` is about; undefined for other queries.
 * pg_dump sets parameters that older servers do not have by `set_config(name, …)` over such a row.
 */
function settingRow(node: TreeNode): string | undefined {
  const [source, ...others] = children(node, 'fromClause');
  const where = child(node, 'whereClause');
  if (source?.tag !== 'RangeVar' || textOf(source, 'relname') !== 'pg_settings' || others.length > 0) return undefined;
  if (where?.tag !== 'A_Expr' || textOf(where, 'kind') !== 'AEXPR_OP' || nameParts(where, 'name').join('.') !== '=') return undefined;
  const [left, right] = [child(where, 'lexpr'), child(where, 'rexpr')];
  return left && right && isNameColumn(left) ? stringConstant(right) : undefined;
}

function isNameColumn(node: TreeNode): boolean {
  return node.tag === 'ColumnRef' && nameParts(node, 'fields').join('.') === 'name';
}

/** The text of a string constant, with or without a cast. */
function stringConstant(node: TreeNode): string | undefined {
  if (node.tag === 'TypeCast') {
    const inner = child(node, 'arg');
    return inner && stringConstant(inner);
  }
  const value = node.tag === 'A_Const' ? child(node, 'sval') : undefined;
  return value && textOf(value, 'sval');
}

function isNullConstant(node: TreeNode | undefined): boolean {
  return node?.tag === 'A_Const' && node.fields.isnull === true;
}
