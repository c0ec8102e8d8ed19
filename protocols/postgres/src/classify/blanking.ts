import { lex, type TokenKind } from './lexer.ts';
import { stringPlaceholder } from './text.ts';

/** What of a text may stay, and what must not. By default literals and comments go, and all else stays. */
export interface Blanking {
  /** Blank "…" too, which an unparseable text may use for values. */
  readonly identifiers?: boolean;
  /** Literals that stay: by number, strings and numbers being counted from 0, and as written. */
  readonly keeps?: (literal: number, written: string) => boolean;
  /** Names whose value goes even where it is a bare word: `SET app.password = hunter2`, and `PASSWORD hunter2` where `identifiers` do. */
  readonly secret?: (name: string) => boolean;
}

/** The text with its white space kept, literals as `?` and comments gone: recordable whatever it says. */
export function blank(text: string, conforming: boolean, blanking: Blanking = {}): string {
  const { keeps, identifiers = false } = blanking;
  const values = new SecretValues(blanking);
  let blanked = '';
  let literal = 0;
  lex(text, conforming, (kind, start, end) => {
    if (kind === 'space') blanked += text.slice(start, end);
    else if (kind === 'comment') blanked += ' ';
    else {
      const written = text.slice(start, end);
      const isLiteral = kind === 'string' || kind === 'number';
      const secret = values.next(kind, written);
      const kept = isLiteral && keeps?.(literal++, written) === true;
      if (isLiteral ? kept && !secret : !secret && !(identifiers && kind === 'identifier')) blanked += written;
      else blanked += kind === 'string' ? stringPlaceholder(text, start) : kind === 'identifier' ? '"?"' : '?';
    }
  });
  return blanked;
}

/**
 * Follows `name = value, value`, `name TO value` and, where the text may be anything, `name value`.
 * `none` → a secret name → `named` → `=` or TO → `value` → the value → `listed` → a comma → `value`.
 */
class SecretValues {
  readonly #secret: Blanking['secret'];
  readonly #anything: boolean;
  #state: 'none' | 'named' | 'value' | 'listed' = 'none';

  constructor({ secret, identifiers = false }: Blanking) {
    this.#secret = secret;
    this.#anything = identifiers;
  }

  /** Whether this token is such a value. */
  next(kind: TokenKind, written: string): boolean {
    if (this.#secret === undefined) return false;
    if (kind === 'symbol') {
      this.#sign(written);
      return false;
    }
    const assigns = this.#state === 'named' && /^(to|is)$/i.test(written);
    const value = this.#state === 'value' || (this.#state === 'named' && this.#anything && !assigns && !this.#secret(written));
    if (assigns) this.#state = 'value';
    else if (value) this.#state = 'listed';
    else this.#state = this.#secret(written) ? 'named' : 'none';
    return value;
  }

  #sign(sign: string): void {
    if (this.#state === 'named' && sign === '=') this.#state = 'value';
    else if (this.#state === 'listed') this.#state = sign === ',' ? 'value' : 'none';
    else if (sign === ';') this.#state = 'none';
  }
}
