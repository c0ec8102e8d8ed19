import { isUtf8 } from 'node:buffer';
import type { CountHit, Mask, TextMask, TextRun, TextRuns, TextStream } from '@sallyport/core';
import { REDACTED } from '../method.ts';
import type { Text } from './detector.ts';
import { type DetectorName, detectorOf } from './detectors.ts';
import { type Hit, Hits } from './hits.ts';
import type { Pattern } from './pattern.ts';
import { type Armed, type Progress, Scanner } from './scanner.ts';
import { rendered } from './text-runs.ts';
import { HitRuns, MaskedStream } from './text-stream.ts';

/** What one masking rule looks for, and how it masks that. */
export interface TextRule {
  readonly mask: Mask;
  readonly detectors: readonly DetectorName[];
  readonly patterns: readonly Pattern[];
}

const NOTHING = Buffer.alloc(0);

/** How far each part of a search has come. */
export interface SearchProgress extends Progress {
  /** By pattern. */
  readonly patterns: number[];
}

/** Finds and masks the hits of several rules at once. */
export class RulesMask implements TextMask {
  readonly #masks: readonly Mask[];
  readonly #scanner: Scanner;
  readonly #patterns: readonly { readonly pattern: Pattern; readonly rule: number }[];
  // Values are many and small: one text and one list serve them all.
  readonly #text: Text = { bytes: Buffer.alloc(0), start: 0, end: 0, final: true };
  #hits = new Hits();

  /** @param rules the strictest first. */
  constructor(rules: readonly TextRule[]) {
    this.#masks = rules.map(({ mask }) => mask);
    const armed = new Map<DetectorName, Armed>();
    for (const [rule, { detectors }] of rules.entries()) {
      for (const name of detectors) if (!armed.has(name)) armed.set(name, { detector: detectorOf(name), rule });
    }
    this.#scanner = new Scanner([...armed.values()]);
    this.#patterns = rules.flatMap(({ patterns }, rule) => patterns.map((pattern) => ({ pattern, rule })));
  }

  mayFind(bytes: Buffer, start: number, end: number): boolean {
    return this.#scanner.mayFind(bytes, start, end) || this.#patterns.some(({ pattern }) => pattern.mayFind(bytes, start, end));
  }

  value(bytes: Buffer, start: number, end: number, count: CountHit): Buffer | undefined {
    const text = this.#text;
    text.bytes = bytes;
    text.start = start;
    text.end = end;
    this.search(text, this.begin(start), this.#hits);
    if (this.#hits.list.length === 0) return undefined;
    const hits = this.#hits.list;
    this.#hits = new Hits();
    return Buffer.concat(rendered(bytes, start, this.runsOf(bytes, start, end, hits), count));
  }

  stream(count: CountHit): TextStream {
    return new MaskedStream(this, count);
  }

  runs(): TextRuns {
    return new HitRuns(this);
  }

  begin(at: number): SearchProgress {
    return { at, open: undefined, patterns: this.#patterns.map(() => at) };
  }

  /** Finds what can be found in the known part of a text. */
  search(text: Text, progress: SearchProgress, hits: Hits): void {
    this.#scanner.scan(text, progress, hits);
    for (const [index, { pattern, rule }] of this.#patterns.entries()) {
      progress.patterns[index] = pattern.find(text, progress.patterns[index] as number, hits, rule);
    }
  }

  /** `[from, to)` and the hits in it. */
  runsOf(bytes: Buffer, from: number, to: number, hits: readonly Hit[]): TextRun[] {
    const runs: TextRun[] = [];
    let at = from;
    for (const hit of hits) {
      if (hit.start >= to) break;
      if (hit.start > at) runs.push({ length: hit.start - at });
      const start = Math.max(at, hit.start);
      const end = Math.max(start, Math.min(hit.end, to));
      if (!hit.shown || end > start) runs.push({ length: end - start, hit: this.#replacement(bytes, hit) });
      hit.shown = true;
      at = end;
    }
    if (at < to) runs.push({ length: to - at });
    return runs;
  }

  #replacement(bytes: Buffer, { start, end, rule, long, shown }: Hit): NonNullable<TextRun['hit']> {
    const mask = this.#masks[rule] as Mask;
    if (shown) return { rule: mask.rule, shown: NOTHING, goesOn: true };
    const hidden = bytes.subarray(start, end);
    const hit = { rule: mask.rule, goesOn: false, ...(!long && { hidden }) };
    if (mask.method === 'null') return { ...hit, shown: NOTHING };
    // Half a character has no text that a hash or a token could stand for.
    if (long || !isUtf8(hidden)) return { ...hit, shown: Buffer.from(REDACTED) };
    return { ...hit, shown: Buffer.from(mask.apply(bytes.toString('utf8', start, end)) ?? '') };
  }
}
