import { type Gate, HiddenValues } from '@sallyport/core';
import type { PlannedCopy } from './copy-out.ts';
import type { Meaning } from './meaning.ts';

/** One judged command on its way through the target: what its result is noted from. */
export class Run {
  readonly command: number;
  readonly meaning: Meaning;
  /** Bytes of result data as the client saw them. */
  bytes = 0;
  /** For a COPY TO STDOUT that is masked. */
  copy?: PlannedCopy;
  readonly #gate: Pick<Gate, 'note' | 'fingerprint'>;
  #hidden: HiddenValues | undefined;
  readonly #masked: Record<string, number> = {};
  #rows = 0;
  /** DataRows since the last completion. */
  #seen = 0;
  #over = false;

  constructor(command: number, meaning: Meaning, gate: Pick<Gate, 'note' | 'fingerprint'>) {
    this.command = command;
    this.meaning = meaning;
    this.#gate = gate;
  }

  rows(count: number, bytes: number): void {
    this.#seen += count;
    this.bytes += bytes;
  }

  /** @param hidden the value that the mask hid, in text form. */
  masked(rule: string, hidden?: Buffer | string): void {
    this.#masked[rule] = (this.#masked[rule] ?? 0) + 1;
    if (hidden === undefined) return;
    this.#hidden ??= new HiddenValues(this.command, this.#gate);
    this.#hidden.add(rule, hidden);
  }

  /** A statement of the text is done, or its portal stopped at a row limit. */
  statementDone(tagRows: number | undefined): void {
    this.#rows += tagRows ?? this.#seen;
    this.#seen = 0;
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
      rows: this.#rows + this.#seen,
      bytes: this.bytes,
      ...(error && { error }),
      ...(Object.keys(this.#masked).length > 0 && { masked: this.#masked }),
    });
  }
}
