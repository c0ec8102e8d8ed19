import { DIGIT, kindOf, LETTER } from './byte-kind.ts';
import { type Detector, HIT, LONGEST, MORE, NONE, type Span, type Text } from './detector.ts';
import type { Hits } from './hits.ts';

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
const SIGNS = new Set([' ', '-', '.', ')'].map((sign) => sign.charCodeAt(0)));

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
    for (let at = start; at < end; at += 1) {
      const kind = kinds[bytes[at] as number];
      if (kind === PLAIN) continue;
      if (kind === ANCHOR) {
        if (this.#likely(bytes, at, end)) return true;
        continue;
      }
      const last = endOfNumber(bytes, at, end);
      if (mayMatter(bytes, at, last) && this.#likely(bytes, at, end)) return true;
      at = last - 1;
    }
    return false;
  }

  /** Goes on until the end of the text, or to where more of it is needed. */
  scan(text: Text, progress: Progress, hits: Hits): void {
    if (progress.open !== undefined && !this.#extend(text, progress, progress.open, hits)) return;
    const { bytes, end, final } = text;
    const kinds = this.#kinds;
    let at = progress.at;
    while (at < end) {
      const kind = kinds[bytes[at] as number];
      if (kind === PLAIN) {
        at += 1;
        continue;
      }
      const number = kind === NUMBER;
      const last = number ? endOfNumber(bytes, at, end) : at + 1;
      const sure = final || last + REACH < end;
      if (!(number && ((sure && !mayMatter(bytes, at, last)) || isWithin(text, at))) && !this.#match(text, at, sure, progress, hits))
        return;
      at = Math.max(last, progress.at);
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

function endOfNumber(bytes: Buffer, at: number, end: number): number {
  let last = at + 1;
  while (last < end && (kindOf(bytes[last]) & DIGIT) !== 0) last += 1;
  return last;
}

/** A number that is neither long, nor in groups, nor behind two letters concerns no detector. */
function mayMatter(bytes: Buffer, at: number, last: number): boolean {
  const length = last - at;
  if (length >= LONG_RUN || (length >= GROUP && SIGNS.has(bytes[last] as number))) return true;
  return at >= 2 && (kindOf(bytes[at - 1]) & LETTER) !== 0 && (kindOf(bytes[at - 2]) & LETTER) !== 0;
}

function isWithin({ bytes, start }: Text, at: number): boolean {
  return at > start && (kindOf(bytes[at - 1]) & DIGIT) !== 0;
}
