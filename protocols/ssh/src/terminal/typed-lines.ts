import { type TerminalToken, TerminalTokens } from '@sallyport/core';
import { alternateScreen, BACKSPACE, CARRIAGE_RETURN, effectOf } from './token-effect.ts';

const LONGEST_LINE = 1_024;

/**
 * What somebody seems to have typed: the line of the terminal, prompt and all, in which Enter was pressed. It is read from
 * what the record shows, so what has no echo (passwords) is not in it, and masked text stays masked. A hint for who
 * looks through a session and no more: history, editing, pasting and programs of their own defeat it.
 */
export class TypedLines {
  readonly #note: (line: string) => void;
  readonly #tokens = new TerminalTokens();
  #cells: string[] = [];
  #cursor = 0;
  #entered = false;
  #alternate = false;

  constructor(note: (line: string) => void) {
    this.#note = note;
  }

  /** What the client sent. */
  sent(bytes: Buffer): void {
    if (bytes.includes(CARRIAGE_RETURN)) this.#entered = true;
  }

  /** What the record shows. */
  shown(bytes: Buffer): void {
    for (const token of this.#tokens.push(bytes)) this.#follow(token);
  }

  #follow(token: TerminalToken): void {
    this.#alternate = alternateScreen(token) ?? this.#alternate;
    switch (effectOf(token)) {
      case 'text':
        for (const character of token.bytes.toString('utf8')) this.#write(character);
        break;
      case 'end':
        this.#end();
        break;
      case 'across':
        this.#move(token);
        break;
      case 'away':
        this.#clear();
        break;
      case 'still':
        break;
    }
  }

  #write(character: string): void {
    if (this.#cursor < LONGEST_LINE) this.#cells[this.#cursor++] = character;
  }

  #move(token: TerminalToken): void {
    if (token.type === 'control') {
      if (token.code === CARRIAGE_RETURN) this.#cursor = 0;
      if (token.code === BACKSPACE) this.#cursor = Math.max(0, this.#cursor - 1);
    }
    if (token.type !== 'csi') return;
    const count = Math.min(LONGEST_LINE, Math.max(1, Number.parseInt(token.parameters, 10) || 1));
    if (token.final === 'C') this.#cursor = Math.min(LONGEST_LINE, this.#cursor + count);
    if (token.final === 'D') this.#cursor = Math.max(0, this.#cursor - count);
    if (token.final === 'G' || token.final === '`') this.#cursor = count - 1;
    if (token.final === 'P') this.#cells.splice(this.#cursor, count);
    if (token.final === 'K' && (token.parameters === '' || token.parameters === '0'))
      this.#cells.length = Math.min(this.#cells.length, this.#cursor);
  }

  #end(): void {
    const line = Array.from(this.#cells, (cell) => cell ?? ' ')
      .join('')
      .trimEnd();
    if (this.#entered && !this.#alternate && line !== '') this.#note(line);
    this.#entered = false;
    this.#clear();
  }

  #clear(): void {
    this.#cells = [];
    this.#cursor = 0;
  }
}
