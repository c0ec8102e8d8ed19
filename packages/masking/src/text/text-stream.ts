import type { TextStream } from '@sallyport/core';
import { kindOf, LOCAL } from './byte-kind.ts';
import { LEAD, LOOK_BEHIND } from './detector.ts';
import { type Hit, Hits } from './hits.ts';
import type { RulesMask, SearchProgress } from './text-mask.ts';

const NOTHING = Buffer.alloc(0);

/**
 * Masks a text piece by piece. It keeps what may still become part of a hit, and some bytes before
 * that, which have left already but decide where a word begins.
 */
export class MaskedStream implements TextStream {
  readonly #mask: RulesMask;
  readonly #count: (rule: string) => void;
  readonly #progress: SearchProgress;
  readonly #hits = new Hits();
  #kept: Buffer = NOTHING;
  /** How much of `#kept` has left. */
  #left = 0;

  constructor(mask: RulesMask, count: (rule: string) => void) {
    this.#mask = mask;
    this.#count = count;
    this.#progress = mask.begin(0);
  }

  push(bytes: Buffer): Buffer {
    return bytes.length === 0 ? NOTHING : this.#advance(Buffer.concat([this.#kept, bytes]), false);
  }

  flush(): Buffer {
    return this.#advance(this.#kept, true);
  }

  #advance(bytes: Buffer, final: boolean): Buffer {
    this.#mask.search({ bytes, start: 0, end: bytes.length, final }, this.#progress, this.#hits);
    const hits = this.#hits.settle();
    const decided = final ? bytes.length : this.#decided(bytes, hits);
    const parts = this.#mask.render(bytes, this.#left, decided, hits, this.#count);
    this.#keep(bytes, hits, decided);
    return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
  }

  /** Up to where no hit can change any more. */
  #decided(bytes: Buffer, hits: readonly Hit[]): number {
    const { at, patterns } = this.#progress;
    let decided = at;
    while (decided > this.#left && at - decided < LEAD && (kindOf(bytes[decided - 1]) & LOCAL) !== 0) decided -= 1;
    decided = Math.min(decided, ...patterns);
    for (const hit of hits.toReversed()) {
      if (hit.end <= decided) break;
      // A long one is redacted however it goes on.
      if (!hit.long) decided = Math.min(decided, hit.start);
    }
    return Math.max(decided, this.#left);
  }

  /** Drops what is no longer needed and counts all places from the new beginning. */
  #keep(bytes: Buffer, hits: readonly Hit[], decided: number): void {
    const dropped = Math.max(0, decided - LOOK_BEHIND);
    this.#kept = Buffer.from(bytes.subarray(dropped));
    this.#left = decided - dropped;
    const progress = this.#progress;
    const { open } = progress;
    // What was shown of a hit that goes on must not be shown again.
    const kept = hits.filter(({ start, end }) => end > decided || (open !== undefined && start <= open.start && open.start < end));
    for (const hit of kept) {
      hit.start -= dropped;
      hit.end -= dropped;
    }
    this.#hits.keep(kept);
    progress.at -= dropped;
    if (open !== undefined) open.start -= dropped;
    for (const [index, at] of progress.patterns.entries()) progress.patterns[index] = at - dropped;
  }
}
