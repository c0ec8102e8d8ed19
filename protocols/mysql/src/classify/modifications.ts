import type { NameRef } from './analysis.ts';
import { expression, expressions, group } from './expressions.ts';
import { judgeFilter } from './filter.ts';
import { noUses, type Parse, type QueryShape, type Uses } from './parse.ts';
import { beginsQuery, items, query } from './queries.ts';
import { type Tables, tableReferences } from './tables.ts';
import { CLAUSE_STOPS, SET_OPERATORS } from './words.ts';

const OPTIONS: ReadonlySet<string> = new Set(['LOW_PRIORITY', 'DELAYED', 'HIGH_PRIORITY', 'QUICK', 'IGNORE']);

/** INSERT and REPLACE; the verb is stepped over. */
export function insert(parse: Parse, verb: 'INSERT' | 'REPLACE'): void {
  const { cursor, survey } = parse;
  parse.called(verb);
  survey.add('write');
  cursor.skipAny(OPTIONS);
  cursor.accept('INTO');
  const target = parse.relation('write');
  if (cursor.accept('PARTITION')) cursor.skipParentheses();
  if (cursor.word === '(' && !beginsQuery(parse)) cursor.skipParentheses();
  const before = survey.reads;
  const start = cursor.at;
  let shape: QueryShape | undefined;
  if (cursor.accept('SET')) assignments(parse, target, 'insert');
  else if (cursor.accept('VALUE') || (cursor.word === 'VALUES' && cursor.accept('VALUES'))) rows(parse);
  else shape = query(parse);
  const swallowed = wordsIn(parse, start).includes('DUPLICATE'); // behind a table ON looks like a join's
  const copied = survey.reads > before;
  const row = cursor.accept('AS') ? cursor.name() : undefined;
  if (row !== undefined && cursor.word === '(') cursor.skipParentheses();
  if (cursor.accept('ON', 'DUPLICATE', 'KEY', 'UPDATE')) assignments(parse, target, 'own', row);
  returning(parse);
  if (!copied) return;
  if (!survey.copies && !parse.inner && !swallowed && shape?.flat && shape.outputs !== undefined) parse.outermost.stores = shape.outputs;
  survey.copies = true;
}

/** The words from a token up to here. */
function wordsIn({ cursor }: Parse, start: number): readonly string[] {
  return Array.from({ length: cursor.at - start }, (_, index) => cursor.wordAt(start + index));
}

function rows(parse: Parse): void {
  const { cursor } = parse;
  do {
    cursor.accept('ROW');
    group(parse);
  } while (cursor.accept(','));
  if (SET_OPERATORS.has(cursor.word)) parse.grammar.queryRest(parse);
}

/**
 * `column = value, …`. A value copies when it takes anything but the column itself from a stored row.
 *
 * @param from `insert`: any column counts; `own`: but for the one that is set; `joined`: of several tables, any counts
 * @param row what the row to be inserted is called: its columns are the client's own values
 */
function assignments(parse: Parse, target: NameRef | undefined, from: 'insert' | 'own' | 'joined', row?: string): void {
  const { cursor, survey } = parse;
  do {
    const column = assigned(parse);
    if (!cursor.accept('=')) cursor.expect(':=');
    const uses = noUses();
    const before = survey.reads;
    expression(parse, ASSIGNMENT_STOPS, uses);
    const foreign = uses.columns.filter((one) => one.qualifier === undefined || one.qualifier !== row).length > 0;
    const own = from === 'own' && ownValue(uses, column, target);
    const elsewhere = survey.reads - before > uses.columns.length; // subqueries, stored functions
    if (elsewhere || (foreign && !own)) survey.copies = true;
  } while (cursor.accept(','));
}

const ASSIGNMENT_STOPS: ReadonlySet<string> = new Set([...CLAUSE_STOPS, 'ON', 'AS']);

/** @returns the column's name without qualification; undefined for a variable of LOAD DATA or a trigger */
function assigned(parse: Parse): string | undefined {
  const { cursor } = parse;
  if (cursor.kind === 'variable') {
    cursor.at += 1;
    return undefined;
  }
  let name = cursor.name();
  while (cursor.accept('.')) name = cursor.name();
  return name;
}

/** `n = n + 1` keeps a column's values in their column. */
function ownValue({ columns }: Uses, column: string | undefined, target: NameRef | undefined): boolean {
  return columns.every(
    ({ name, qualifier }) =>
      name.toLowerCase() === column?.toLowerCase() && (qualifier === undefined || (target !== undefined && qualifier === target.name)),
  );
}

function returning(parse: Parse): void {
  if (!parse.cursor.accept('RETURNING')) return;
  if (parse.settings.family !== 'mariadb') parse.cursor.fail(); // a column may be called so
  const outputs = items(parse);
  for (const { use, ...ref } of [...parse.survey.relations.values()]) if (use === 'write') parse.survey.relation(ref, 'read');
  if (!parse.inner) Object.assign(parse.outermost, { outputs, flat: true });
}

/** UPDATE; the verb is stepped over. */
export function update(parse: Parse): void {
  const { cursor, survey } = parse;
  parse.called('UPDATE');
  survey.add('write');
  cursor.skipAny(OPTIONS);
  const tables = tableReferences(parse, 'write');
  cursor.expect('SET');
  const [only] = tables.tables;
  const joined = tables.tables.length !== 1 || !tables.plain;
  assignments(parse, only && { name: only.alias }, joined ? 'joined' : 'own');
  filterAndRest(parse, tables);
}

/** DELETE; the verb is stepped over. */
export function remove(parse: Parse): void {
  const { cursor, survey } = parse;
  parse.called('DELETE');
  survey.add('write');
  cursor.skipAny(OPTIONS);
  if (!cursor.accept('FROM')) {
    names(parse);
    cursor.expect('FROM');
    filterAndRest(parse, tableReferences(parse, 'write'));
    return;
  }
  const start = cursor.at;
  names(parse);
  if (cursor.accept('USING')) {
    filterAndRest(parse, tableReferences(parse, 'write'));
    return;
  }
  cursor.at = start;
  filterAndRest(parse, tableReferences(parse, 'write'));
}

/** `t`, `t.*`, `s.t.*`: which of the joined tables rows are deleted from. */
function names({ cursor }: Parse): void {
  do {
    cursor.name();
    while (cursor.accept('.')) if (!cursor.accept('*')) cursor.name();
  } while (cursor.accept(','));
}

function filterAndRest(parse: Parse, tables: Tables): void {
  const { cursor, survey } = parse;
  const start = cursor.at + 1;
  if (cursor.accept('WHERE')) {
    expression(parse, CLAUSE_STOPS);
    const verdict = judgeFilter(cursor, start, cursor.at, tables);
    if (verdict.unfiltered) survey.unfiltered = true;
    if (verdict.byValue) survey.byValue = true;
  } else survey.unfiltered = true;
  if (cursor.accept('ORDER', 'BY')) expressions(parse, CLAUSE_STOPS);
  if (cursor.accept('LIMIT')) expressions(parse, CLAUSE_STOPS);
  returning(parse);
}

/** LOAD DATA and LOAD XML; `LOAD` is stepped over. */
export function load(parse: Parse): void {
  const { cursor, survey } = parse;
  if (!cursor.accept('DATA')) cursor.expect('XML');
  parse.called('LOAD DATA');
  survey.add('write');
  if (!cursor.accept('LOW_PRIORITY')) cursor.accept('CONCURRENT');
  if (!cursor.accept('LOCAL')) {
    survey.add('admin');
    survey.reason ??= 'LOAD DATA without LOCAL reads a file on the server.';
  }
  cursor.expect('INFILE');
  if (cursor.kind !== 'string') cursor.fail();
  cursor.at += 1;
  if (!cursor.accept('REPLACE')) cursor.accept('IGNORE');
  cursor.expect('INTO', 'TABLE');
  const target = parse.relation('write');
  while (!cursor.ended) {
    if (cursor.accept('CHARACTER', 'SET')) cursor.at += 1;
    else if (cursor.accept('SET')) assignments(parse, target, 'insert');
    else if (cursor.word === 'SELECT') cursor.fail();
    else cursor.at += 1;
  }
}
