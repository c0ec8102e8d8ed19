import { refuse } from './refusal.ts';
import { type Tokens, unquoted } from './tokens.ts';

/** Parentheses, queries and blocks within each other. */
const MAX_DEPTH = 150;

/** A place among the tokens of a text. */
export class Cursor {
  readonly tokens: Tokens;
  readonly #backslashEscapes: boolean;
  at = 0;
  #depth = 0;
  #wordAt = -1;
  #word = '';

  /** @param backslashEscapes sql_mode is without NO_BACKSLASH_ESCAPES */
  constructor(tokens: Tokens, backslashEscapes: boolean) {
    this.tokens = tokens;
    this.#backslashEscapes = backslashEscapes;
  }

  /** The keyword here in upper case, or the symbol; '' for every other token and behind the last. */
  get word(): string {
    if (this.#wordAt !== this.at) {
      this.#wordAt = this.at;
      this.#word = this.wordAt(this.at);
    }
    return this.#word;
  }

  /** {@link word} so many tokens further on. */
  ahead(distance: number): string {
    return this.wordAt(this.at + distance);
  }

  wordAt(index: number): string {
    const kind = this.tokens.kind(index);
    if (kind === 'symbol') return this.tokens.written(index);
    return kind === 'word' ? this.tokens.written(index).toUpperCase() : '';
  }

  get kind(): ReturnType<Tokens['kind']> {
    return this.tokens.kind(this.at);
  }

  /** A statement ends here. */
  get ended(): boolean {
    return this.at >= this.tokens.count || this.word === ';';
  }

  /** Steps over these keywords and symbols if they all stand here, in this order. */
  accept(...words: readonly string[]): boolean {
    for (let i = 0; i < words.length; i += 1) if (this.wordAt(this.at + i) !== words[i]) return false;
    this.at += words.length;
    return true;
  }

  /** Steps over one of these. @returns which; '' for none */
  acceptAny(words: ReadonlySet<string>): string {
    const { word } = this;
    if (word === '' || !words.has(word)) return '';
    this.at += 1;
    return word;
  }

  /** Steps over all that are among these, in any order. */
  skipAny(words: ReadonlySet<string>): void {
    while (this.acceptAny(words) !== '');
  }

  expect(...words: readonly string[]): void {
    if (!this.accept(...words)) this.fail();
  }

  fail(): never {
    if (this.at >= this.tokens.count) refuse('The statement ends where more is expected.');
    const near = this.kind === 'word' ? ` near ${this.word.slice(0, 30)}` : '';
    return refuse(`The statement is not understood${near}.`);
  }

  /** Whether an identifier stands here. Keywords count: the server knows better which may be names. */
  get named(): boolean {
    const { kind } = this;
    return kind === 'word' || kind === 'name';
  }

  /** Steps over an identifier. @returns what it says */
  name(): string {
    if (!this.named) this.fail();
    const name = this.nameAt(this.at);
    this.at += 1;
    return name;
  }

  nameAt(index: number): string {
    const written = this.tokens.written(index);
    return written.startsWith('`') || written.startsWith('"') ? unquoted(written, false) : written;
  }

  /** What the literal here says; undefined for anything but one plain '…' without a prefix or another one behind it. */
  literal(): string | undefined {
    return this.literalAt(this.at);
  }

  /** {@link literal} at a token. */
  literalAt(index: number): string | undefined {
    if (this.tokens.kind(index) !== 'string' || this.tokens.kind(index + 1) === 'string') return undefined;
    const written = this.tokens.written(index);
    return /^['"]/.test(written) ? unquoted(written, this.#backslashEscapes) : undefined;
  }

  /** Nothing, not even a space, stands between the token here and the one before it. */
  get adjoins(): boolean {
    return this.tokens.end(this.at - 1) === this.tokens.start(this.at);
  }

  /** Steps from an opening parenthesis behind the one that closes it. */
  skipParentheses(): void {
    this.expect('(');
    for (let open = 1; open > 0; this.at += 1) {
      if (this.at >= this.tokens.count) this.fail();
      if (this.word === '(') open += 1;
      else if (this.word === ')') open -= 1;
    }
  }

  /** Goes one level deeper for as long as `inside` runs. */
  deeper<T>(inside: () => T): T {
    if (this.#depth >= MAX_DEPTH) refuse(`The statement is nested more than ${MAX_DEPTH} levels deep.`);
    this.#depth += 1;
    const result = inside();
    this.#depth -= 1;
    return result;
  }
}
