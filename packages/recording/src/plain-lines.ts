import { type TerminalToken, TerminalTokens } from '@sallyport/core';

const [BS, TAB, LF, CR] = [0x08, 0x09, 0x0a, 0x0d];
const LONGEST_LINE = 4096;

/**
 * Terminal output as lines of text, for files and pipes: without sequences, each line as it stood when
 * it ended. Moves to other lines begin a new one.
 */
export class PlainLines {
  readonly #tokens = new TerminalTokens();
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  #line: string[] = [];
  #cursor = 0;
  #out: string[] = [];

  /** @returns the lines that ended, each with its line feed. */
  push(bytes: Buffer): string {
    for (const token of this.#tokens.push(bytes)) this.#read(token);
    return this.#take();
  }

  /** The line that did not end. */
  end(): string {
    this.#write(this.#decoder.decode());
    if (this.#line.length > 0) this.#endLine();
    return this.#take();
  }

  #take(): string {
    const text = this.#out.join('');
    this.#out = [];
    return text;
  }

  #read(token: TerminalToken): void {
    if (token.type === 'text') {
      this.#write(this.#decoder.decode(token.bytes, { stream: true }));
      return;
    }
    this.#write(this.#decoder.decode());
    if (token.type === 'control') this.#control(token.code);
    else if (token.type === 'csi') this.#sequence(token.final, Number.parseInt(token.parameters, 10));
  }

  #write(text: string): void {
    for (const character of text) {
      if (this.#line.length >= LONGEST_LINE) this.#endLine();
      this.#line[this.#cursor] = character;
      this.#cursor += 1;
    }
  }

  #control(code: number): void {
    if (code === LF) this.#endLine();
    else if (code === CR) this.#cursor = 0;
    else if (code === BS) this.#cursor = Math.max(0, this.#cursor - 1);
    else if (code === TAB) this.#write('\t');
  }

  #sequence(final: string, parameter: number): void {
    const count = parameter > 0 ? Math.min(parameter, LONGEST_LINE) : 1;
    if (final === 'C') this.#cursor = Math.min(LONGEST_LINE - 1, this.#cursor + count);
    else if (final === 'D') this.#cursor = Math.max(0, this.#cursor - count);
    else if (final === 'G') this.#cursor = count - 1;
    else if (final === 'P') this.#line.splice(this.#cursor, count);
    else if (final === '@' && this.#cursor < this.#line.length) this.#line.splice(this.#cursor, 0, ...' '.repeat(count));
    else if (final === 'K' && !(parameter > 0)) this.#line.length = Math.min(this.#line.length, this.#cursor);
    else if (/^[ABEFHfdJ]$/u.test(final) && this.#line.length > 0) this.#endLine();
  }

  #endLine(): void {
    const line = Array.from(this.#line, (character) => character ?? ' ').join('');
    this.#out.push(`${line.trimEnd()}\n`);
    this.#line = [];
    this.#cursor = 0;
  }
}
