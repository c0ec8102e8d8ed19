import type { CountHit, TextMask, TextStream } from '@sallyport/core';
import type { OutputRecord } from '../recorded/output-record.ts';
import type { Timed } from './run-queue.ts';
import { TerminalMask } from './terminal-mask.ts';

/** How long the client's terminal waits at most for what may become a hit: then call {@link TerminalOutput.flush}. */
export const TERMINAL_HOLD_BACK_MS = 50;
/** How long who reads a program without a terminal waits at most while the program says nothing: then call {@link TerminalOutput.flush}. */
export const PROGRAM_HOLD_BACK_MS = 100;
/** How long the record waits for the rest of a line while nothing comes: then call {@link TerminalOutput.settle}. */
export const RECORD_HOLD_BACK_MS = 5_000;

const NOTHING = Buffer.alloc(0);

/** What stands between a channel of the target and that of the client. */
export interface TerminalOutputParts {
  readonly channel: number;
  readonly stream: 'stdout' | 'stderr';
  /** undefined: nothing is masked. */
  readonly mask: TextMask | undefined;
  /** Columns of the terminal; undefined: the channel has none, its output is a plain text. */
  readonly columns: number | undefined;
  readonly record: OutputRecord;
  /** Called for each hit of the record. */
  readonly count: CountHit;
  /** Milliseconds since the epoch. */
  now?(): number;
}

/**
 * The output of one channel on its two ways: to the client, and into the record.
 *
 * What may become a hit waits. A terminal's client waits {@link TERMINAL_HOLD_BACK_MS} at most, and without
 * one who reads waits until nothing came for {@link PROGRAM_HOLD_BACK_MS}: it may see the beginning of a
 * slowly written secret. The record waits for the line's end, or until nothing came for
 * {@link RECORD_HOLD_BACK_MS}; that of a program without a terminal for its end.
 */
export class TerminalOutput {
  readonly #parts: TerminalOutputParts;
  readonly #now: () => number;
  /** Of a program without a terminal: the client's text and the record's. */
  readonly #plain: { readonly live: TextStream; readonly kept: TextStream } | undefined;
  #idle = true;
  readonly #live: TerminalMask | undefined;
  readonly #kept: TerminalMask | undefined;

  constructor(parts: TerminalOutputParts) {
    const { mask, columns, count } = parts;
    this.#parts = parts;
    this.#now = parts.now ?? Date.now;
    if (mask === undefined) return;
    if (columns === undefined) this.#plain = { live: mask.stream(() => undefined), kept: mask.stream(count) };
    else {
      this.#live = new TerminalMask(mask, columns, () => undefined);
      this.#kept = new TerminalMask(mask, columns, count);
    }
  }

  /** {@link flush} would let something out. */
  get holds(): boolean {
    return this.#live === undefined ? !this.#idle : this.#live.holds;
  }

  /** {@link settle} would record something. */
  get unsettled(): boolean {
    return this.#kept?.holds === true;
  }

  resize(columns: number): void {
    this.#live?.resize(columns);
    this.#kept?.resize(columns);
  }

  /** @returns what the client gets now. */
  push(bytes: Buffer): Buffer {
    const now = this.#now();
    if (this.#kept === undefined || this.#live === undefined) {
      this.#idle = this.#plain === undefined;
      this.#record(this.#plain?.kept.push(bytes) ?? bytes, 0);
      return this.#plain?.live.push(bytes) ?? bytes;
    }
    this.#recordAll(this.#kept.push(bytes, now), now);
    return joined(this.#live.push(bytes, now));
  }

  /** @returns what the client waits for. */
  flush(): Buffer {
    this.#idle = true;
    return this.#live === undefined ? (this.#plain?.live.flush() ?? NOTHING) : joined(this.#live.release());
  }

  /** Records what the record waits for. */
  settle(): void {
    if (this.#kept !== undefined) this.#recordAll(this.#kept.release(), this.#now());
  }

  /** The target has said all. @returns the rest for the client. */
  end(): Buffer {
    const now = this.#now();
    if (this.#kept === undefined || this.#live === undefined) {
      this.#record(this.#plain?.kept.flush() ?? NOTHING, 0);
      return this.#plain?.live.flush() ?? NOTHING;
    }
    this.#recordAll(this.#kept.end(now), now);
    return joined(this.#live.end(now));
  }

  #recordAll(all: readonly Timed[], now: number): void {
    for (let from = 0; from < all.length; ) {
      const { at } = all[from] as Timed;
      let to = from + 1;
      while (to < all.length && all[to]?.at === at) to += 1;
      this.#record(joined(all.slice(from, to)), Math.max(0, now - at));
      from = to;
    }
  }

  #record(bytes: Buffer, late: number): void {
    const { record, channel, stream } = this.#parts;
    if (bytes.length > 0) record.write(channel, stream, bytes, late);
  }
}

function joined(all: readonly Timed[]): Buffer {
  return all.length === 1 ? (all[0] as Timed).bytes : Buffer.concat(all.map(({ bytes }) => bytes));
}
