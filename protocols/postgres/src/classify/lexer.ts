/** What a token is. `space` is white space and comments; `symbol` is one character of punctuation or operator. */
export type TokenKind = 'space' | 'comment' | 'string' | 'number' | 'identifier' | 'word' | 'parameter' | 'symbol';

/** What else was noticed: reasons why this lexer's view of a text may differ from the server's. */
export interface Doubts {
  /** A literal that other text decides about, or something that does not end: two texts of one shape may differ. */
  shape: boolean;
  /** A backslash inside an ordinary '…' literal: standard_conforming_strings decides where it ends. */
  backslash: boolean;
  /** How deep comments stand within comments. */
  nesting: number;
}

const WORD_START = 1;
const DIGIT = 2;
const SPACE = 4;

/** Character classes of PostgreSQL's scan.l; everything beyond ASCII may stand in an identifier. */
const CLASSES = new Uint8Array(128);
for (const char of 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_') CLASSES[char.charCodeAt(0)] = WORD_START;
for (const char of '0123456789') CLASSES[char.charCodeAt(0)] = DIGIT;
for (const char of ' \t\n\r\f\v') CLASSES[char.charCodeAt(0)] = SPACE;

const classOf = (code: number): number => (code < 128 ? (CLASSES[code] as number) : WORD_START);
const QUOTE = 39;
const DOUBLE_QUOTE = 34;
const DOLLAR = 36;
const BACKSLASH = 92;
const DASH = 45;
const SLASH = 47;
const STAR = 42;
const DOT = 46;
const AMPERSAND = 38;
const NEWLINES = /[\n\r]/g;
const NUMBER =
  /(?:0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|(?:\d[\d_]*)?\.(?!\.)[\d_]*(?:[eE][+-]?\d[\d_]*)?|\d[\d_]*(?:[eE][+-]?\d[\d_]*)?)/y;
const DOLLAR_TAG = /\$(?:[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*)?\$/y;
const PARAMETER = /\$\d+/y;

/**
 * Walks over a text's tokens as PostgreSQL's lexer would cut them, without allocating for them.
 * https://github.com/postgres/postgres/blob/master/src/backend/parser/scan.l
 *
 * @param conforming standard_conforming_strings: a backslash in '…' is an ordinary character.
 * @param visit gets every token in order; together they are the whole text.
 */
export function lex(text: string, conforming: boolean, visit: (kind: TokenKind, start: number, end: number) => void): Doubts {
  const doubts: Doubts = { shape: false, backslash: false, nesting: 0 };
  let at = 0;
  let afterString = false;
  while (at < text.length) {
    const kind = kindAt(text, at);
    const end = tokenEnd(text, kind, at, conforming, doubts);
    if (kind !== 'space' && kind !== 'comment') {
      // Literals one after the other may be one literal or an error: line breaks decide.
      if (kind === 'string' && afterString) doubts.shape = true;
      afterString = kind === 'string';
    }
    visit(kind, at, end);
    at = end;
  }
  return doubts;
}

function tokenEnd(text: string, kind: TokenKind, start: number, conforming: boolean, doubts: Doubts): number {
  switch (kind) {
    case 'space':
      return spaceEnd(text, start);
    case 'comment':
      return commentEnd(text, start, doubts);
    case 'word':
      return wordEnd(text, start);
    case 'string':
      return stringEnd(text, start, conforming, doubts);
    case 'identifier':
      return quotedEnd(text, start, DOUBLE_QUOTE, false, doubts);
    case 'number': {
      const end = matchEnd(NUMBER, text, start);
      if (end < text.length && junkBehindNumber(text.charCodeAt(end))) doubts.shape = true;
      return end;
    }
    case 'parameter': {
      const end = matchEnd(PARAMETER, text, start);
      if (end < text.length && classOf(text.charCodeAt(end)) === WORD_START) doubts.shape = true;
      return end;
    }
    case 'symbol':
      if (oddSymbol(text.charCodeAt(start), text.charCodeAt(start + 1))) doubts.shape = true;
      return start + 1;
  }
}

function spaceEnd(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && classOf(text.charCodeAt(at)) === SPACE) at += 1;
  return at;
}

function junkBehindNumber(code: number): boolean {
  return code === DOLLAR || code === DOT || (classOf(code) & (WORD_START | DIGIT)) !== 0;
}

/** `$` that begins nothing, `..`, and a comment's end without its beginning: not SQL. */
function oddSymbol(code: number, next: number): boolean {
  return code === DOLLAR || (code === DOT && next === DOT) || (code === STAR && next === SLASH);
}

function kindAt(text: string, at: number): TokenKind {
  const code = text.charCodeAt(at);
  const next = text.charCodeAt(at + 1);
  switch (classOf(code)) {
    case SPACE:
      return 'space';
    case DIGIT:
      return 'number';
    case WORD_START:
      if (next === QUOTE && 'bBeEnNxX'.includes(text.charAt(at))) return 'string';
      if (next === AMPERSAND && (code | 32) === 117 /* u */ && text.charCodeAt(at + 2) === QUOTE) return 'string';
      return 'word';
  }
  if (code === QUOTE) return 'string';
  if (code === DOUBLE_QUOTE) return 'identifier';
  if ((code === DASH && next === DASH) || (code === SLASH && next === STAR)) return 'comment';
  if (code === DOT && classOf(next) === DIGIT) return 'number';
  if (code === DOLLAR) {
    if (classOf(next) === DIGIT) return 'parameter';
    DOLLAR_TAG.lastIndex = at;
    if (DOLLAR_TAG.test(text)) return 'string';
  }
  return 'symbol';
}

function matchEnd(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at + 1;
}

function wordEnd(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code !== DOLLAR && (classOf(code) & (WORD_START | DIGIT)) === 0) break;
    at += 1;
  }
  return at;
}

function commentEnd(text: string, start: number, doubts: Doubts): number {
  if (text.charCodeAt(start) === DASH) {
    NEWLINES.lastIndex = start;
    return NEWLINES.test(text) ? NEWLINES.lastIndex - 1 : text.length;
  }
  let depth = 1;
  let at = start + 2;
  while (at < text.length && depth > 0) {
    const code = text.charCodeAt(at);
    const next = text.charCodeAt(at + 1);
    if (code === SLASH && next === STAR) {
      depth += 1;
      if (depth > doubts.nesting) doubts.nesting = depth;
    } else if (code === STAR && next === SLASH) depth -= 1;
    else {
      at += 1;
      continue;
    }
    at += 2;
  }
  if (depth > 0) doubts.shape = true;
  return at;
}

function stringEnd(text: string, start: number, conforming: boolean, doubts: Doubts): number {
  const first = text.charCodeAt(start);
  if (first === DOLLAR) {
    DOLLAR_TAG.lastIndex = start;
    DOLLAR_TAG.test(text);
    const tag = text.slice(start, DOLLAR_TAG.lastIndex);
    const close = text.indexOf(tag, start + tag.length);
    if (close < 0) doubts.shape = true;
    return close < 0 ? text.length : close + tag.length;
  }
  const prefix = first === QUOTE ? '' : text.charAt(start).toLowerCase();
  if (prefix === 'u') doubts.shape = true; // a UESCAPE clause behind it has its say
  const quote = start + (prefix === '' ? 0 : prefix === 'u' ? 2 : 1);
  if (prefix === 'b' || prefix === 'x') return bitStringEnd(text, quote, doubts);
  return quotedEnd(text, quote, QUOTE, prefix === 'e' || !conforming, doubts, prefix !== 'e');
}

/** B'…' and X'…' know no doubled quote: it ends them. */
function bitStringEnd(text: string, quote: number, doubts: Doubts): number {
  const end = text.indexOf("'", quote + 1);
  if (end < 0) doubts.shape = true;
  return end < 0 ? text.length : end + 1;
}

/** @param watched note a backslash: it means one thing or another. */
function quotedEnd(text: string, start: number, quote: number, escapes: boolean, doubts: Doubts, watched = false): number {
  let at = start + 1;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH && watched) doubts.backslash = true;
    if (code === BACKSLASH && escapes) at += 2;
    else if (code !== quote) at += 1;
    else if (text.charCodeAt(at + 1) === quote) at += 2;
    else return at + 1;
  }
  doubts.shape = true;
  return text.length;
}
