/** A word of a command line, as the target's shell hands it to the program. */
export interface Word {
  readonly bytes: Buffer;
  /** The shell would put in the names of files that it fits. */
  readonly pattern: boolean;
  /** Begins with a `~` that the shell replaces. */
  readonly tilde: boolean;
}

const MAX_LINE_BYTES = 64 * 1024;
const CODE = { TAB: 9, SPACE: 32, DOUBLE: 0x22, SINGLE: 0x27, BACKSLASH: 0x5c, EQUALS: 0x3d, TILDE: 0x7e } as const;
/** What makes more of a line than one command with plain words, in any shell that people log in with. */
const SPECIAL: ReadonlySet<number> = new Set(Buffer.from('\0\n\r$`;&|<>(){}!#^'));
const SPECIAL_IN_QUOTES: ReadonlySet<number> = new Set(Buffer.from('\0\n\r$`!'));
const PLAIN_IN_SINGLE: ReadonlySet<number> = new Set(Buffer.from('$`'));
/** Behind these some shells put in a home directory, as in a variable's value. */
const MAY_ASSIGN: ReadonlySet<number> = new Set(Buffer.from('=:'));
const PATTERN: ReadonlySet<number> = new Set(Buffer.from('*?['));

/**
 * Cuts a command line into words where every shell would cut it the same way: plain words, backslashes and quotes.
 *
 * @returns undefined where a shell may make something else of it.
 */
export function shellWords(line: Buffer): readonly Word[] | undefined {
  return line.length > MAX_LINE_BYTES ? undefined : new Splitter(line).words();
}

class Splitter {
  readonly #line: Buffer;
  #at = 0;

  constructor(line: Buffer) {
    this.#line = line;
  }

  words(): readonly Word[] | undefined {
    const words: Word[] = [];
    for (;;) {
      while (this.#is(CODE.SPACE) || this.#is(CODE.TAB)) this.#at++;
      if (this.#at === this.#line.length) return words;
      const word = this.#word();
      if (word === undefined) return undefined;
      words.push(word);
    }
  }

  #word(): Word | undefined {
    const bytes: number[] = [];
    const tilde = this.#is(CODE.TILDE);
    let pattern = false;
    if (this.#is(CODE.EQUALS)) return undefined; // zsh puts a program's path there
    while (this.#at < this.#line.length && !this.#is(CODE.SPACE) && !this.#is(CODE.TAB)) {
      const byte = this.#line[this.#at++] as number;
      if (byte === CODE.SINGLE || byte === CODE.DOUBLE) {
        if (!this.#quoted(byte, bytes)) return undefined;
      } else if (byte === CODE.BACKSLASH) {
        const next = this.#line[this.#at++];
        if (next === undefined || next === 0x0a || next === 0x0d || next === 0) return undefined;
        bytes.push(next);
      } else if (SPECIAL.has(byte)) return undefined;
      else if (byte === CODE.TILDE && bytes.length > 0 && MAY_ASSIGN.has(bytes.at(-1) as number)) return undefined;
      else {
        pattern ||= PATTERN.has(byte);
        bytes.push(byte);
      }
    }
    return { bytes: Buffer.from(bytes), pattern, tilde };
  }

  /** Behind an opening quote. False: not closed, or not plain. */
  #quoted(quote: number, bytes: number[]): boolean {
    while (this.#at < this.#line.length) {
      const byte = this.#line[this.#at++] as number;
      if (byte === quote) return true;
      // What a backslash between quotes stands for differs between shells.
      if (byte === CODE.BACKSLASH || SPECIAL_IN_QUOTES.has(byte)) {
        const plain = quote === CODE.SINGLE && PLAIN_IN_SINGLE.has(byte);
        if (!plain) return false;
      }
      bytes.push(byte);
    }
    return false;
  }

  #is(byte: number): boolean {
    return this.#line[this.#at] === byte;
  }
}
