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

/**
 * Hits of one text, in order and apart: those that overlap are one, and the strictest rule among them
 * masks it. So what comes out does not depend on the order in which they were found.
 */
export class Hits {
  readonly list: Hit[] = [];

  add(start: number, end: number, rule: number): void {
    const hit: Hit = { start, end, rule, long: end - start > LONGEST, shown: false };
    let at = this.list.length;
    while (at > 0 && (this.list[at - 1] as Hit).end > start) {
      at -= 1;
      const other = this.list[at] as Hit;
      if (other.start >= hit.end) continue;
      hit.start = Math.min(hit.start, other.start);
      hit.end = Math.max(hit.end, other.end);
      hit.rule = Math.min(hit.rule, other.rule);
      hit.long ||= other.long || hit.end - hit.start > LONGEST;
      hit.shown ||= other.shown;
      this.list.splice(at, 1);
    }
    while (at < this.list.length && (this.list[at] as Hit).start < hit.start) at += 1;
    this.list.splice(at, 0, hit);
  }
}
