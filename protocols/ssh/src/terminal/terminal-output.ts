import type { CountHit, TextMask } from '@sallyport/core';
import type { OutputRecord } from '../recorded/output-record.ts';
import { KeyEcho } from './key-echo.ts';
import { PlainMask } from './plain-mask.ts';
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
  readonly record: Pick<OutputRecord, 'write'>;
  /** Called for each hit of the record. */
  readonly count: CountHit;
  /** Milliseconds since the epoch. */
  now?(): number;
}

/**
 * The output of one channel on its two ways: to the client, and into the record.
 *
 * What may become a hit waits. A terminal's client waits {@link TERMINAL_HOLD_BACK_MS} at most, but not for the echo of a
 * key that it has typed itself, and without one who reads waits until nothing came for {@link PROGRAM_HOLD_BACK_MS}: it
 * may see the beginning of a slowly written secret. The record waits for more, or until nothing came for
 * {@link RECORD_HOLD_BACK_MS}.
 */
export class TerminalOutput {
  readonly #parts: TerminalOutputParts;
  readonly #now: () => number;
  readonly #echo: KeyEcho | undefined;
  readonly #kept: TerminalMask | PlainMask | undefined;
  /** Where the client sees something else than the record has: always in a terminal; else while it has seen what the record still holds. */
  #live: TerminalMask | PlainMask | undefined;

  constructor(parts: TerminalOutputParts) {
    const { mask, columns, count } = parts;
    this.#parts = parts;
    this.#now = parts.now ?? Date.now;
    if (mask === undefined) return;
    if (columns === undefined) {
      this.#kept = new PlainMask(mask, count);
      return;
    }
    this.#echo = new KeyEcho();
    this.#kept = new TerminalMask(mask, columns, count);
    this.#live = new TerminalMask(mask, columns, () => undefined);
  }

  /** {@link flush} would let something out. */
  get holds(): boolean {
    return (this.#live ?? this.#kept)?.holds === true;
  }

  /** {@link settle} would record something. */
  get unsettled(): boolean {
    return this.#kept?.holds === true;
  }

  resize(columns: number): void {
    this.#live?.resize(columns);
    this.#kept?.resize(columns);
  }

  /** What the client typed. */
  typed(chunk: Buffer): void {
    this.#echo?.typed(chunk);
  }

  /** @returns what the client gets now. */
  push(bytes: Buffer): Buffer {
    const now = this.#now();
    const kept = this.#kept?.push(bytes, now) ?? [{ bytes, at: now }];
    this.#record(kept, now);
    const live = this.#live;
    if (live === undefined) return joined(kept);
    const alone = !live.holds; // what is held already may be the beginning of a secret, and stays
    const said = live.push(bytes, now);
    if (live instanceof PlainMask && !live.holds && !this.unsettled) this.#live = undefined;
    return this.#echo?.shows(bytes) === true && alone ? joined([...said, ...live.release()]) : joined(said);
  }

  /** @returns what the client waits for. */
  flush(): Buffer {
    return joined(this.#apart()?.release() ?? []);
  }

  /** Records what the record waits for. */
  settle(): void {
    this.#apart();
    this.#record(this.#kept?.release() ?? [], this.#now());
  }

  /** The target has said all. @returns the rest for the client. */
  end(): Buffer {
    const now = this.#now();
    const kept = this.#kept?.end(now) ?? [];
    this.#record(kept, now);
    return joined(this.#live?.end(now) ?? kept);
  }

  /** The client's way apart from the record's: without a terminal both are one as long as they would get the same. */
  #apart(): TerminalMask | PlainMask | undefined {
    if (this.#kept instanceof PlainMask) this.#live ??= this.#kept.fork();
    return this.#live;
  }

  #record(all: readonly Timed[], now: number): void {
    const { record, channel, stream } = this.#parts;
    for (let from = 0; from < all.length; ) {
      const { at } = all[from] as Timed;
      let to = from + 1;
      while (to < all.length && all[to]?.at === at) to += 1;
      record.write(channel, stream, joined(all.slice(from, to)), Math.max(0, now - at));
      from = to;
    }
  }
}

function joined(all: readonly Timed[]): Buffer {
  if (all.length === 0) return NOTHING;
  return all.length === 1 ? (all[0] as Timed).bytes : Buffer.concat(all.map(({ bytes }) => bytes));
}
