import { byteSet, code, kindOf, WORD } from './byte-kind.ts';
import { byteAt, cut, type Detector, MORE, NONE, type Outcome, type Span, stands, type Text, wordBefore } from './detector.ts';
import { DOT, endOfDigits, endOfGroups, endOfNumber, HYPHEN, isDigit, mayGroup, numberBefore, SPACE } from './number-groups.ts';

const PLUS = code('+');
const OPENING = code('(');
const CLOSING = code(')');
const isSign = byteSet(' -./');
const DIGITS_AT_LEAST = 9;
const DIGITS_AT_MOST = 15;
/** Digits with the country's 1 in front. */
const NORTH_AMERICAN = 11;
/** Country codes of two digits; the others have three: {@link https://www.itu.int/pub/T-SP-E.164D ITU-T E.164.D}. */
const TWO_DIGITS = new Set(
  '20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 94 95 98'.split(
    ' ',
  ),
);
/** First digits of those with three. */
const THREE_DIGITS = new Set('21 22 23 24 25 26 29 35 37 38 42 50 59 67 68 69 80 85 87 88 96 97 99'.split(' '));

/**
 * Telephone numbers: `+` with a country code and 9 to 15 digits in all
 * ({@link https://www.itu.int/rec/T-REC-E.164 ITU-T E.164}), and North American numbers written
 * `(415) 555-2671`, `415-555-2671` or `415.555.2671`. Other national forms are any number. 40 bytes at most.
 */
export const phone: Detector = {
  anchors: '+(0123456789',
  likely(bytes, at, end) {
    const byte = bytes[at];
    if (byte === PLUS) return isDigit(bytes[at + 1]) && at + DIGITS_AT_LEAST < end;
    return byte === OPENING ? isDigit(bytes[at + 1]) && isDigit(bytes[at + 3]) : mayGroup(bytes, at, end, [3, 3, 4]);
  },
  match(text, at, span) {
    span.start = at;
    const byte = text.bytes[at];
    if (byte === PLUS) return wordBefore(text, at) || byteAt(text, at - 1) === PLUS ? NONE : international(text, at, span);
    if (byte === OPENING) return wordBefore(text, at) ? NONE : inBrackets(text, at, span);
    if (countryBefore(text, at)) span.start = at - 2;
    else if (numberBefore(text, at)) return NONE;
    return rest(text, at, [3, 3, 4], span);
  },
};

/** Digits with single signs between them; one group may stand in brackets, and a `(0)` does not count. */
function international(text: Text, at: number, span: Span): Outcome {
  const { bytes, end, final } = text;
  let digits = '';
  let position = at + 1;
  for (;;) {
    const groupEnd = endOfDigits(bytes, position, end, DIGITS_AT_MOST + 1);
    if (groupEnd === end && !final && groupEnd - position <= DIGITS_AT_MOST) return MORE;
    if (groupEnd === position) return NONE;
    const group = bytes.toString('latin1', position, groupEnd);
    if (digits.length + group.length > DIGITS_AT_MOST) break;
    // A trunk prefix in brackets is dialled at home only.
    if (!(group === '0' && bytes[position - 1] === OPENING && byteAt(text, groupEnd) === CLOSING)) digits += group;
    span.end = groupEnd;
    if (digits.startsWith('1') && digits.length >= NORTH_AMERICAN) break;
    const next = nextGroup(text, groupEnd);
    if (next < 0) return MORE;
    if (next === 0) break;
    position = next;
  }
  return isDialled(digits) ? endOfNumber(text, span.end) : NONE;
}

/** Where digits go on behind one sign, or a bracket and its sign; 0: they do not; -1: the text ends before that is known. */
function nextGroup(text: Text, at: number): number {
  let position = at;
  if (byteAt(text, position) === CLOSING) position += 1;
  if (isSign(byteAt(text, position))) position += 1;
  if (byteAt(text, position) === OPENING) position += 1;
  if (position >= text.end) return text.final ? 0 : -1;
  return position > at && isDigit(text.bytes[position]) ? position : 0;
}

function isDialled(digits: string): boolean {
  if (digits.startsWith('1')) return digits.length === NORTH_AMERICAN && isNorthAmerican(digits.slice(1));
  if (digits.length < DIGITS_AT_LEAST) return false;
  const country = digits.slice(0, 2);
  return digits.startsWith('7') ? digits.length === 11 : TWO_DIGITS.has(country) || THREE_DIGITS.has(country);
}

/** Area code and exchange begin with 2 to 9, and neither is one like 911: {@link https://nationalnanpa.com/ NANP}. */
function isNorthAmerican(digits: string): boolean {
  return /^[2-9]\d\d[2-9]\d{6}$/.test(digits) && !/^.11|^....11/.test(digits);
}

function inBrackets(text: Text, at: number, span: Span): Outcome {
  const area = endOfGroups(text, at + 1, [3], 0);
  if (area < 0) return area === -2 ? MORE : NONE;
  const closed = stands(text, area, ')');
  if (closed !== true) return closed === false ? NONE : cut(text);
  const from = byteAt(text, area + 1) === SPACE ? area + 2 : area + 1;
  if (from >= text.end) return cut(text);
  return rest(text, from, [3, 4], span);
}

function rest(text: Text, from: number, lengths: readonly number[], span: Span): Outcome {
  let outcome: Outcome = NONE;
  for (const sign of [HYPHEN, DOT]) {
    const last = endOfGroups(text, from, lengths, sign);
    if (last === -2) outcome = MORE;
    if (last < 0) continue;
    span.end = last;
    const digits = text.bytes.toString('latin1', span.start, last).replaceAll(/\D/g, '').slice(-10);
    return isNorthAmerican(digits) ? endOfNumber(text, last) : NONE;
  }
  return outcome;
}

/** `1-415-…`: the country's digit stands before. With another sign between them it may have left already. */
function countryBefore({ bytes, start }: Text, at: number): boolean {
  if (at - 2 < start || bytes[at - 2] !== code('1') || (bytes[at - 1] !== HYPHEN && bytes[at - 1] !== DOT)) return false;
  return at - 2 === start || (kindOf(bytes[at - 3]) & WORD) === 0;
}
