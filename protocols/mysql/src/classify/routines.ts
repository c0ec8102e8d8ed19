import { group } from './expressions.ts';
import type { Parse } from './parse.ts';
import { programStatement } from './programs.ts';

const CHARACTERISTIC_WORDS: ReadonlySet<string> = new Set(
  'COMMENT LANGUAGE SQL NOT DETERMINISTIC CONTAINS NO READS MODIFIES DATA SECURITY DEFINER INVOKER AGGREGATE NONE'.split(' '),
);
const TYPE_WORDS: ReadonlySet<string> = new Set(
  'UNSIGNED SIGNED ZEROFILL BINARY CHARSET CHARACTER SET COLLATE ASCII UNICODE BYTE'.split(' '),
);

/** CREATE FUNCTION and PROCEDURE; both words are stepped over. */
export function routine(parse: Parse, object: string): void {
  const { cursor, survey } = parse;
  parse.ref();
  if (object === 'FUNCTION' && cursor.word === 'RETURNS' && loads(parse)) {
    survey.add('admin');
    survey.reason ??= 'The function is loaded from a library file on the server.';
    while (!cursor.ended) cursor.at += 1;
    return;
  }
  cursor.skipParentheses();
  if (cursor.accept('RETURNS')) returnType(parse);
  while (CHARACTERISTIC_WORDS.has(cursor.word) || cursor.kind === 'string') {
    if (cursor.word === 'LANGUAGE' && cursor.ahead(1) !== 'SQL') cursor.fail();
    cursor.at += 1;
  }
  body(parse);
}

/** CREATE FUNCTION f RETURNS t SONAME '…' */
function loads({ cursor }: Parse): boolean {
  for (let ahead = 1; ahead <= 3; ahead += 1) if (cursor.ahead(ahead) === 'SONAME') return true;
  return false;
}

function returnType({ cursor }: Parse): void {
  cursor.name();
  if (cursor.word === 'PRECISION' || cursor.word === 'VARYING') cursor.at += 1;
  if (cursor.word === '(') cursor.skipParentheses();
  while (TYPE_WORDS.has(cursor.word)) {
    const named = cursor.word === 'SET' || cursor.word === 'CHARSET' || cursor.word === 'COLLATE';
    cursor.at += named ? 2 : 1;
  }
}

/** CREATE TRIGGER; both words are stepped over. */
export function trigger(parse: Parse): void {
  const { cursor } = parse;
  parse.ref();
  while (cursor.word !== 'ON') {
    if (cursor.ended) cursor.fail();
    cursor.at += 1;
  }
  cursor.expect('ON');
  parse.relation('write');
  cursor.expect('FOR', 'EACH', 'ROW');
  if (cursor.accept('FOLLOWS') || cursor.accept('PRECEDES')) cursor.name();
  body(parse);
}

/** What CREATE EVENT and ALTER EVENT say behind the name. */
export function event(parse: Parse): void {
  const { cursor } = parse;
  while (!cursor.ended && cursor.word !== 'DO') {
    if (cursor.word === '(') group(parse);
    else if (cursor.word === 'SELECT') cursor.fail();
    else cursor.at += 1;
  }
  if (cursor.accept('DO')) body(parse);
}

/** What it defines will run without being asked again: it counts as done. */
function body(parse: Parse): void {
  parse.survey.copies = true;
  parse.within(() => programStatement(parse));
}
