import { GatewayError } from '@sallyport/core';
import { RE2JS, RE2JSException } from 're2js';
import type { Text } from './detector.ts';
import type { Hits } from './hits.ts';

/** How much of a text is looked at in one go, in bytes: matches of half of it are always found. */
const WINDOW = 8192;
const STEP = WINDOW / 2;
/** A character before a window decides about `\b`. */
const CONTEXT = 4;
/** Instructions of RE2's machine. Time grows with them, text by text. */
const LARGEST_PROGRAM = 2000;

const ASSERTION = /\\[bBAz]|[$^]/;
/** Signs of their own, and classes of what may not stand there. */
const NO_ASSERTION = /\\[$^\\]|\[\^/g;

/** A pattern of the configuration, matched in linear time. */
export class Pattern {
  readonly #expression: RE2JS;
  /** It asks what stands before or behind, so a value's match may be none in a run of values. */
  readonly #asserts: boolean;

  /**
   * @param text in RE2's syntax: {@link https://github.com/google/re2/wiki/Syntax}
   * @throws GatewayError ERR_CONFIG for what is none, is too large, or matches the empty text.
   */
  constructor(text: string) {
    const refuse = (why: string, cause?: unknown): GatewayError =>
      new GatewayError('ERR_CONFIG', `"${text}" ${why}`, cause === undefined ? undefined : { cause });
    try {
      this.#expression = RE2JS.compile(text);
    } catch (cause) {
      if (!(cause instanceof RE2JSException)) throw cause;
      const reason = cause.message.replace(/^error parsing regexp: /, '');
      throw refuse(`is no pattern: ${reason}. The syntax is RE2's: no look-around, no back-references.`, cause);
    }
    this.#asserts = ASSERTION.test(text.replaceAll(NO_ASSERTION, ''));
    if (this.#expression.programSize() > LARGEST_PROGRAM)
      throw refuse('is too large a pattern: use smaller repeat counts, or several rules.');
    if (this.#expression.test('')) throw refuse('matches the empty text: it would be found everywhere. Let it need a character at least.');
  }

  /** See `TextMask.mayFind`. */
  mayFind(bytes: Buffer, start: number, end: number): boolean {
    return this.#asserts || this.#expression.test(bytes.subarray(start, end));
  }

  /**
   * Adds the matches from `at` on.
   *
   * The text is looked at through windows whose places depend on the text alone, so that matches do
   * not depend on how it is cut: a window takes the matches that begin in its first half.
   *
   * @returns where to go on when more of the text is known.
   */
  find(text: Text, at: number, hits: Hits, rule: number): number {
    let from = at;
    while (from < text.end) {
      const whole = from + WINDOW > text.end;
      if (whole && !text.final) return from;
      const window = text.bytes.subarray(Math.max(text.start, from - CONTEXT), whole ? text.end : from + WINDOW);
      const last = this.#findIn(window, window.byteOffset - text.bytes.byteOffset, from, whole ? text.end : from + STEP, hits, rule);
      from = Math.max(whole ? text.end : from + STEP, last);
    }
    return from;
  }

  /** @param before where matches begin at the latest. @returns the end of the last one. */
  #findIn(window: Buffer, offset: number, from: number, before: number, hits: Hits, rule: number): number {
    let last = from;
    if (!this.#expression.test(window)) return last;
    const matcher = this.#expression.matcher(window);
    for (let found = matcher.find(from - offset); found; found = matcher.find()) {
      const [start, end] = [offset + matcher.start(), offset + matcher.end()];
      if (start >= before) break;
      if (end === start) continue;
      hits.add(start, end, rule);
      last = end;
    }
    return last;
  }
}
