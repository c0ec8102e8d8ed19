import { code, kindOf, WORD } from './byte-kind.ts';

/** The part of a text that is known: `bytes[start, end)`. One object serves a whole scan. */
export interface Text {
  bytes: Buffer;
  /** Where the text begins, or what is still known of it. */
  start: number;
  end: number;
  /** Nothing follows `end`. */
  final: boolean;
}

/** Where a hit lies. Written by {@link Detector.match}. */
export interface Span {
  start: number;
  end: number;
}

/** No hit has its anchor here. */
export const NONE = 0;
/** A hit: its span is written. */
export const HIT = 1;
/** What follows the end of the text decides. Only for texts that are not final. */
export const MORE = 2;
/** A hit longer than {@link LONGEST}: its start is written, and how far it reaches at least; {@link Detector.extend} goes on. */
export const OPEN = 3;
export type Outcome = typeof NONE | typeof HIT | typeof MORE | typeof OPEN;

/** The longest hit that is held as a whole, in bytes. What is longer is redacted, whatever the method, and need not be held. */
export const LONGEST = 4096;
/** No detector looks further back from its anchor than this. */
export const LOOK_BEHIND = 128;
/** No hit begins further before its anchor than this, and all bytes between are of kind LOCAL. */
export const LEAD = 64;

/**
 * One form of sensitive text. Detectors are asked at their anchors only and cost a bounded number of
 * steps for each byte of the text, whatever it holds.
 */
export interface Detector {
  /** Bytes that a hit has at a known place. Digits stand for the first of a run. */
  readonly anchors: string;
  /**
   * Whether a hit may have its anchor at `at`. A quick superset of {@link match}: it must not depend
   * on what stands before or behind the hit.
   */
  likely(bytes: Buffer, at: number, end: number): boolean;
  match(text: Text, at: number, span: Span): Outcome;
  /**
   * Goes on with an {@link OPEN} hit from `at`.
   *
   * @returns where it ends; or, when that is not known yet, `~position` up to which it reaches at least.
   */
  extend?(text: Text, at: number): number;
}

/** A byte of the text, undefined outside of it. */
export function byteAt({ bytes, start, end }: Text, at: number): number | undefined {
  return at < start || at >= end ? undefined : bytes[at];
}

const BACKSLASH = code('\\');
const ESCAPES = new Set(['n', 'r', 't', 'b', 'f', 'v'].map(code));

/**
 * Whether a word goes on to the left of `at`. The letter of an escape such as `\n`, as texts in JSON
 * or source code have it, is no part of the word behind it.
 */
export function wordBefore({ bytes, start }: Text, at: number): boolean {
  if (at <= start || (kindOf(bytes[at - 1]) & WORD) === 0) return false;
  return !(at - 1 > start && bytes[at - 2] === BACKSLASH && ESCAPES.has(bytes[at - 1] as number));
}

/** HIT, unless a word goes on at `end`; MORE where that is not known. */
export function endOfWord(text: Text, end: number): Outcome {
  if (end >= text.end) return text.final ? HIT : MORE;
  return (kindOf(text.bytes[end]) & WORD) === 0 ? HIT : NONE;
}

/** What to answer where the text ends within what might be a hit. */
export function cut(text: Text): Outcome {
  return text.final ? NONE : MORE;
}

/** The end of the run of bytes of a set that begins at `at`; looks at most one byte further than {@link LONGEST}. */
export function endOfRun({ bytes, end }: Text, at: number, within: (byte: number | undefined) => boolean): number {
  const last = Math.min(end, at + LONGEST + 1);
  let position = at;
  while (position < last && within(bytes[position])) position += 1;
  return position;
}

/**
 * Where an ASCII text stands: true; false where it does not. undefined: the text ends within it.
 */
export function stands({ bytes, end }: Text, at: number, words: string): boolean | undefined {
  for (let index = 0; index < words.length; index += 1) {
    if (at + index >= end) return undefined;
    if (bytes[at + index] !== words.charCodeAt(index)) return false;
  }
  return true;
}

/** {@link stands} towards the left: the words end right before `at`. */
export function standsBefore({ bytes, start }: Text, at: number, words: string): boolean {
  const from = at - words.length;
  if (from < start) return false;
  for (let index = 0; index < words.length; index += 1) if (bytes[from + index] !== words.charCodeAt(index)) return false;
  return true;
}
