import type { ParserSettings } from './analysis.ts';
import { refuse } from './refusal.ts';
import { type Reading, versionComment } from './version-comments.ts';

/**
 * What a token is.
 * - `word`: an identifier without quotes that may be a keyword.  - `name`: one that is none, by its quotes or its place.
 * - `variable`: `@x`, `@'x'`; also the host of `user@host`.  - `mark`: the two ends of a version comment that is code.
 */
export type TokenKind = 'space' | 'comment' | 'mark' | 'word' | 'name' | 'string' | 'number' | 'variable' | 'parameter' | 'symbol';

/** How a text is to be cut. */
export interface Cutting {
  readonly settings: Pick<ParserSettings, 'family' | 'sqlMode' | 'characterSet'>;
  readonly reading: Reading;
}

const WORD = 1;
const DIGIT = 2;
const SPACE = 4;
const CLASSES = new Uint8Array(128);
for (const char of 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_$') CLASSES[char.charCodeAt(0)] = WORD;
for (const char of '0123456789') CLASSES[char.charCodeAt(0)] = DIGIT;
for (const char of ' \t\n\r\f\v') CLASSES[char.charCodeAt(0)] = SPACE;

/** Every byte of a character beyond ASCII is beyond ASCII in these: no quote or backslash hides in one. */
const READABLE_SETS: ReadonlySet<string> = new Set(['utf8', 'utf8mb3', 'utf8mb4', 'latin1', 'ascii', 'binary']);
/** Modes of MariaDB with a grammar of their own. */
const FOREIGN_MODES: ReadonlySet<string> = new Set(['ORACLE', 'MSSQL', 'DB2', 'MAXDB', 'POSTGRESQL']);

const SYMBOLS = /<=>|->>|:=|->|<=|>=|<>|!=|<<|>>|\|\||&&|@@|[-+*/%=<>!~^&|(),;.:{}]/y;
const HEX_OR_BITS = /0x[0-9a-fA-F]+|0b[01]+/y;
const FLOAT = /(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y;
const HEX_STRING = /[xX]'(?:[0-9a-fA-F]{2})*'/y;
const BIT_STRING = /[bB]'[01]*'/y;
const HOST = /@[A-Za-z0-9._$]*/y;

/** Whether the character set can be cut at all; a sentence if not. */
export function unreadableSettings({ characterSet, sqlMode }: Cutting['settings']): string | undefined {
  if (!READABLE_SETS.has(characterSet)) {
    return `SQL in the character set ${characterSet.replace(/\W/g, '')} cannot be judged: use SET NAMES utf8mb4.`;
  }
  const foreign = sqlMode && [...sqlMode].find((mode) => FOREIGN_MODES.has(mode));
  return foreign === undefined ? undefined : `SQL in sql_mode ${foreign} cannot be judged: leave that mode out.`;
}

type Visit = (kind: TokenKind, start: number, end: number) => void;

/**
 * Walks over a text's tokens as the server's lexer would cut them. Linear in time, without allocating for them.
 * https://github.com/MariaDB/server/blob/10.11/sql/sql_lex.cc, https://github.com/mysql/mysql-server/blob/8.0/sql/sql_lex.cc
 *
 * @param visit gets every token in order; together they are the whole text
 * @throws Refusal where the server's view of the text may be another one
 */
export function lex(text: string, cutting: Cutting, visit: Visit): void {
  new Lexer(text, cutting).run(visit);
}

class Lexer {
  readonly #text: string;
  readonly #settings: Cutting['settings'];
  readonly #reading: Reading;
  readonly #wide: boolean;
  /** Where the version comment ends whose content is being read as code. */
  #codeEnd: number | undefined;
  /** An identifier ends here: a dot and digits behind it are no number. */
  #identifierEnd = -1;
  /** A dot ends here: what follows at once is no keyword. */
  #dotEnd = -1;
  #kind: TokenKind = 'symbol';

  constructor(text: string, { settings, reading }: Cutting) {
    this.#text = text;
    this.#settings = settings;
    this.#reading = reading;
    this.#wide = settings.characterSet.startsWith('utf8');
  }

  run(visit: Visit): void {
    const zeros = this.#text.includes('\0');
    let at = 0;
    while (at < this.#text.length) {
      const end = this.#token(at);
      if (this.#kind === 'word' || this.#kind === 'name') this.#identifierEnd = end;
      if (this.#kind === 'symbol') this.#dotEnd = end - at === 1 && this.#text[at] === '.' ? end : -1;
      // Drivers send bytes as they are within quotes; elsewhere a server's lexer may take a zero for the end.
      if (zeros && this.#kind !== 'string' && this.#text.slice(at, end).includes('\0')) {
        refuse('The statement contains a zero byte outside a literal.');
      }
      visit(this.#kind, at, end);
      at = end;
    }
    if (this.#codeEnd !== undefined) refuse('A comment has no end.');
  }

  /** Sets the kind of the token at `at`. @returns its end */
  #token(at: number): number {
    const text = this.#text;
    const code = text.charCodeAt(at);
    const next = text.charCodeAt(at + 1);
    const kind = this.#classOf(code);
    if (kind === SPACE) return this.#space(at);
    if (kind === DIGIT) return this.#number(at);
    if (kind === WORD) return this.#word(at, next);
    return this.#sign(at, next);
  }

  #sign(at: number, next: number): number {
    const text = this.#text;
    switch (text.charAt(at)) {
      case "'":
        return this.#as('string', this.#stringEnd(at));
      case '"':
        return this.#doubleQuoted(at);
      case '`':
        return this.#as('name', this.#nameEnd(at));
      case '#':
        return this.#as('comment', this.#lineEnd(at));
      case '?':
        return this.#as('parameter', at + 1);
      case '@':
        return this.#variable(at, next);
      case '\\':
        if (next === 0x4e /* N */) return this.#as('word', at + 2);
        break;
      case '.':
        if (isDigit(next) && this.#identifierEnd !== at) return this.#number(at);
        break;
      case '-':
        if (next === 0x2d && this.#beginsComment(at)) return this.#as('comment', this.#lineEnd(at));
        break;
      case '/':
        if (next === 0x2a) return this.#comment(at);
        break;
      case '*':
        if (next === 0x2f && this.#codeEnd !== undefined) return this.#leaveCode(at);
    }
    return this.#as('symbol', matchEnd(SYMBOLS, text, at) ?? refuse('The text has a character that SQL does not have.'));
  }

  #as(kind: TokenKind, end: number): number {
    this.#kind = kind;
    return end;
  }

  #classOf(code: number): number {
    if (code < 128) return CLASSES[code] as number;
    return this.#foreign(code);
  }

  /** Beyond ASCII the character set says what may stand in an identifier; what it says of the rest is not trusted. */
  #foreign(code: number): number {
    const inName = this.#wide
      ? (code < 0xd800 || code > 0xdfff) && code !== 0xfffd
      : this.#settings.characterSet === 'latin1' && code >= 0xc0 && code <= 0xff && code !== 0xd7 && code !== 0xf7;
    return inName ? WORD : refuse('The text has a character outside quotes that cannot be read safely.');
  }

  #inIdentifier(at: number): boolean {
    return at < this.#text.length && (this.#classOf(this.#text.charCodeAt(at)) & (WORD | DIGIT)) !== 0;
  }

  #space(start: number): number {
    let at = start + 1;
    while (at < this.#text.length && CLASSES[this.#text.charCodeAt(at)] === SPACE) at += 1;
    return this.#as('space', at);
  }

  #identifierStop(start: number): number {
    let at = start;
    while (this.#inIdentifier(at)) at += 1;
    return at;
  }

  #word(start: number, next: number): number {
    const text = this.#text;
    if (next === 0x27 /* ' */) {
      const prefix = text.charAt(start).toLowerCase();
      if (prefix === 'n') return this.#as('string', this.#stringEnd(start + 1));
      if (prefix === 'x' || prefix === 'b') {
        const end = matchEnd(prefix === 'x' ? HEX_STRING : BIT_STRING, text, start);
        return this.#as('string', end ?? refuse('A hexadecimal or bit literal is malformed.'));
      }
    }
    // MySQL 9 has literals between dollar signs.
    if (text[start] === '$') refuse('A name that begins with a dollar sign cannot be read safely: quote it.');
    const end = this.#identifierStop(start);
    const qualifies = text[end] === '.' && this.#inIdentifier(end + 1);
    return this.#as(qualifies || this.#dotEnd === start ? 'name' : 'word', end);
  }

  #number(start: number): number {
    const text = this.#text;
    if (this.#dotEnd === start && this.#identifierEnd === start - 1) return this.#as('name', this.#identifierStop(start));
    const special = matchEnd(HEX_OR_BITS, text, start);
    if (special !== undefined && !this.#inIdentifier(special)) return this.#as('number', special);
    const end = matchEnd(FLOAT, text, start) ?? start + 1;
    if (!this.#inIdentifier(end) && text[end] !== '.') return this.#as('number', end);
    // Digits that run into letters are an identifier; anything else does so at the server's whim.
    if (/^\d+$/.test(text.slice(start, end)) && text[end] !== '.') return this.#as('name', this.#identifierStop(start));
    return refuse('A number runs into what follows it: put a space between them.');
  }

  /** @param start of the quote */
  #stringEnd(start: number): number {
    const text = this.#text;
    const quote = text.charCodeAt(start);
    const mode = this.#settings.sqlMode;
    const escapes = mode?.has('NO_BACKSLASH_ESCAPES') !== true;
    let at = start + 1;
    while (at < text.length) {
      const code = text.charCodeAt(at);
      if (code === 0x5c /* \ */ && mode === undefined) refuse('A backslash in a literal is ambiguous while sql_mode is not known.');
      if (code === 0x5c && escapes) at += 2;
      else if (code !== quote) at += 1;
      else if (text.charCodeAt(at + 1) === quote) at += 2;
      else return at + 1;
    }
    return refuse('A literal has no end.');
  }

  #doubleQuoted(start: number): number {
    const mode = this.#settings.sqlMode;
    if (mode === undefined) refuse("Double quotes are ambiguous while sql_mode is not known: use '…' and `…`.");
    if (mode.has('ANSI_QUOTES')) return this.#as('name', this.#nameEnd(start));
    return this.#as('string', this.#stringEnd(start));
  }

  #nameEnd(start: number): number {
    const text = this.#text;
    const quote = text.charAt(start);
    let at = text.indexOf(quote, start + 1);
    while (at >= 0 && text[at + 1] === quote) at = text.indexOf(quote, at + 2);
    if (at < 0) refuse('A quoted name has no end.');
    if (text.slice(start, at).includes('\ufffd')) refuse('A quoted name is not valid in its character set.');
    return at + 1;
  }

  #variable(start: number, next: number): number {
    if (next === 0x40 /* @ */) return this.#as('symbol', start + 2);
    if (next === 0x27) return this.#as('variable', this.#stringEnd(start + 1));
    if (next === 0x60) return this.#as('variable', this.#nameEnd(start + 1));
    if (next === 0x22) return this.#as('variable', this.#doubleQuoted(start + 1));
    const end = matchEnd(HOST, this.#text, start) ?? start + 1;
    if (end === start + 1) refuse('An @ must be followed by a name.');
    return this.#as('variable', end);
  }

  #beginsComment(at: number): boolean {
    if (at + 2 >= this.#text.length) return true;
    const code = this.#text.charCodeAt(at + 2);
    if (code >= 128 && !this.#wide) refuse('The text has a character outside quotes that cannot be read safely.');
    return code <= 0x20 || code === 0x7f;
  }

  #lineEnd(at: number): number {
    const end = this.#text.indexOf('\n', at);
    if (this.#codeEnd !== undefined && (end < 0 || end >= this.#codeEnd)) refuse('A comment runs over the end of a version comment.');
    return end < 0 ? this.#text.length : end;
  }

  #comment(start: number): number {
    const text = this.#text;
    const conditional = versionComment(text, start, this.#settings.family);
    if (conditional === undefined) {
      const end = text.indexOf('*/', start + 2);
      if (end < 0) refuse('A comment has no end.');
      // Quotes in optimizer hints may hide the end, and SET_VAR sets variables.
      if (text[start + 2] === '+' && /['"`]|set_var/i.test(text.slice(start, end))) refuse('An optimizer hint is not understood: use SET.');
      return this.#as('comment', end + 2);
    }
    if (this.#codeEnd !== undefined) refuse('A version comment stands within another.');
    if (!this.#reading(conditional)) return this.#as('comment', conditional.end);
    this.#codeEnd = conditional.end;
    return this.#as('mark', conditional.content);
  }

  #leaveCode(at: number): number {
    if (at + 2 !== this.#codeEnd) refuse('Servers disagree about where a version comment ends.');
    this.#codeEnd = undefined;
    return this.#as('mark', at + 2);
  }
}

const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;

function matchEnd(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}
