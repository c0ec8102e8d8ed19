import type { TextMask, TextRun, TextRuns } from '@sallyport/core';
import { REDACTED } from '../redacted.ts';

/** Longer values behind the name of a secret are hidden as a whole. */
const LONGEST_VALUE = 65_536;
const NOTHING = Buffer.alloc(0);

/** Looks through a value twice: alone, and with its name before it. */
export class NamedRuns implements TextRuns {
  readonly #mask: TextMask;
  readonly #before: Buffer;
  readonly #rule: string;
  #value: Buffer[] = [];
  #length = 0;
  #long = false;

  /** @param before what stands before the value, quotes included. @param rule that hides values behind this name. */
  constructor(mask: TextMask, before: Buffer, rule: string) {
    this.#mask = mask;
    this.#before = before;
    this.#rule = rule;
  }

  push(bytes: Buffer): readonly TextRun[] {
    if (this.#long) return [this.#hidden(bytes.length, true)];
    this.#value.push(Buffer.from(bytes));
    this.#length += bytes.length;
    if (this.#length <= LONGEST_VALUE) return [];
    this.#long = true;
    this.#value = [];
    return [this.#hidden(this.#length, false)];
  }

  flush(): readonly TextRun[] {
    if (this.#long) return [];
    const value = Buffer.concat(this.#value);
    return united(runsBehind(this.#mask, NOTHING, value), runsBehind(this.#mask, this.#before, value));
  }

  #hidden(length: number, goesOn: boolean): TextRun {
    return { length, hit: { rule: this.#rule, shown: goesOn ? NOTHING : REDACTED, goesOn } };
  }
}

/** What is found in a value that stands behind something. What begins in that itself is no part of the value. */
export function runsBehind(mask: TextMask, before: Buffer, value: Buffer): readonly TextRun[] {
  const runs = mask.runs();
  let left = before.length;
  let reachesIn = false;
  return [...runs.push(Buffer.concat([before, value])), ...runs.flush()].flatMap(({ length, hit }) => {
    const own = length - Math.min(left, length);
    reachesIn = hit !== undefined && (left > 0 || (reachesIn && hit.goesOn));
    left -= length - own;
    return own === 0 ? [] : [hit === undefined || reachesIn ? { length: own } : { length: own, hit }];
  });
}

type Hit = NonNullable<TextRun['hit']>;
interface Found {
  readonly start: number;
  end: number;
  readonly hit: Hit;
}

/** Both, where hits that overlap are one. */
function united(alone: readonly TextRun[], named: readonly TextRun[]): readonly TextRun[] {
  const all = [...found(named), ...found(alone)].sort((a, b) => a.start - b.start);
  const apart: Found[] = [];
  for (const one of all) {
    const last = apart.at(-1);
    if (last === undefined || one.start >= last.end) apart.push(one);
    else last.end = Math.max(last.end, one.end);
  }
  const length = alone.reduce((sum, run) => sum + run.length, 0);
  let at = 0;
  const runs = apart.flatMap(({ start, end, hit }): TextRun[] => {
    const before = start - at;
    at = end;
    return before === 0 ? [{ length: end - start, hit }] : [{ length: before }, { length: end - start, hit }];
  });
  return at === length ? runs : [...runs, { length: length - at }];
}

/** Hits with their places; one that goes on is part of the one before it. */
function found(runs: readonly TextRun[]): Found[] {
  const all: Found[] = [];
  let at = 0;
  for (const { length, hit } of runs) {
    const last = all.at(-1);
    if (hit?.goesOn === true && last?.end === at) last.end += length;
    else if (hit !== undefined) all.push({ start: at, end: at + length, hit });
    at += length;
  }
  return all;
}
