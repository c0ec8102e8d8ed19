import { code } from './byte-kind.ts';
import { type Detector, HIT, MORE, NONE, type Outcome, type Span, type Text } from './detector.ts';
import { endOfDigits, endOfGroups, endOfNumber, HYPHEN, isDigit, numberBefore, SPACE } from './number-groups.ts';

const SLASH = code('/');
const SHORTEST = 13;
const LONGEST_NUMBER = 19;
/** How cards are printed, by the number of digits in each group; the longest first. */
const LAYOUTS: readonly (readonly number[])[] = [
  [4, 4, 4, 4, 3],
  [4, 4, 4, 4],
  [4, 6, 5],
  [4, 6, 4],
  [4, 4, 5],
];

/** Issuers: first and last prefix of four digits, then the lengths that they issue. */
const ISSUERS: readonly (readonly [from: number, to: number, ...lengths: number[]])[] = [
  [2200, 2204, 16, 17, 18, 19], // Mir
  [2221, 2720, 16], // Mastercard
  [3000, 3059, 14], // Diners Club
  [3095, 3095, 14],
  [3400, 3499, 15], // American Express
  [3528, 3589, 16, 17, 18, 19], // JCB
  [3600, 3699, 14],
  [3700, 3799, 15],
  [3800, 3999, 14],
  [4000, 4999, 13, 16, 19], // Visa
  [5018, 5018, 13, 14, 15, 16, 17, 18, 19], // Maestro
  [5020, 5020, 13, 14, 15, 16, 17, 18, 19],
  [5038, 5038, 13, 14, 15, 16, 17, 18, 19],
  [5100, 5599, 16], // Mastercard
  [5893, 5893, 13, 14, 15, 16, 17, 18, 19], // Maestro
  [6011, 6011, 16, 17, 18, 19], // Discover
  [6200, 6299, 16, 17, 18, 19], // UnionPay
  [6304, 6304, 13, 14, 15, 16, 17, 18, 19], // Maestro
  [6440, 6599, 16, 17, 18, 19], // Discover
  [6759, 6763, 13, 14, 15, 16, 17, 18, 19], // Maestro
  [8100, 8171, 16, 17, 18, 19], // RuPay
];

/**
 * Payment cards: 13 to 19 digits ({@link https://www.iso.org/standard/70484.html ISO/IEC 7812-1}) in one
 * run or in the groups that are printed, with an issuer's prefix and length and a right Luhn digit.
 * Thirteen digits that are also a right EAN-13 are a product. 23 bytes at most.
 */
export const card: Detector = {
  anchors: '0123456789',
  likely(bytes, at, end) {
    let digits = 0;
    for (let position = at; position < end && digits < SHORTEST; position += 1) {
      if (isDigit(bytes[position])) digits += 1;
      else if ((bytes[position] !== SPACE && bytes[position] !== HYPHEN) || !isDigit(bytes[position + 1])) return false;
    }
    return digits === SHORTEST;
  },
  match(text, at, span) {
    if (numberBefore(text, at)) return NONE;
    const { bytes, end, final } = text;
    span.start = at;
    const run = endOfDigits(bytes, at, end, LONGEST_NUMBER + 1);
    if (run === end && !final && run - at <= LONGEST_NUMBER) return MORE;
    if (run - at > 4) return run - at >= SHORTEST ? judge(text, span, run) : NONE;
    const sign = bytes[run];
    return run - at === 4 && (sign === SPACE || sign === HYPHEN) ? grouped(text, span, sign) : NONE;
  },
};

function grouped(text: Text, span: Span, sign: number): Outcome {
  for (const layout of LAYOUTS) {
    const last = endOfGroups(text, span.start, layout, sign);
    if (last === -2) return MORE;
    const outcome = last < 0 ? NONE : judge(text, span, last);
    if (outcome === HIT) return goesOn(text, last);
    if (outcome !== NONE) return outcome;
  }
  return NONE;
}

/** One or two digits in a group of their own: a longer number. Three are a card's security code, and `12/29` is its end. */
function goesOn({ bytes, end, final }: Text, at: number): Outcome {
  if (at + 3 >= end && !final) return MORE;
  const digits = at < end && bytes[at] === SPACE ? endOfDigits(bytes, at + 1, end, 3) - at - 1 : 0;
  return (digits === 1 || digits === 2) && !(at + 1 + digits < end && bytes[at + 1 + digits] === SLASH) ? NONE : HIT;
}

function judge(text: Text, span: Span, last: number): Outcome {
  span.end = last;
  const digits = text.bytes.toString('latin1', span.start, last).replaceAll(/[ -]/g, '');
  if (!isIssued(digits) || !isLuhn(digits) || (digits.length === 13 && isEan(digits))) return NONE;
  return endOfNumber(text, last);
}

function isIssued(digits: string): boolean {
  const prefix = Number(digits.slice(0, 4));
  return ISSUERS.some(([from, to, ...lengths]) => prefix >= from && prefix <= to && lengths.includes(digits.length));
}

/** {@link https://www.iso.org/standard/70484.html ISO/IEC 7812-1, annex B} */
function isLuhn(digits: string): boolean {
  return weighted(digits, (digit) => (digit > 4 ? 2 * digit - 9 : 2 * digit)) % 10 === 0;
}

/** {@link https://www.gs1.org/services/how-calculate-check-digit-manually GS1's check digit} */
function isEan(digits: string): boolean {
  return weighted(digits, (digit) => 3 * digit) % 10 === 0;
}

/** The sum of all digits, every second from the right weighed. */
function weighted(digits: string, weigh: (digit: number) => number): number {
  let sum = 0;
  for (let index = digits.length - 1, second = false; index >= 0; index -= 1, second = !second) {
    const digit = digits.charCodeAt(index) - 48;
    sum += second ? weigh(digit) : digit;
  }
  return sum;
}
