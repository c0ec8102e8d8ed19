import type { Gate } from '@sallyport/core';
import type { CopyFormat } from '../classify/analysis.ts';

/** Lines are looked at whole, up to this many characters. */
const LINE_CHARACTERS = 64 * 1024;

/** Looks for masks in the data of a COPY FROM STDIN, line by line. */
export class CopiedMasks {
  /** A mask was seen. */
  found = false;
  readonly #gate: Pick<Gate, 'isMask'>;
  readonly #format: CopyFormat | undefined;
  /** The beginning of a line. */
  #line = '';

  constructor(gate: Pick<Gate, 'isMask'>, format: CopyFormat | undefined) {
    this.#gate = gate;
    this.#format = format;
  }

  push(bytes: Buffer): void {
    if (this.found) return;
    const text = this.#line + bytes.toString('latin1');
    const end = text.lastIndexOf('\n') + 1;
    const whole = text.length - end > LINE_CHARACTERS ? text.length : end;
    this.#look(text.slice(0, whole));
    this.#line = text.slice(whole);
  }

  end(): void {
    this.#look(this.#line);
    this.#line = '';
  }

  #look(lines: string): void {
    if (this.found || lines === '') return;
    this.found = this.#gate.isMask(lines) || (lines.includes('**') && this.#fields(lines).some((field) => this.#gate.isMask(field)));
  }

  /** Nearly: a mask has neither quotes nor delimiters in it. */
  #fields(lines: string): readonly string[] {
    const { delimiter, quote } = this.#format ?? { delimiter: '\t', quote: '"' };
    return lines.split('\n').flatMap((line) => line.split(delimiter).map((field) => field.replaceAll(quote, '').trimEnd()));
  }
}
