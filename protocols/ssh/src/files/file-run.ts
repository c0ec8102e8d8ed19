import type { Gate } from '@sallyport/core';
import type { Digested } from './content-digest.ts';

/** One file whose content passed, wholly or in part. */
export interface FileEvent {
  readonly type: 'file';
  /** The ordinal of the command that opened it. */
  readonly command: number;
  readonly direction: 'upload' | 'download';
  /** Resolved and escaped. */
  readonly path: string;
  /** The path if that of scp's command line was no directory: only the target knows. */
  readonly or?: string;
  /** Content that passed. */
  readonly bytes: number;
  /** The file's size; null where the transfer did not tell. */
  readonly size: number | null;
  /** SHA-256 (hex) of what passed, in the order of the file; null where it cannot be had, and `why` says so. */
  readonly sha256: string | null;
  readonly why?: string;
  /** Where in the file the content begins, if not at 0. */
  readonly offset?: number;
  /** All of it passed and both sides said so. */
  readonly complete: boolean;
}

type RunState = 'completed' | 'failed' | 'unknown';

/** One judged command on its way: what its result is noted from. */
export class FileRun {
  readonly command: number;
  readonly #gate: Pick<Gate, 'note'>;
  #bytes = 0;
  #entries = 0;
  #over = false;

  constructor(command: number, gate: Pick<Gate, 'note'>) {
    this.command = command;
    this.#gate = gate;
  }

  /** Names of a directory that was listed. */
  entries(count: number): void {
    this.#entries += count;
  }

  /** Notes a content that passed. */
  file(facts: Pick<FileEvent, 'direction' | 'path' | 'or' | 'size' | 'complete'>, { sha256, why, offset, bytes }: Digested): void {
    const { direction, path, or, size, complete } = facts;
    this.#bytes += bytes;
    const event: FileEvent = {
      type: 'file',
      command: this.command,
      direction,
      path,
      ...(or !== undefined && { or }),
      bytes,
      size,
      sha256,
      ...(why !== undefined && { why }),
      ...(offset !== undefined && { offset }),
      complete,
    };
    this.#gate.note({ ...event });
  }

  /** Notes the result; only the first call counts. */
  finish(state: RunState, error?: { readonly code: string; readonly message: string }): void {
    if (this.#over) return;
    this.#over = true;
    this.#gate.note({
      type: 'result',
      command: this.command,
      state,
      rows: this.#entries,
      bytes: this.#bytes,
      ...(error && { error }),
    });
  }
}
