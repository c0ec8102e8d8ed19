import { type Cutting, lex, type TokenKind } from './lexer.ts';
import { refuse } from './refusal.ts';

const KINDS: readonly TokenKind[] = ['word', 'name', 'string', 'number', 'variable', 'parameter', 'symbol'];
const CODES = new Map(KINDS.map((kind, code) => [kind, code]));
/** As many as a statement of mysqldump has at most, whose length is a megabyte. */
const MAX_TOKENS = 1 << 20;

/** The tokens of a text that mean something, packed: a large INSERT has a million. */
export class Tokens {
  readonly text: string;
  count = 0;
  #kinds: Uint8Array;
  #starts: Uint32Array;
  #ends: Uint32Array;

  /** @throws Refusal for a text that cannot be cut safely, or in too many pieces */
  constructor(text: string, cutting: Cutting) {
    this.text = text;
    const guess = Math.min(MAX_TOKENS, 16 + (text.length >> 2));
    this.#kinds = new Uint8Array(guess);
    this.#starts = new Uint32Array(guess);
    this.#ends = new Uint32Array(guess);
    lex(text, cutting, (kind, start, end) => {
      const code = CODES.get(kind);
      if (code !== undefined) this.#add(code, start, end);
    });
  }

  #add(kind: number, start: number, end: number): void {
    if (this.count === this.#kinds.length) this.#grow();
    this.#kinds[this.count] = kind;
    this.#starts[this.count] = start;
    this.#ends[this.count] = end;
    this.count += 1;
  }

  #grow(): void {
    if (this.count >= MAX_TOKENS) refuse(`The text has more than ${MAX_TOKENS} parts: send it in smaller ones.`);
    const size = Math.min(MAX_TOKENS, this.count * 2);
    const [kinds, starts, ends] = [this.#kinds, this.#starts, this.#ends];
    this.#kinds = new Uint8Array(size);
    this.#starts = new Uint32Array(size);
    this.#ends = new Uint32Array(size);
    this.#kinds.set(kinds);
    this.#starts.set(starts);
    this.#ends.set(ends);
  }

  /** undefined behind the last. */
  kind(index: number): TokenKind | undefined {
    return index >= 0 && index < this.count ? KINDS[this.#kinds[index] as number] : undefined;
  }

  start(index: number): number {
    return index < this.count ? (this.#starts[index] as number) : this.text.length;
  }

  end(index: number): number {
    return index >= 0 && index < this.count ? (this.#ends[index] as number) : this.text.length;
  }

  /** As written; '' behind the last. */
  written(index: number): string {
    return this.text.slice(this.start(index), this.end(index));
  }
}

/** What a quoted text says. @param escapes a backslash escapes, as in '…' without NO_BACKSLASH_ESCAPES */
export function unquoted(quotedText: string, escapes: boolean): string {
  const quote = quotedText.charAt(0);
  const inner = quotedText.slice(1, -1);
  if (!escapes) return inner.replaceAll(quote + quote, quote);
  return inner.replace(/\\([\s\S])|(["'])\2/g, (_all, escaped: string | undefined, doubled: string) => {
    if (escaped === undefined) return doubled === quote ? quote : doubled + doubled;
    return ESCAPES[escaped] ?? escaped;
  });
}

/** `\%` and `\_` keep their backslash. https://dev.mysql.com/doc/refman/8.4/en/string-literals.html */
const ESCAPES: Readonly<Record<string, string>> = {
  '0': '\0',
  b: '\b',
  n: '\n',
  r: '\r',
  t: '\t',
  Z: '\x1a',
  '%': '\\%',
  _: '\\_',
};
