import { type Gate, HiddenValues } from '@sallyport/core';
import type { Meaning } from './meaning.ts';

/** One judged command on its way through the target: what its result is noted from. */
export class Run {
  readonly command: number;
  readonly meaning: Meaning;
  readonly #gate: Pick<Gate, 'note' | 'fingerprint'>;
  #hidden: HiddenValues | undefined;
  readonly #masked: Record<string, number> = {};
  #rows = 0;
  #bytes = 0;
  #over = false;

  constructor(command: number, meaning: Meaning, gate: Pick<Gate, 'note' | 'fingerprint'>) {
    this.command = command;
    this.meaning = meaning;
    this.#gate = gate;
  }

  /** A row, or a part of one, as the client sees it. */
  row(bytes: number, rows = 1): void {
    this.#rows += rows;
    this.#bytes += bytes;
  }

  /** Rows that a statement changed. */
  affected(rows: number): void {
    this.#rows += rows;
  }

  /** Values that masks hide are counted, and no more. */
  get onlyCounts(): boolean {
    return this.#hidden?.full ?? false;
  }

  /** @param hidden the value that the mask hid, in text form. */
  masked(rule: string, hidden?: Buffer | string): void {
    this.#masked[rule] = (this.#masked[rule] ?? 0) + 1;
    if (hidden === undefined) return;
    this.#hidden ??= new HiddenValues(this.command, this.#gate);
    this.#hidden.add(rule, hidden);
  }

  /** Notes the result; only the first call counts. */
  finish(state: 'completed' | 'failed' | 'unknown', error?: { readonly code: string; readonly message: string }): void {
    if (this.#over) return;
    this.#over = true;
    this.#hidden?.flush();
    this.#gate.note({
      type: 'result',
      command: this.command,
      state,
      rows: this.#rows,
      bytes: this.#bytes,
      ...(error && { error }),
      ...(Object.keys(this.#masked).length > 0 && { masked: this.#masked }),
    });
  }
}
