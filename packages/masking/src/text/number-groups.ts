import { code, DIGIT, kindOf, WORD } from './byte-kind.ts';
import { HIT, MORE, NONE, type Outcome, type Text, wordBefore } from './detector.ts';

export const SPACE: number = code(' ');
export const HYPHEN: number = code('-');
export const DOT: number = code('.');

export function isDigit(byte: number | undefined): boolean {
  return (kindOf(byte) & DIGIT) !== 0;
}

/** The end of the run of digits at `at`; looks at `most` bytes at most. */
export function endOfDigits(bytes: Buffer, at: number, end: number, most: number): number {
  const last = Math.min(end, at + most);
  let position = at;
  while (position < last && isDigit(bytes[position])) position += 1;
  return position;
}

/**
 * Whether digits stand at `at` in groups of exactly these lengths, parted by one `sign`.
 *
 * @returns their end; -1 where they do not; -2 where the text ends before that is known.
 */
export function endOfGroups({ bytes, end, final }: Text, at: number, lengths: readonly number[], sign: number): number {
  let position = at;
  for (const [index, length] of lengths.entries()) {
    if (index > 0) {
      if (position >= end) return final ? -1 : -2;
      if (bytes[position] !== sign) return -1;
      position += 1;
    }
    const groupEnd = endOfDigits(bytes, position, end, length);
    if (groupEnd - position < length) return groupEnd === end && !final ? -2 : -1;
    position = groupEnd;
  }
  return position;
}

/** Digits go on to the left: a word, a decimal point or a hyphen behind another digit. */
export function numberBefore(text: Text, at: number): boolean {
  if (wordBefore(text, at)) return true;
  const { bytes, start } = text;
  const sign = bytes[at - 1];
  return at - 1 > start && (sign === HYPHEN || sign === DOT) && isDigit(bytes[at - 2]);
}

/** HIT unless a word, or digits behind a point or hyphen, go on at `end`. A comma parts fields. */
export function endOfNumber({ bytes, end, final }: Text, at: number): Outcome {
  if (at >= end) return final ? HIT : MORE;
  const byte = bytes[at];
  if ((kindOf(byte) & WORD) !== 0) return NONE;
  if (byte !== HYPHEN && byte !== DOT) return HIT;
  if (at + 1 >= end) return final ? HIT : MORE;
  return isDigit(bytes[at + 1]) ? NONE : HIT;
}

/** Whether groups may stand at the end of a run: `before` digits at least, then exactly `middle`, then `after` at least. */
export function mayGroup(bytes: Buffer, at: number, end: number, [before, middle, after]: readonly [number, number, number]): boolean {
  const first = endOfDigits(bytes, at, end, 64);
  if (first - at < before) return false;
  let second = first + 1;
  while (second < end && second - first < 3 && !isDigit(bytes[second])) second += 1;
  const third = endOfDigits(bytes, second, end, middle) + 1;
  return third - 1 - second === middle && endOfDigits(bytes, third, end, after) - third === after;
}
