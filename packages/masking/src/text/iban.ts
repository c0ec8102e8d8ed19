import { DIGIT, kindOf, LETTER, LOWER, UPPER } from './byte-kind.ts';
import { type Detector, endOfWord, HIT, MORE, NONE, type Outcome, type Span, type Text, wordBefore } from './detector.ts';
import { isDigit, SPACE } from './number-groups.ts';

/** Length by country: {@link https://www.swift.com/standards/data-standards/iban SWIFT's registry}. */
const LENGTHS = new Map<string, number>(
  `AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24 FI18 FK18 FO18
  FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27
  MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27
  SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30`
    .trim()
    .split(/\s+/)
    .map((entry) => [entry.slice(0, 2), Number(entry.slice(2))]),
);

/**
 * International bank account numbers: country, two check digits, and as many letters and digits as
 * that country has, with 97 as the modulus ({@link https://www.iso.org/standard/81090.html ISO 13616-1});
 * in one run or in printed groups of four, all letters capital or all small. At most 33 + 8 bytes.
 */
export const iban: Detector = {
  anchors: '0123456789',
  likely: (bytes, at, end) => at >= 2 && isDigit(bytes[at + 1]) && at + 11 < end && lengthFor(bytes, at - 2) !== undefined,
  match(text, at, span) {
    const from = at - 2;
    if (from < text.start || wordBefore(text, from)) return NONE;
    const length = lengthFor(text.bytes, from);
    if (length === undefined) return NONE;
    const outcome = read(text, from, length, span);
    if (outcome !== HIT) return outcome;
    const written = text.bytes.toString('latin1', from, span.end).replaceAll(' ', '').toUpperCase();
    return remainder(written.slice(4) + written.slice(0, 4)) === 1 ? endOfWord(text, span.end) : NONE;
  },
};

function lengthFor(bytes: Buffer, at: number): number | undefined {
  const [first, second] = [kindOf(bytes[at]), kindOf(bytes[at + 1])];
  if ((first & LETTER) === 0 || (first & LETTER) !== (second & LETTER)) return undefined;
  return LENGTHS.get(bytes.toString('latin1', at, at + 2).toUpperCase());
}

/** Finds where `length` letters and digits end. */
function read({ bytes, end, final }: Text, from: number, length: number, span: Span): Outcome {
  const letters = (kindOf(bytes[from]) & UPPER) === 0 ? LOWER : UPPER;
  const printed = bytes[from + 4] === SPACE;
  let position = from;
  for (let read = 0; read < length; read += 1) {
    if (printed && read > 0 && read % 4 === 0) {
      if (position < end && bytes[position] !== SPACE) return NONE;
      position += 1;
    }
    if (position >= end) return final ? NONE : MORE;
    const wanted = read < 2 ? letters : read < 4 ? DIGIT : letters | DIGIT;
    if ((kindOf(bytes[position]) & wanted) === 0) return NONE;
    position += 1;
  }
  span.start = from;
  span.end = position;
  return HIT;
}

/** Modulo 97 of a number in which A is 10 and Z is 35. */
function remainder(written: string): number {
  let rest = 0;
  for (const character of written) {
    const value = Number.parseInt(character, 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest;
}
