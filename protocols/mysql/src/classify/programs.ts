import { expression, expressions, group } from './expressions.ts';
import type { Parse } from './parse.ts';

const NO_STOPS: ReadonlySet<string> = new Set();
const THEN: ReadonlySet<string> = new Set(['THEN']);
const WHEN: ReadonlySet<string> = new Set(['WHEN']);
const DO: ReadonlySet<string> = new Set(['DO']);
const END: ReadonlySet<string> = new Set(['END']);
const BLOCK_WORDS: ReadonlySet<string> = new Set(['BEGIN', 'IF', 'CASE', 'WHILE', 'LOOP', 'REPEAT', 'FOR']);
/** Words at the start of a statement that end a list of them. */
const LIST_ENDS: ReadonlySet<string> = new Set(['END', 'ELSE', 'ELSEIF', 'UNTIL', 'WHEN', 'EXCEPTION']);

/** Whether a compound statement of MariaDB stands here, outside of a stored program. BEGIN alone begins a transaction. */
export function beginsBlock({ cursor }: Parse): boolean {
  const { word } = cursor;
  if (word === 'BEGIN') return cursor.ahead(1) === 'NOT';
  return (BLOCK_WORDS.has(word) && word !== 'BEGIN') || (cursor.kind === 'word' && cursor.ahead(1) === ':');
}

/** A statement of a stored program: a block, or any other. */
export function programStatement(parse: Parse): void {
  parse.cursor.deeper(() => {
    const { cursor } = parse;
    if (cursor.named && cursor.ahead(1) === ':') cursor.at += 2;
    if (BLOCK_WORDS.has(cursor.word)) block(parse);
    else simple(parse);
  });
}

function statements(parse: Parse): void {
  const { cursor } = parse;
  while (!LIST_ENDS.has(cursor.word)) {
    if (cursor.at >= cursor.tokens.count) cursor.fail();
    programStatement(parse);
    cursor.expect(';');
  }
}

function block(parse: Parse): void {
  const { cursor } = parse;
  const word = cursor.word;
  cursor.at += 1;
  switch (word) {
    case 'BEGIN':
      cursor.accept('NOT', 'ATOMIC');
      statements(parse);
      cursor.expect('END');
      break;
    case 'IF':
      branches(parse);
      cursor.expect('END', 'IF');
      break;
    case 'CASE':
      if (cursor.word !== 'WHEN') expression(parse, WHEN);
      if (cursor.word !== 'WHEN') cursor.fail();
      while (cursor.accept('WHEN')) branch(parse);
      if (cursor.accept('ELSE')) statements(parse);
      cursor.expect('END', 'CASE');
      break;
    case 'WHILE':
      expression(parse, DO);
      cursor.expect('DO');
      statements(parse);
      cursor.expect('END', 'WHILE');
      break;
    case 'LOOP':
      statements(parse);
      cursor.expect('END', 'LOOP');
      break;
    case 'REPEAT':
      statements(parse);
      cursor.expect('UNTIL');
      expression(parse, END);
      cursor.expect('END', 'REPEAT');
      break;
    default:
      cursor.fail(); // FOR loops of MariaDB
  }
  if (cursor.named && !LIST_ENDS.has(cursor.word)) cursor.at += 1; // the label again
}

function branches(parse: Parse): void {
  const { cursor } = parse;
  do branch(parse);
  while (cursor.accept('ELSEIF'));
  if (cursor.accept('ELSE')) statements(parse);
}

function branch(parse: Parse): void {
  expression(parse, THEN);
  parse.cursor.expect('THEN');
  statements(parse);
}

function simple(parse: Parse): void {
  const { cursor, survey } = parse;
  switch (cursor.word) {
    case 'DECLARE':
      cursor.at += 1;
      declaration(parse);
      return;
    case 'RETURN':
      cursor.at += 1;
      expression(parse, NO_STOPS);
      return;
    case 'LEAVE':
    case 'ITERATE':
    case 'OPEN':
    case 'CLOSE':
      cursor.at += 1;
      cursor.name();
      if (cursor.ahead(0) === '(') group(parse);
      return;
    case 'FETCH':
      survey.copies = true;
      while (!cursor.ended) cursor.at += 1;
      return;
    default:
      parse.within(() => parse.grammar.statement(parse));
  }
}

/** Variables, conditions, cursors and handlers. */
function declaration(parse: Parse): void {
  const { cursor, grammar } = parse;
  if ((cursor.word === 'CONTINUE' || cursor.word === 'EXIT' || cursor.word === 'UNDO') && cursor.ahead(1) === 'HANDLER') {
    cursor.at += 2;
    cursor.expect('FOR');
    handled(parse);
    programStatement(parse);
    return;
  }
  cursor.name();
  while (cursor.accept(',')) cursor.name();
  if (cursor.accept('CURSOR')) {
    if (cursor.word === '(') cursor.skipParentheses();
    cursor.expect('FOR');
    grammar.query(parse);
    return;
  }
  while (!cursor.ended && cursor.word !== 'DEFAULT') {
    if (cursor.word === '(') cursor.skipParentheses();
    else cursor.at += 1;
  }
  if (cursor.accept('DEFAULT')) expressions(parse, NO_STOPS);
}

/** The conditions of a handler: SQLSTATE '…', numbers, NOT FOUND, SQLWARNING, SQLEXCEPTION, names. */
function handled({ cursor }: Parse): void {
  do {
    if (cursor.kind === 'number') cursor.at += 1;
    else if (cursor.accept('SQLSTATE')) {
      cursor.accept('VALUE');
      cursor.at += 1;
    } else if (!cursor.accept('NOT', 'FOUND')) cursor.name();
  } while (cursor.accept(','));
}
