import { expression } from './expressions.ts';
import type { Parse } from './parse.ts';
import { QUERY_STARTS } from './words.ts';

const MODIFYING: ReadonlySet<string> = new Set(['INSERT', 'REPLACE', 'UPDATE', 'DELETE']);

/**
 * EXPLAIN, DESCRIBE and DESC, of a statement, a table or a connection; the verb is stepped over.
 *
 * @param analyzes ANALYZE was stepped over
 */
export function explain(parse: Parse, analyzes = false): void {
  const { cursor, survey } = parse;
  parse.called(analyzes ? 'ANALYZE' : 'EXPLAIN');
  let runs = analyzes;
  for (;;) {
    if (cursor.word === 'FORMAT' && cursor.ahead(1) === '=') cursor.at += 3;
    else if (cursor.word === 'ANALYZE' && continues(parse)) {
      runs = true;
      cursor.at += 1;
    } else if ((cursor.word === 'EXTENDED' || cursor.word === 'PARTITIONS') && continues(parse)) cursor.at += 1;
    else if (cursor.word === 'INTO' && cursor.tokens.kind(cursor.at + 1) === 'variable') {
      survey.add('session');
      cursor.at += 2;
    } else if (cursor.accept('FOR', 'SCHEMA') || cursor.accept('FOR', 'DATABASE')) cursor.fail();
    else break;
  }
  if (cursor.accept('FOR', 'CONNECTION')) {
    survey.add('read');
    survey.collected = true;
    expression(parse);
  } else if (cursor.word === '(' || QUERY_STARTS.has(cursor.word) || MODIFYING.has(cursor.word)) explained(parse, runs);
  else described(parse);
}

/** Not the name of a table to describe. */
function continues({ cursor }: Parse): boolean {
  return cursor.tokens.kind(cursor.at + 1) === 'word' || cursor.ahead(1) === '(';
}

/** Planning calls functions too, so that what is unknown stays so. */
function explained(parse: Parse, runs: boolean): void {
  const { survey } = parse;
  const found = parse.apart(() => parse.within(() => parse.grammar.statement(parse)));
  survey.absorb(found);
  const effects = [...found.classes].filter((one) => one !== 'read');
  survey.add(...(runs && effects.length > 0 ? effects : (['read'] as const)));
  if (found.classes.has('unknown')) survey.add('unknown');
  if (found.classes.has('admin')) survey.add('admin'); // functions that read files
  if (!runs) return;
  for (const verb of found.verbs) survey.verbs.add(verb);
  survey.unfiltered ||= found.unfiltered;
  survey.copies ||= found.copies;
}

function described(parse: Parse): void {
  const { cursor, survey } = parse;
  survey.add('read');
  survey.describes = true;
  parse.relation('read');
  if (cursor.named || cursor.kind === 'string') cursor.at += 1; // a column
}

/** What of SHOW tells of others' statements and data, or of errors that quote values. */
const COLLECTED: ReadonlySet<string> = new Set(
  'PROCESSLIST ENGINE BINLOG RELAYLOG WARNINGS ERRORS PROFILE PROFILES EXPLAIN ANALYZE USER SLAVE REPLICA SLAVES REPLICAS QUERY_RESPONSE_TIME'.split(
    ' ',
  ),
);
const TABLE_PARTS: ReadonlySet<string> = new Set(['COLUMNS', 'FIELDS', 'INDEX', 'INDEXES', 'KEYS']);

/** SHOW; the verb is stepped over. */
export function show(parse: Parse): void {
  const { cursor, survey } = parse;
  parse.called('SHOW');
  survey.add('read');
  const created = cursor.word === 'CREATE';
  let queries = false;
  while (!cursor.ended && cursor.word !== 'WHERE') {
    const { word } = cursor;
    if (word === 'SELECT') {
      queries = true;
      parse.grammar.query(parse);
    } else if (TABLE_PARTS.has(word) && (cursor.ahead(1) === 'FROM' || cursor.ahead(1) === 'IN')) ofTable(parse);
    else if (created && ['TABLE', 'VIEW', 'SEQUENCE'].includes(word) && cursor.ahead(-1) === 'CREATE') {
      cursor.at += 1;
      parse.relation('read');
    } else {
      if (COLLECTED.has(word)) survey.collected = true;
      cursor.at += 1;
    }
  }
  const named = survey.relations.size;
  if (cursor.accept('WHERE')) expression(parse);
  survey.describes = !survey.collected && !survey.opaque && survey.relations.size === named && !queries;
}

/** SHOW COLUMNS FROM t FROM s */
function ofTable(parse: Parse): void {
  const { cursor, survey } = parse;
  cursor.at += 2;
  const ref = parse.ref();
  if (!cursor.accept('FROM') && !cursor.accept('IN')) survey.relation(ref, 'read');
  else survey.relation({ schema: cursor.name(), name: ref.name }, 'read');
}
