import type { CommandClass } from '@sallyport/core';
import { comparedIn } from './comparisons.ts';
import { alter, create, drop, rename, truncate } from './definitions.ts';
import { explain, show } from './explanations.ts';
import { expressions, group } from './expressions.ts';
import { insert, load, remove, update } from './modifications.ts';
import type { Parse } from './parse.ts';
import { deallocate, execute, executeImmediate, prepare } from './prepared.ts';
import { beginsBlock, programStatement } from './programs.ts';
import { query, withQueries } from './queries.ts';
import { set } from './variables.ts';
import { QUERY_STARTS } from './words.ts';

type Rule = (parse: Parse) => void;

/** Statements told by their first words alone. Longest first; the rest of the statement is walked over. */
const SIMPLE: readonly (readonly [words: string, classes: readonly CommandClass[], verb?: string])[] = [
  ['START TRANSACTION', ['session'], 'BEGIN'],
  ['START', ['admin']],
  ['STOP', ['admin']],
  ['BEGIN', ['session']],
  ['COMMIT', ['session']],
  ['ROLLBACK', ['session']],
  ['SAVEPOINT', ['session']],
  ['RELEASE SAVEPOINT', ['session'], 'RELEASE'],
  ['XA COMMIT', ['write']],
  ['XA ROLLBACK', ['write']],
  ['XA RECOVER', ['read']],
  ['XA', ['session']],
  ['UNLOCK INSTANCE', ['admin']],
  ['UNLOCK', ['session']],
  ['LOCK INSTANCE', ['admin']],
  ['GRANT', ['privilege']],
  ['REVOKE', ['privilege']],
  ['FLUSH', ['admin']],
  ['RESET', ['admin']],
  ['PURGE', ['admin']],
  ['CHANGE', ['admin']],
  ['INSTALL', ['admin']],
  ['UNINSTALL', ['admin']],
  ['SHUTDOWN', ['admin']],
  ['RESTART', ['admin']],
  ['KILL', ['admin']],
  ['CLONE', ['admin']],
  ['IMPORT', ['admin']],
  ['BACKUP', ['admin']],
  ['BINLOG', ['admin']],
  ['CACHE INDEX', ['admin']],
  ['LOAD INDEX', ['admin']],
  ['HELP', ['read']],
  ['SIGNAL', ['session']],
  ['RESIGNAL', ['session']],
];

/** By the first word, with the words taken apart. */
const SIMPLE_BY_WORD = Map.groupBy(
  SIMPLE.map(([called, classes, verb]) => ({ called, words: called.split(' '), classes, verb: verb ?? called })),
  ({ words }) => words[0],
);

const SECRETS: ReadonlySet<string> = new Set(['GRANT', 'REVOKE', 'CHANGE', 'START', 'CLONE', 'INSTALL']);

const RULES: Readonly<Record<string, Rule>> = {
  INSERT: (parse) => insert(parse, 'INSERT'),
  REPLACE: (parse) => insert(parse, 'REPLACE'),
  UPDATE: update,
  DELETE: remove,
  CREATE: create,
  ALTER: alter,
  DROP: drop,
  RENAME: rename,
  TRUNCATE: truncate,
  SET: set,
  EXPLAIN: explain,
  DESCRIBE: explain,
  DESC: explain,
  SHOW: show,
  PREPARE: prepare,
  DEALLOCATE: deallocate,
  CALL: call,
  DO: evaluate,
  HANDLER: handler,
  USE: use,
};

/** One statement; what is not told here is refused. */
export function statement(parse: Parse): void {
  const { cursor } = parse;
  const { word } = cursor;
  if (word === '(' || QUERY_STARTS.has(word)) queryStatement(parse);
  else if (beginsBlock(parse)) compound(parse);
  else if (word === 'EXECUTE') {
    cursor.at += 1;
    if (cursor.accept('IMMEDIATE')) executeImmediate(parse);
    else execute(parse);
  } else if (cursor.accept('DROP', 'PREPARE')) deallocate(parse, true);
  else if (!tableMaintenance(parse) && !lockTables(parse) && !diagnostics(parse) && !simple(parse)) {
    const rule = cursor.kind === 'word' && Object.hasOwn(RULES, word) ? RULES[word] : undefined;
    if (word === 'LOAD') {
      cursor.at += 1;
      load(parse);
    } else if (rule === undefined) cursor.fail();
    else {
      cursor.at += 1;
      rule(parse);
    }
  }
}

function queryStatement(parse: Parse): void {
  const { cursor, survey } = parse;
  if (cursor.word === 'WITH' && modifies(parse)) return;
  parse.called('SELECT');
  survey.add('read');
  const { where, ...shape } = query(parse);
  if (parse.inner) return;
  Object.assign(parse.outermost, shape);
  if (where !== undefined && shape.flat) parse.outermost.compared = comparedIn(cursor, ...where);
}

/** WITH … UPDATE, WITH … DELETE. */
function modifies(parse: Parse): boolean {
  const { cursor, queries } = parse;
  const start = cursor.at;
  const found = parse.apart(() => withQueries(parse));
  const rule = cursor.word === 'UPDATE' ? update : cursor.word === 'DELETE' ? remove : undefined;
  if (rule === undefined) {
    cursor.at = start;
    parse.queries = queries;
    return false;
  }
  parse.survey.absorb(found);
  cursor.at += 1;
  rule(parse);
  parse.queries = queries;
  return true;
}

function compound(parse: Parse): void {
  const { survey, cursor } = parse;
  if (parse.inner) {
    programStatement(parse);
    return;
  }
  parse.called(cursor.ahead(1) === ':' ? 'BEGIN' : cursor.word);
  survey.add('session');
  survey.opaque = true;
  survey.copies = true;
  parse.within(() => programStatement(parse));
}

function simple(parse: Parse): boolean {
  const { cursor, survey } = parse;
  for (const { called, words, classes, verb } of SIMPLE_BY_WORD.get(cursor.word) ?? []) {
    if (!cursor.accept(...words)) continue;
    parse.called(verb);
    survey.add(...classes);
    if (SECRETS.has(words[0] ?? '')) survey.secret = true;
    if (classes.includes('privilege')) granted(parse);
    if (ON_TABLES.has(called)) tablesNamed(parse);
    remainder(parse);
    return true;
  }
  return false;
}

const ON_TABLES: ReadonlySet<string> = new Set(['FLUSH', 'CACHE INDEX', 'LOAD INDEX']);

/** FLUSH TABLES t, u; CACHE INDEX t; LOAD INDEX INTO CACHE t */
function tablesNamed(parse: Parse): void {
  const { cursor } = parse;
  if (!cursor.accept('LOCAL')) cursor.accept('NO_WRITE_TO_BINLOG');
  const flush = cursor.accept('TABLE') || cursor.accept('TABLES');
  if (!flush && !cursor.accept('INTO', 'CACHE') && parse.verb === 'FLUSH') return;
  while (cursor.named && cursor.word !== 'WITH' && cursor.word !== 'FOR') {
    parse.relation('read');
    while (!cursor.ended && cursor.word !== ',') cursor.at += 1;
    cursor.accept(',');
  }
}

/** GRANT … ON [TABLE] t TO u: names what the right is to. */
function granted(parse: Parse): void {
  const { cursor } = parse;
  while (!cursor.ended && !['ON', 'TO', 'FROM'].includes(cursor.word)) {
    if (cursor.word === '(') cursor.skipParentheses();
    else cursor.at += 1;
  }
  if (!cursor.accept('ON')) return;
  if (['FUNCTION', 'PROCEDURE', 'PACKAGE', 'LIBRARY'].includes(cursor.word)) return;
  cursor.accept('TABLE');
  if (cursor.named && cursor.ahead(1) !== '.') parse.relation('write');
  else if (cursor.named && cursor.ahead(2) !== '*') parse.relation('write');
}

/** Walks over what matters no more, but for queries. */
function remainder(parse: Parse): void {
  const { cursor } = parse;
  while (!cursor.ended) {
    if (cursor.word === 'SELECT') query(parse);
    else cursor.at += 1;
  }
}

const MAINTENANCE: ReadonlyMap<string, CommandClass> = new Map([
  ['ANALYZE', 'session'],
  ['CHECK', 'session'],
  ['CHECKSUM', 'read'],
  ['OPTIMIZE', 'ddl'],
  ['REPAIR', 'ddl'],
]);

/** ANALYZE, CHECK, CHECKSUM, OPTIMIZE and REPAIR TABLE; ANALYZE of a statement is MariaDB's EXPLAIN that runs it. */
function tableMaintenance(parse: Parse): boolean {
  const { cursor, survey } = parse;
  const verb = cursor.word;
  const of = MAINTENANCE.get(verb);
  if (of === undefined) return false;
  cursor.at += 1;
  const quiet = cursor.accept('NO_WRITE_TO_BINLOG') || cursor.accept('LOCAL');
  if (!quiet && verb === 'ANALYZE' && cursor.word !== 'TABLE' && cursor.word !== 'TABLES') {
    explain(parse, true);
    return true;
  }
  if (cursor.accept('VIEW')) survey.add('ddl');
  else if (!cursor.accept('TABLE')) cursor.expect('TABLES');
  parse.called(verb);
  survey.add(of);
  do parse.relation(of === 'ddl' ? 'write' : 'read');
  while (cursor.accept(','));
  for (; !cursor.ended; cursor.at += 1) if (cursor.word === 'HISTOGRAM') survey.add('ddl');
  return true;
}

/** LOCK TABLES t READ, u AS x WRITE */
function lockTables(parse: Parse): boolean {
  const { cursor, survey } = parse;
  if (!cursor.accept('LOCK', 'TABLES') && !cursor.accept('LOCK', 'TABLE')) return false;
  parse.called('LOCK');
  survey.add('session');
  do {
    const ref = parse.relation('read');
    while (!cursor.ended && cursor.word !== ',') {
      if (cursor.word === 'WRITE') {
        survey.add('write');
        if (ref !== undefined) survey.relation(ref, 'write');
      }
      cursor.at += 1;
    }
  } while (cursor.accept(','));
  return true;
}

/** GET DIAGNOSTICS: an error's text, which quotes values, into a variable. */
function diagnostics(parse: Parse): boolean {
  const { cursor, survey } = parse;
  if (!cursor.accept('GET')) return false;
  if (!cursor.accept('CURRENT')) cursor.accept('STACKED');
  cursor.expect('DIAGNOSTICS');
  parse.called('GET DIAGNOSTICS');
  survey.add('session');
  survey.collected = true;
  survey.copies = true;
  remainder(parse);
  return true;
}

function call(parse: Parse): void {
  const { cursor, survey } = parse;
  parse.called('CALL');
  survey.routine(parse.ref());
  survey.unknown('CALL runs a procedure that cannot be followed.');
  survey.copies = true;
  survey.unsettles = true;
  while (cursor.accept('.')) cursor.name(); // of a package
  if (cursor.word === '(') group(parse);
}

/** DO evaluates expressions and throws the values away. */
function evaluate(parse: Parse): void {
  parse.called('DO');
  parse.survey.add('read');
  expressions(parse);
}

/** HANDLER … READ gives back rows of what was opened under a name of one's choice. */
function handler(parse: Parse): void {
  const { cursor, survey } = parse;
  parse.called('HANDLER');
  survey.add('read');
  parse.relation('read');
  if (cursor.accept('OPEN')) {
    if (cursor.accept('AS') || cursor.named) cursor.name();
    return;
  }
  if (cursor.accept('CLOSE')) return;
  cursor.expect('READ');
  survey.opaque = true;
  remainder(parse);
}

function use(parse: Parse): void {
  const { cursor } = parse;
  parse.called('USE');
  parse.survey.add('session');
  const database = cursor.name();
  if (parse.inner) cursor.fail();
  parse.outermost.database = database;
}
