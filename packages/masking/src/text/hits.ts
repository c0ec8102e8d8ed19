import { LONGEST } from './detector.ts';

/** What was found in a text, to be replaced as one. */
export interface Hit {
  start: number;
  end: number;
  /** Index of the rule that masks it; the lower, the stricter. */
  rule: number;
  /** Longer than {@link LONGEST}: redacted, whatever the method. */
  long: boolean;
  /** Its replacement has left already; it may still grow. */
  shown: boolean;
}

/** Hits of one text, as they are found. */
export class Hits {
  #found: Hit[] = [];

  get none(): boolean {
    return this.#found.length === 0;
  }

  add(start: number, end: number, rule: number): void {
    this.#found.push({ start, end, rule, long: false, shown: false });
  }

  /**
   * In order and apart: hits that overlap are one, and the strictest rule among them masks it. So what
   * comes out does not depend on the order in which they were found.
   */
  settle(): Hit[] {
    const settled: Hit[] = [];
    for (const hit of this.#found.sort((a, b) => a.start - b.start)) {
      const last = settled.at(-1);
      if (last === undefined || last.end <= hit.start) settled.push(hit);
      else join(last, hit);
    }
    for (const hit of settled) hit.long ||= hit.end - hit.start > LONGEST;
    this.#found = settled;
    return settled;
  }

  /** Only these are needed any longer. */
  keep(hits: Hit[]): void {
    this.#found = hits;
  }
}

function join(hit: Hit, other: Hit): void {
  hit.end = Math.max(hit.end, other.end);
  hit.rule = Math.min(hit.rule, other.rule);
  hit.long ||= other.long;
  hit.shown ||= other.shown;
}
