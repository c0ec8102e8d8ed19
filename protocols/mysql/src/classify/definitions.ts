import type { CommandClass } from '@sallyport/core';
import { group } from './expressions.ts';
import type { Parse } from './parse.ts';
import { event, routine, trigger } from './routines.ts';
import { CONSTANT_WORDS, INTRODUCERS } from './words.ts';

/** What CREATE, ALTER and DROP are of, and what that is. Longest first. */
const OBJECTS: readonly (readonly [words: readonly string[], classes: readonly CommandClass[]])[] = [
  [['SPATIAL', 'REFERENCE', 'SYSTEM'], ['admin']],
  [['RESOURCE', 'GROUP'], ['admin']],
  [['LOGFILE', 'GROUP'], ['admin']],
  [['UNDO', 'TABLESPACE'], ['admin']],
  [['TABLESPACE'], ['admin']],
  [['SERVER'], ['admin']],
  [['INSTANCE'], ['admin']],
  [['USER'], ['privilege']],
  [['ROLE'], ['privilege']],
  [['TABLE'], ['ddl']],
  [['TABLES'], ['ddl']],
  [['VIEW'], ['ddl']],
  [['INDEX'], ['ddl']],
  [['SEQUENCE'], ['ddl']],
  [['TRIGGER'], ['ddl']],
  [['PROCEDURE'], ['ddl']],
  [['FUNCTION'], ['ddl']],
  [['EVENT'], ['ddl']],
  [['DATABASE'], ['ddl']],
  [['SCHEMA'], ['ddl']],
];
/** Engines whose tables are files of one's choice or tables of another server. */
const ADMIN_ENGINES: ReadonlySet<string> = new Set(['FEDERATED', 'FEDERATEDX', 'CONNECT', 'SPIDER', 'S3', 'SPHINX']);
const MODIFIERS: ReadonlySet<string> = new Set([
  'UNIQUE',
  'FULLTEXT',
  'VECTOR',
  'ONLINE',
  'OFFLINE',
  'IGNORE',
  'AGGREGATE',
  'SPATIAL',
  'PRIVATE',
]);

/** CREATE; the verb is stepped over. */
export function create(parse: Parse): void {
  const { cursor, survey } = parse;
  cursor.accept('OR', 'REPLACE');
  const temporary = cursor.accept('TEMPORARY');
  origin(parse);
  if (cursor.word !== 'SPATIAL' || cursor.ahead(1) !== 'REFERENCE') cursor.skipAny(MODIFIERS);
  const object = objectType(parse, 'CREATE');
  if (temporary) {
    survey.classes.delete('ddl');
    survey.add('write');
  }
  cursor.accept('IF', 'NOT', 'EXISTS');
  switch (object) {
    case 'TABLE':
      parse.relation('made');
      if (cursor.accept('(', 'LIKE')) parse.relation('read');
      rest(parse);
      return;
    case 'VIEW':
      view(parse, 'made');
      return;
    case 'PROCEDURE':
    case 'FUNCTION':
      routine(parse, object);
      return;
    case 'TRIGGER':
      trigger(parse);
      return;
    case 'EVENT':
      parse.ref();
      event(parse);
      return;
    case 'SEQUENCE':
      parse.relation('made');
      rest(parse);
      return;
    case 'INDEX':
      index(parse);
      return;
    default:
      rest(parse);
  }
}

function index(parse: Parse): void {
  const { cursor } = parse;
  while (!cursor.accept('ON')) {
    if (cursor.ended) cursor.fail();
    cursor.at += 1;
  }
  parse.relation('write');
  rest(parse);
}

/** ALGORITHM, DEFINER and SQL SECURITY: who a stored program or view acts as. */
function origin(parse: Parse): void {
  const { cursor, survey } = parse;
  for (;;) {
    if (cursor.accept('ALGORITHM', '=')) cursor.name();
    else if (cursor.accept('SQL', 'SECURITY')) cursor.name();
    else if (cursor.accept('DEFINER', '=')) {
      const own = cursor.word === 'CURRENT_USER';
      if (!own) survey.add('privilege');
      cursor.at += 1;
      if (own && cursor.ahead(0) === '(') cursor.skipParentheses();
      if (cursor.kind === 'variable') cursor.at += 1;
    } else return;
  }
}

function objectType(parse: Parse, verb: string): string {
  const { cursor, survey } = parse;
  const found = OBJECTS.find(([words]) => cursor.accept(...words));
  if (found === undefined) return cursor.fail();
  const [words, classes] = found;
  const object = words.join(' ') === 'SCHEMA' ? 'DATABASE' : words.join(' ') === 'TABLES' ? 'TABLE' : words.join(' ');
  parse.called(`${verb} ${object}`);
  survey.add(...classes);
  if (object === 'USER' || object === 'ROLE' || object === 'SERVER') survey.secret = true;
  return object;
}

function view(parse: Parse, use: 'made' | 'write'): void {
  const { cursor, survey } = parse;
  parse.relation(use);
  if (cursor.word === '(') cursor.skipParentheses();
  cursor.expect('AS');
  survey.copies = true;
  parse.grammar.query(parse);
  rest(parse);
}

/** The rest of a definition. Queries, tables and engines in it count; its other words do not. */
function rest(parse: Parse): void {
  const { cursor, survey } = parse;
  while (!cursor.ended) {
    const { word } = cursor;
    if (
      word === 'SELECT' ||
      (word === 'WITH' && beginsWith(parse)) ||
      (word === 'TABLE' && cursor.tokens.kind(cursor.at + 1) !== 'symbol' && !cursor.ended)
    ) {
      copyFrom(parse);
    } else if (word === 'VALUES' && beginsRows(parse)) copyFrom(parse);
    else if (word === 'REFERENCES' || word === 'LIKE') {
      cursor.at += 1;
      if (cursor.named) parse.relation('read');
    } else if (cursor.accept('UNION') || cursor.accept('UNION', '=')) mergeTables(parse);
    else if (cursor.accept('ENGINE')) engine(parse);
    else if ((word === 'DATA' || word === 'INDEX') && cursor.ahead(1) === 'DIRECTORY') {
      survey.add('admin');
      cursor.at += 2;
    } else if (word === 'CONNECTION' || word === 'PASSWORD' || word === 'IDENTIFIED') {
      survey.secret = true;
      cursor.at += 1;
    } else if ((word === 'AS' || word === 'DEFAULT') && cursor.ahead(1) === '(') computed(parse);
    else {
      if (word === 'DEFAULT' && defaultsToColumn(parse)) survey.copies = true;
      cursor.at += 1;
    }
  }
}

/** A column that is filled from others, or CREATE TABLE … AS (SELECT …). */
function computed(parse: Parse): void {
  const { cursor, survey } = parse;
  cursor.at += 1;
  const before = survey.reads;
  group(parse);
  if (survey.reads > before) survey.copies = true;
}

/** Words behind DEFAULT that are no column: values, and the table's options. */
const CONSTANT_DEFAULTS: ReadonlySet<string> = new Set([
  ...CONSTANT_WORDS,
  ...INTRODUCERS,
  ...'NOW ON DATE TIME TIMESTAMP CHARACTER CHARSET COLLATE ENCRYPTION'.split(' '),
]);

/** MariaDB takes a column or a function here without parentheses; a column that is added is filled from it. */
function defaultsToColumn({ cursor }: Parse): boolean {
  const kind = cursor.tokens.kind(cursor.at + 1);
  return kind === 'name' || (kind === 'word' && !CONSTANT_DEFAULTS.has(cursor.ahead(1)));
}

function beginsWith({ cursor }: Parse): boolean {
  return cursor.ahead(1) === 'RECURSIVE' || (cursor.ahead(2) === 'AS' && cursor.ahead(3) === '(') || cursor.ahead(2) === '(';
}

/** VALUES (1), (2): no bounds of a partition. */
function beginsRows({ cursor }: Parse): boolean {
  return (cursor.ahead(1) === '(' && cursor.ahead(-1) !== 'PARTITION') || cursor.ahead(1) === 'ROW';
}

function copyFrom(parse: Parse): void {
  const before = parse.survey.reads;
  parse.grammar.query(parse);
  if (parse.survey.reads > before) parse.survey.copies = true;
}

/** UNION = (a, b): a table that is several. Behind a query in parentheses it is the set operator. */
function mergeTables(parse: Parse): void {
  const { cursor } = parse;
  if (!cursor.accept('=') || !cursor.accept('(')) return;
  do {
    if (!cursor.named) break;
    parse.relation('read');
    parse.survey.copies = true;
  } while (cursor.accept(','));
  cursor.expect(')');
}

function engine(parse: Parse): void {
  const { cursor, survey } = parse;
  cursor.accept('=');
  const name = cursor.literal() ?? (cursor.named ? cursor.nameAt(cursor.at) : '');
  if (ADMIN_ENGINES.has(name.toUpperCase())) {
    survey.add('admin');
    survey.secret = true;
    survey.reason ??= 'Tables of that engine are kept in files or on servers elsewhere.';
  }
  cursor.at += 1;
}

/** ALTER; the verb is stepped over. */
export function alter(parse: Parse): void {
  const { cursor } = parse;
  origin(parse);
  cursor.skipAny(MODIFIERS);
  const object = objectType(parse, 'ALTER');
  cursor.accept('IF', 'EXISTS');
  switch (object) {
    case 'TABLE':
      parse.relation('write');
      alterations(parse);
      return;
    case 'VIEW':
      view(parse, 'write');
      return;
    case 'SEQUENCE':
      parse.relation('write');
      rest(parse);
      return;
    case 'EVENT':
      parse.ref();
      event(parse);
      return;
    default:
      rest(parse);
  }
}

function alterations(parse: Parse): void {
  const { cursor, survey } = parse;
  const start = cursor.at;
  for (; !cursor.ended; cursor.at += 1) {
    if (cursor.accept('RENAME')) renamed(parse);
    else if (cursor.accept('WITH', 'TABLE')) {
      parse.relation('write'); // EXCHANGE PARTITION p WITH TABLE t
      survey.copies = true;
    } else if (cursor.word === 'CHANGE') survey.copies = true;
    else if (cursor.word === 'TABLESPACE' && ['IMPORT', 'DISCARD'].includes(cursor.ahead(-1))) survey.add('admin');
    if (cursor.ended) break;
  }
  cursor.at = start;
  rest(parse);
}

/** RENAME TO name, RENAME AS name, RENAME name, but not RENAME COLUMN, INDEX and KEY. */
function renamed(parse: Parse): void {
  const { cursor, survey } = parse;
  survey.copies = true; // masks go by names
  if (['COLUMN', 'INDEX', 'KEY'].includes(cursor.word)) return;
  if (!cursor.accept('TO') && !cursor.accept('AS')) cursor.accept('=');
  parse.relation('write');
}

/** DROP; the verb is stepped over. */
export function drop(parse: Parse): void {
  const { cursor, survey } = parse;
  const temporary = cursor.accept('TEMPORARY');
  cursor.skipAny(MODIFIERS);
  const object = objectType(parse, 'DROP');
  if (temporary) {
    survey.classes.delete('ddl');
    survey.add('write');
  }
  cursor.accept('IF', 'EXISTS');
  if (object === 'TABLE' || object === 'VIEW' || object === 'SEQUENCE') {
    do parse.relation('write');
    while (cursor.accept(','));
  } else if (object === 'INDEX') {
    cursor.name();
    cursor.expect('ON');
    parse.relation('write');
  }
  rest(parse);
}

/** TRUNCATE; the verb is stepped over. */
export function truncate(parse: Parse): void {
  parse.called('TRUNCATE');
  parse.survey.add('ddl');
  parse.cursor.accept('TABLE');
  parse.relation('write');
  rest(parse);
}

/** RENAME TABLE a TO b, RENAME USER a TO b; the verb is stepped over. */
export function rename(parse: Parse): void {
  const { cursor, survey } = parse;
  if (cursor.accept('USER')) {
    parse.called('RENAME USER');
    survey.add('privilege');
    rest(parse);
    return;
  }
  if (!cursor.accept('TABLE')) cursor.expect('TABLES');
  parse.called('RENAME TABLE');
  survey.add('ddl');
  survey.copies = true; // masks go by names
  cursor.accept('IF', 'EXISTS');
  do {
    parse.relation('write');
    if (cursor.accept('WAIT')) cursor.at += 1;
    cursor.accept('NOWAIT');
    cursor.expect('TO');
    parse.relation('write');
  } while (cursor.accept(','));
}
