import { lex } from './lexer.ts';

/** The server's own lexer takes quadratic time for comments within comments. */
const COMMENT_DEPTH = 1_000;
const STATEMENTS = 10_000;
/** Operators between two commas, each of which may nest the tree one level deeper. */
const OPERATORS = 10_000;

const COMMA = 44;
const SEMICOLON = 59;
/** What PostgreSQL makes operators of, and the signs of casts and subscripts. */
const OPERATOR_SIGNS: ReadonlySet<number> = new Set(Array.from('+-*/<>=~!@#%^&|`?:[', (sign) => sign.charCodeAt(0)));

/**
 * Why a text would keep the parser busy out of proportion to its length; undefined for what it can be
 * given. It is lexed here first, in one pass.
 */
export function complexity(text: string): string | undefined {
  let statements = 1;
  let operators = 0;
  let most = 0;
  let operatorEnd = -1;
  const { nesting } = lex(text, true, (kind, start, end) => {
    if (kind !== 'symbol') return;
    const sign = text.charCodeAt(start);
    if (sign === SEMICOLON) statements += 1;
    if (sign === SEMICOLON || sign === COMMA) operators = 0;
    else if (OPERATOR_SIGNS.has(sign)) {
      if (start !== operatorEnd) operators += 1;
      operatorEnd = end;
      most = Math.max(most, operators);
    }
  });
  if (nesting > COMMENT_DEPTH) return `The statement has comments within comments, more than ${COMMENT_DEPTH} deep.`;
  if (statements > STATEMENTS) return `The text has more than ${STATEMENTS} statements: send it in smaller parts.`;
  if (most > OPERATORS) return `The statement has an expression of more than ${OPERATORS} operators.`;
  return undefined;
}
