import type { CountHit, TextRun, TextRuns, TextStream } from '@sallyport/core';
import { kindOf, LOCAL } from './byte-kind.ts';
import { LEAD, LOOK_BEHIND } from './detector.ts';
import { type Hit, Hits } from './hits.ts';
import type { RulesMask, SearchProgress } from './text-mask.ts';
import { rendered } from './text-runs.ts';

const NOTHING = Buffer.alloc(0);

/** Masks a text piece by piece. */
export class MaskedStream implements TextStream {
  readonly #runs: HitRuns;
  readonly #count: CountHit;

  constructor(mask: RulesMask, count: CountHit) {
    this.#runs = new HitRuns(mask);
    this.#count = count;
  }

  push(bytes: Buffer): Buffer {
    return bytes.length === 0 ? NOTHING : this.#runs.advance(bytes, false, this.#render);
  }

  flush(): Buffer {
    return this.#runs.advance(NOTHING, true, this.#render);
  }

  readonly #render = (bytes: Buffer, from: number, runs: readonly TextRun[]): Buffer => {
    const parts = rendered(bytes, from, runs, this.#count);
    return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
  };
}

/**
 * Looks through a text piece by piece. It keeps what may still become part of a hit, and some bytes
 * before that, which are decided already but tell where a word begins.
 */
export class HitRuns implements TextRuns {
  readonly #mask: RulesMask;
  readonly #progress: SearchProgress;
  readonly #hits = new Hits();
  #kept: Buffer = NOTHING;
  /** How much of `#kept` has left. */
  #left = 0;

  constructor(mask: RulesMask) {
    this.#mask = mask;
    this.#progress = mask.begin(0);
  }

  push(bytes: Buffer): readonly TextRun[] {
    return bytes.length === 0 ? [] : this.advance(bytes, false, (_bytes, _from, runs) => runs);
  }

  flush(): readonly TextRun[] {
    return this.advance(NOTHING, true, (_bytes, _from, runs) => runs);
  }

  /** @param use is given the runs and the bytes that they begin in, before these are dropped. */
  advance<T>(more: Buffer, final: boolean, use: (bytes: Buffer, from: number, runs: readonly TextRun[]) => T): T {
    const bytes = more.length === 0 ? this.#kept : Buffer.concat([this.#kept, more]);
    this.#mask.search({ bytes, start: 0, end: bytes.length, final }, this.#progress, this.#hits);
    const decided = final ? bytes.length : this.#decided(bytes);
    const used = use(bytes, this.#left, this.#mask.runsOf(bytes, this.#left, decided, this.#hits.list));
    this.#keep(bytes, decided);
    return used;
  }

  /** Up to where no hit can change any more. */
  #decided(bytes: Buffer): number {
    const { at, patterns } = this.#progress;
    let decided = at;
    while (decided > this.#left && at - decided < LEAD && (kindOf(bytes[decided - 1]) & LOCAL) !== 0) decided -= 1;
    decided = Math.min(decided, ...patterns);
    const { list } = this.#hits;
    for (let index = list.length - 1; index >= 0; index -= 1) {
      const hit = list[index] as Hit;
      if (hit.end <= decided) break;
      // A long one is redacted however it goes on.
      if (!hit.long) decided = Math.min(decided, hit.start);
    }
    return Math.max(decided, this.#left);
  }

  /** Drops what is no longer needed and counts all places from the new beginning. */
  #keep(bytes: Buffer, decided: number): void {
    const dropped = Math.max(0, decided - LOOK_BEHIND);
    this.#kept = Buffer.from(bytes.subarray(dropped));
    this.#left = decided - dropped;
    const progress = this.#progress;
    const { open } = progress;
    const { list } = this.#hits;
    // What was shown of a hit that goes on must not be shown again.
    const going = open === undefined ? undefined : list.find(({ start, end }) => start <= open.start && open.start < end);
    list.splice(0, list.length, ...list.filter((hit) => hit.end > decided || hit === going));
    for (const hit of list) {
      hit.start -= dropped;
      hit.end -= dropped;
    }
    progress.at -= dropped;
    if (open !== undefined) open.start -= dropped;
    for (const [index, at] of progress.patterns.entries()) progress.patterns[index] = at - dropped;
  }
}
