import { lex, type TokenKind } from './lexer.ts';

/** A text's literal-free form and how far it can be trusted to stand for the text. */
export interface Shape {
  /** String literals as `'?'`, numbers as `0` or `0.0`, comments gone, white space folded. */
  readonly shape: string;
  /** Two texts of this shape have the same tokens but for the values of literals. */
  readonly certain: boolean;
  /** standard_conforming_strings decides where a literal of it ends. */
  readonly backslash: boolean;
}

const LARGEST_PLAIN_INTEGER_DIGITS = 9;

/**
 * Folds a text into its shape. Placeholders cannot be mistaken for what was written: no quote
 * survives outside them, and a digit begins a token only where a number stood.
 */
export function shapeOf(text: string, conforming: boolean): Shape {
  let shape = '';
  let gap = false;
  let previous: TokenKind = 'symbol';
  let escapedIdentifier = false;
  const doubts = lex(text, conforming, (kind, start, end) => {
    if (kind === 'space' || kind === 'comment') {
      gap = true;
      return;
    }
    // No placeholder may run into what stands before it: u& and a literal would be another kind of literal.
    const literal = kind === 'string' || kind === 'number';
    const touching = literal && (previous === 'word' || previous === 'number' || previous === 'parameter' || text[start] === '$');
    if (shape !== '' && (gap || touching)) shape += ' ';
    gap = false;
    previous = kind;
    if (kind === 'string') shape += stringPlaceholder(text, start);
    else if (kind === 'number') shape += /^\d+$/.test(text.slice(start, end)) && end - start <= LARGEST_PLAIN_INTEGER_DIGITS ? '0' : '0.0';
    else shape += text.slice(start, end);
    // U&"…": the UESCAPE literal behind it decides what the identifier is.
    if (kind === 'word' && end - start === 1 && (text[start] === 'U' || text[start] === 'u') && text.startsWith('&"', end))
      escapedIdentifier = true;
  });
  return { shape, certain: !doubts.shape && !escapedIdentifier, backslash: doubts.backslash };
}

/** What stands in place of the literal that begins there. */
export function stringPlaceholder(text: string, start: number): string {
  const first = text.charAt(start);
  if (first === "'" || first === '$') return "'?'";
  return `${first.toUpperCase()}${first === 'u' || first === 'U' ? '&' : ''}'?'`;
}

/** The text inside the first parentheses of a statement: the query of COPY (query) TO … */
export function insideParentheses(text: string): string | undefined {
  let depth = 0;
  let from: number | undefined;
  let inner: string | undefined;
  lex(text, true, (kind, start) => {
    if (kind !== 'symbol' || inner !== undefined) return;
    if (text[start] === '(') {
      depth += 1;
      from ??= start + 1;
    } else if (text[start] === ')') {
      depth -= 1;
      if (depth === 0 && from !== undefined) inner = text.slice(from, start);
    }
  });
  return inner;
}

/** The text behind the first AS outside parentheses: the statement of PREPARE name (types) AS … */
export function behindAs(text: string): string | undefined {
  let depth = 0;
  let inner: string | undefined;
  lex(text, true, (kind, start, end) => {
    if (inner !== undefined) return;
    if (kind === 'symbol') depth += text[start] === '(' ? 1 : text[start] === ')' ? -1 : 0;
    else if (kind === 'word' && depth === 0 && /^as$/i.test(text.slice(start, end))) inner = text.slice(end).trim();
  });
  return inner;
}
