import type { OutputRef } from './analysis.ts';
import { expression, expressions, group } from './expressions.ts';
import { noUses, type Parse, type QueryShape } from './parse.ts';
import { tableReferences } from './tables.ts';
import { CLAUSE_STOPS, ITEM_STOPS, QUERY_STARTS, SET_OPERATORS } from './words.ts';

const SELECT_OPTIONS: ReadonlySet<string> = new Set(
  `ALL DISTINCT DISTINCTROW HIGH_PRIORITY STRAIGHT_JOIN SQL_SMALL_RESULT SQL_BIG_RESULT SQL_BUFFER_RESULT SQL_CACHE SQL_NO_CACHE
  SQL_CALC_FOUND_ROWS`.split(/\s+/),
);
const FILE_WORDS: ReadonlySet<string> = new Set(
  'FIELDS COLUMNS TERMINATED OPTIONALLY ENCLOSED ESCAPED BY LINES STARTING CHARACTER CHARSET SET'.split(' '),
);
const ROW_LOCKS: ReadonlySet<string> = new Set(['NOWAIT', 'SKIP', 'LOCKED', 'WAIT']);
const BEHIND_ITEM: ReadonlySet<string> = ITEM_STOPS;

/** A query: SELECT, TABLE, VALUES, a parenthesis, with or without WITH and set operators. */
export function query(parse: Parse): QueryShape {
  return parse.cursor.deeper(() => {
    const { queries } = parse;
    const named = parse.cursor.word === 'WITH';
    if (named) withQueries(parse);
    const shape = operands(parse);
    parse.queries = queries;
    return named ? { ...shape, flat: false } : shape;
  });
}

/** WITH and its queries; the cursor is left before what they are for. */
export function withQueries(parse: Parse): void {
  const { cursor } = parse;
  cursor.expect('WITH');
  const recursive = cursor.accept('RECURSIVE');
  do {
    const name = cursor.name();
    parse.survey.aliases.add(name.toLowerCase());
    const outer = parse.queries;
    const seen = new Set([...outer, name]);
    if (cursor.word === '(') cursor.skipParentheses();
    cursor.expect('AS', '(');
    if (recursive) parse.queries = seen;
    query(parse);
    cursor.expect(')');
    parse.queries = seen;
    if (cursor.accept('CYCLE')) {
      while (!cursor.accept('RESTRICT')) if (!cursor.accept(',')) cursor.name();
    }
  } while (cursor.accept(','));
}

function operands(parse: Parse): QueryShape {
  const { cursor } = parse;
  let shape = operand(parse);
  while (SET_OPERATORS.has(cursor.word)) {
    shape = { flat: false };
    nextOperand(parse);
  }
  tail(parse);
  return shape;
}

function nextOperand(parse: Parse): void {
  const { cursor } = parse;
  cursor.at += 1;
  if (!cursor.accept('ALL')) cursor.accept('DISTINCT');
  operand(parse);
}

/** What follows a parenthesis that turned out to be a query. */
export function queryRest(parse: Parse): void {
  while (SET_OPERATORS.has(parse.cursor.word)) nextOperand(parse);
  tail(parse);
}

function operand(parse: Parse): QueryShape {
  const { cursor } = parse;
  if (cursor.accept('(')) {
    const shape = query(parse);
    cursor.expect(')');
    return shape;
  }
  if (cursor.accept('SELECT')) return select(parse);
  if (cursor.accept('TABLE')) {
    parse.relation('read');
    return { outputs: [{ kind: 'star' }], flat: true };
  }
  cursor.expect('VALUES');
  do {
    cursor.accept('ROW');
    group(parse);
  } while (cursor.accept(','));
  return { flat: false };
}

function select(parse: Parse): QueryShape {
  const { cursor } = parse;
  cursor.skipAny(SELECT_OPTIONS);
  const outputs = items(parse);
  if (cursor.word === 'INTO') into(parse);
  let flat = true;
  if (cursor.accept('FROM')) flat = tableReferences(parse).plain;
  const where = parse.whereOf(() => tail(parse));
  return { outputs, flat, ...(where && { where }) };
}

/** A select list, or that of RETURNING. */
export function items(parse: Parse): OutputRef[] {
  const outputs: OutputRef[] = [];
  do {
    outputs.push(item(parse));
    if (parse.cursor.accept('AS')) parse.cursor.at += 1; // a name or a literal
  } while (parse.cursor.accept(','));
  return outputs;
}

function item(parse: Parse): OutputRef {
  const { cursor, survey } = parse;
  const first = cursor.at;
  if (cursor.accept('*')) {
    survey.reads += 1;
    if (cursor.word !== ',' && !BEHIND_ITEM.has(cursor.word) && cursor.word !== ')' && !cursor.ended) cursor.fail();
    return { kind: 'star' };
  }
  const uses = noUses();
  expression(parse, ITEM_STOPS, uses);
  if (cursor.at === first) cursor.fail();
  if (cursor.wordAt(cursor.at - 1) === '*' && cursor.wordAt(cursor.at - 2) === '.') return { kind: 'star' };
  if (countsRows(parse, first)) return { kind: 'count' };
  if (!uses.computed) return { kind: 'constant' };
  return { kind: 'expression', columns: [...new Set(uses.columns.map(({ name }) => name))], opaque: uses.opaque };
}

/** Exactly COUNT(*), with or without an alias. */
function countsRows({ cursor }: Parse, first: number): boolean {
  const exact = ['COUNT', '(', '*', ')'].every((word, i) => cursor.wordAt(first + i) === word);
  const adjoined = cursor.tokens.end(first) === cursor.tokens.start(first + 1);
  const rest = cursor.at - first - 4;
  const alias = rest === 1 && cursor.tokens.kind(cursor.at - 1) !== 'symbol';
  return exact && adjoined && (rest === 0 || alias);
}

/** The clauses behind FROM, in whatever order: the server minds that. */
function tail(parse: Parse): void {
  const { cursor } = parse;
  while (clause(parse));
  if (cursor.word === 'PROCEDURE') cursor.fail();
}

function clause(parse: Parse): boolean {
  const { cursor } = parse;
  switch (cursor.word) {
    case 'WHERE': {
      cursor.at += 1;
      const start = cursor.at;
      expression(parse, CLAUSE_STOPS);
      parse.where = [start, cursor.at];
      return true;
    }
    case 'HAVING':
    case 'LIMIT':
      cursor.at += 1;
      expressions(parse, CLAUSE_STOPS);
      return true;
    case 'GROUP':
    case 'ORDER':
      cursor.at += 1;
      cursor.expect('BY');
      expressions(parse, SORT_STOPS);
      if (cursor.accept('WITH')) cursor.expect('ROLLUP');
      return true;
    case 'WINDOW':
      cursor.at += 1;
      do {
        cursor.name();
        cursor.expect('AS');
        group(parse);
      } while (cursor.accept(','));
      return true;
    case 'FETCH':
      cursor.at += 1;
      while (cursor.named || cursor.kind === 'number' || cursor.kind === 'parameter') cursor.at += 1;
      return true;
    case 'INTO':
      into(parse);
      return true;
    case 'FOR':
      cursor.at += 1;
      if (!cursor.accept('UPDATE')) cursor.expect('SHARE');
      rowLock(parse);
      return true;
    case 'LOCK':
      cursor.expect('LOCK', 'IN', 'SHARE', 'MODE');
      rowLock(parse);
      return true;
    default:
      return false;
  }
}

const SORT_STOPS: ReadonlySet<string> = new Set([...CLAUSE_STOPS, 'WITH']);

function rowLock(parse: Parse): void {
  const { cursor } = parse;
  parse.survey.add('write');
  if (cursor.accept('OF')) {
    do parse.ref();
    while (cursor.accept(','));
  }
  while (cursor.acceptAny(ROW_LOCKS) !== '') if (cursor.kind === 'number') cursor.at += 1;
}

/** INTO OUTFILE, DUMPFILE or variables: values go where no mask is. */
function into(parse: Parse): void {
  const { cursor, survey } = parse;
  cursor.expect('INTO');
  survey.copies = true;
  if (cursor.accept('DUMPFILE') || cursor.accept('OUTFILE')) {
    survey.add('admin');
    survey.reason ??= 'INTO OUTFILE and INTO DUMPFILE write a file on the server.';
    if (cursor.kind !== 'string') cursor.fail();
    while (cursor.kind === 'string' || FILE_WORDS.has(cursor.word) || cursor.named) {
      if (CLAUSE_STOPS.has(cursor.word)) return;
      cursor.at += 1;
    }
    return;
  }
  survey.add('session');
  do {
    if (cursor.kind === 'variable') cursor.at += 1;
    else parse.ref(); // a variable of a stored program
  } while (cursor.accept(','));
}

/** Whether a query begins here, perhaps behind parentheses. */
export function beginsQuery({ cursor }: Parse): boolean {
  let ahead = 0;
  while (cursor.ahead(ahead) === '(') ahead += 1;
  const word = cursor.ahead(ahead);
  return QUERY_STARTS.has(word) && (ahead > 0 || word !== 'TABLE' || cursor.tokens.kind(cursor.at + 1) !== undefined);
}
