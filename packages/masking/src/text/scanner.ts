import { DIGIT, kindOf, LETTER } from './byte-kind.ts';
import { type Detector, HIT, LONGEST, MORE, NONE, type Span, type Text } from './detector.ts';
import type { Hits } from './hits.ts';
import { DOT, endOfDigits, HYPHEN, isDigit, SPACE } from './number-groups.ts';

/** A detector with the rule that masks its hits: see {@link Hits}. */
export interface Armed {
  readonly detector: Detector;
  readonly rule: number;
}

/** How far a text is scanned. */
export interface Progress {
  at: number;
  /** The hit that goes on at `at`. */
  open: { readonly armed: Armed; start: number } | undefined;
}

const [PLAIN, ANCHOR, NUMBER] = [0, 1, 2];
/** `likely` looks no further than this from its anchor. */
const REACH = 128;
/** Digits alone that any detector wants. */
const LONG_RUN = 13;
const GROUP = 3;

/**
 * Looks through a text once for all detectors: one look into a table for each byte, and detectors
 * are asked only at their anchors.
 */
export class Scanner {
  readonly #kinds = new Uint8Array(256);
  readonly #armed: Armed[][] = Array.from({ length: 256 }, () => []);
  readonly #span: Span = { start: 0, end: 0 };

  constructor(all: readonly Armed[]) {
    for (const armed of all) {
      for (const anchor of Buffer.from(armed.detector.anchors)) {
        this.#kinds[anchor] = (kindOf(anchor) & DIGIT) === 0 ? ANCHOR : NUMBER;
        this.#armed[anchor]?.push(armed);
      }
    }
  }

  /** See `TextMask.mayFind`. */
  mayFind(bytes: Buffer, start: number, end: number): boolean {
    const kinds = this.#kinds;
    for (let at = start; ; at += 1) {
      at = skipPlain(kinds, bytes, at, end);
      if (at >= end) return false;
      if (kinds[bytes[at] as number] === ANCHOR) {
        if (this.#likely(bytes, at, end)) return true;
        continue;
      }
      const last = endOfDigits(bytes, at, end, end - at);
      if (mayMatter(bytes, at, last, end) && this.#likely(bytes, at, end)) return true;
      at = last - 1;
    }
  }

  /** Goes on until the end of the text, or to where more of it is needed. */
  scan(text: Text, progress: Progress, hits: Hits): void {
    if (progress.open !== undefined && !this.#extend(text, progress, progress.open, hits)) return;
    const { bytes, end, final } = text;
    const kinds = this.#kinds;
    let at = skipPlain(kinds, bytes, progress.at, end);
    while (at < end) {
      const number = kinds[bytes[at] as number] === NUMBER;
      const last = number ? endOfDigits(bytes, at, end, end - at) : at + 1;
      const sure = final || last + REACH < end;
      if (!(number && ((sure && !mayMatter(bytes, at, last, end)) || isWithin(text, at))) && !this.#match(text, at, sure, progress, hits))
        return;
      at = skipPlain(kinds, bytes, Math.max(last, progress.at), end);
    }
    progress.at = at;
  }

  #likely(bytes: Buffer, at: number, end: number): boolean {
    for (const { detector } of this.#armed[bytes[at] as number] as Armed[]) if (detector.likely(bytes, at, end)) return true;
    return false;
  }

  /** @returns false where the text must go on first; `progress.at` is set then. */
  #match(text: Text, at: number, sure: boolean, progress: Progress, hits: Hits): boolean {
    const span = this.#span;
    for (const armed of this.#armed[text.bytes[at] as number] as Armed[]) {
      const { detector, rule } = armed;
      if (sure && !detector.likely(text.bytes, at, text.end)) continue;
      const outcome = detector.match(text, at, span);
      if (outcome === NONE) continue;
      if (outcome === MORE) {
        progress.at = at;
        return false;
      }
      hits.add(span.start, span.end, rule);
      if (outcome === HIT) {
        if (span.end - span.start > LONGEST) progress.at = Math.max(progress.at, span.end);
        continue;
      }
      progress.at = span.end;
      return this.#extend(text, progress, { armed, start: span.start }, hits);
    }
    return true;
  }

  /** @returns false: the hit reaches the end of what is known. */
  #extend(text: Text, progress: Progress, open: NonNullable<Progress['open']>, hits: Hits): boolean {
    const end = open.armed.detector.extend?.(text, progress.at) ?? progress.at;
    progress.at = end < 0 ? ~end : end;
    progress.open = end < 0 ? open : undefined;
    hits.add(open.start, progress.at, open.armed.rule);
    return end >= 0;
  }
}

/** Most bytes of most texts end here: the loop that decides how fast a text is searched. */
function skipPlain(kinds: Uint8Array, bytes: Buffer, from: number, end: number): number {
  let at = from;
  while (at < end && kinds[bytes[at] as number] === PLAIN) at += 1;
  return at;
}

/**
 * Whether any detector may want the number in `[at, last)`: a long one, one behind two letters, or the
 * first of groups as cards (4 or 6 digits next), telephone numbers (3, 4) and social security numbers
 * (2, 4) have them. Dates, times and most numbers end here. A quick superset, like `likely`.
 */
function mayMatter(bytes: Buffer, at: number, last: number, end: number): boolean {
  const length = last - at;
  if (length >= LONG_RUN) return true;
  if (length >= GROUP && (bytes[last] === SPACE || bytes[last] === HYPHEN || bytes[last] === DOT)) {
    const next = endOfDigits(bytes, last + 1, end, 7);
    const size = next - last - 1;
    if (size === 4 || size === 6) return true;
    if ((size === 2 || size === 3) && endOfDigits(bytes, next + 1, end, 4) === next + 5) return true;
  }
  return at >= 2 && (kindOf(bytes[at - 1]) & LETTER) !== 0 && (kindOf(bytes[at - 2]) & LETTER) !== 0;
}

function isWithin({ bytes, start }: Text, at: number): boolean {
  return at > start && isDigit(bytes[at - 1]);
}
