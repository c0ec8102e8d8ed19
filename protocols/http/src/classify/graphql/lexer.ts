import { ProtocolError } from '@sallyport/core';

/** https://spec.graphql.org/September2025/#sec-Appendix-Grammar-Summary.Lexical-Tokens */
export interface Token {
  readonly type: 'punctuator' | 'name' | 'number' | 'string' | 'end';
  /** A string's is not needed, and empty. */
  readonly text: string;
}

/** More than any document that people or generators write. */
const TOKENS = 20_000;

const IGNORED = /(?:[\t ,\ufeff]|\r?\n|#[^\r\n\0-\x08\x0b-\x1f\x7f\x85\u2028\u2029]*(?=\r?\n|$))*/y;
const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?![0-9A-Za-z_.])/y;
const PUNCTUATOR = /\.\.\.|[!$&()*:=@[\]{|}]/y;
const STRING = /"(?:[^"\\\0-\x08\x0a-\x1f]|\\(?:["\\/bfnrt]|u(?![dD][89A-Fa-f])[0-9A-Fa-f]{4}))*"(?!")/y;
const EMPTY_STRING = /""(?!")/y;
const BLOCK_STRING = /"""(?:[^"\\\0-\x08\x0b\x0c\x0e-\x1f]|\\"""|\\(?!""")|"(?!""))*"""/y;
const FORMS: readonly (readonly [Token['type'], RegExp])[] = [
  ['punctuator', PUNCTUATOR],
  ['name', NAME],
  ['number', NUMBER],
  ['string', EMPTY_STRING],
  ['string', STRING],
  ['string', BLOCK_STRING],
];
/** Where lexers are known to differ: a carriage return alone ends a comment or not, an escape before block string's end. */
const DOUBTFUL = /\r(?!\n)|\\\\"""/;

/**
 * Takes a document apart, more strictly than the specification does: what two lexers could take apart in two ways is
 * refused.
 *
 * @throws ProtocolError
 */
export function lex(source: string): readonly Token[] {
  if (!source.isWellFormed() || DOUBTFUL.test(source)) throw fault('holds characters that servers read differently');
  const tokens: Token[] = [];
  for (let at = skip(source, 0); at < source.length; ) {
    if (tokens.length >= TOKENS) throw fault(`has more than ${TOKENS} tokens`);
    const token = next(source, at);
    tokens.push(token.token);
    at = skip(source, token.end);
  }
  return tokens;
}

function next(source: string, at: number): { readonly token: Token; readonly end: number } {
  for (const [type, form] of FORMS) {
    form.lastIndex = at;
    if (form.test(source)) {
      const end = form.lastIndex;
      return { token: { type, text: type === 'string' ? '' : source.slice(at, end) }, end };
    }
  }
  throw fault(`has no token at character ${at}`);
}

function skip(source: string, at: number): number {
  IGNORED.lastIndex = at;
  IGNORED.test(source);
  return IGNORED.lastIndex;
}

/** @param what completes "The GraphQL document …". */
export function fault(what: string): ProtocolError {
  return new ProtocolError('client', `The GraphQL document ${what}.`);
}
