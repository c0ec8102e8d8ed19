import { ALPHANUMERICS, byteSet, code, DIGIT, kindOf, LOWER, UPPER } from './byte-kind.ts';
import { byteAt, cut, type Detector, endOfRun, HIT, LONGEST, MORE, NONE, OPEN, stands, type Text } from './detector.ts';
import { isDigit } from './number-groups.ts';
import { mayNameSecret, namesSecret } from './secret-name.ts';
import { extendRun } from './token-run.ts';

const [EQUALS, COLON, GREATER, SLASH] = [code('='), code(':'), code('>'), code('/')];
const isValue = byteSet(`${ALPHANUMERICS}+/_.~!@#$%^*?|-`);
const isSign = byteSet('!@#%^*?~|');
const SIGN = 256;
const UNDERSCORE = code('_');
const isOpening = byteSet('([{');
const isGap = byteSet(' \t"\'`\\');
const LONGEST_GAP = 6;
const SCHEMES = ['Bearer ', 'bearer ', 'Basic ', 'basic ', 'token '];
const SHORTEST = 12;
const ENTROPY_AT_LEAST = 3;
/** One of so many neighbours at least is of another kind, in what was drawn at random. */
const CHANGES_ONE_IN = 5;
const CHANGES_AT_LEAST = 3;

/**
 * Keys and passwords by their name: `api_key=…`, `"clientSecret": "…"`, `Authorization: Bearer …`, where
 * the value has 12 characters or more that look drawn at random: 3 bits of entropy for each character,
 * and digits, capital and small letters, and signs that change often. A random text without such
 * a name is no hit: hashes, ids and pictures look the same. Longer than 4096 bytes: redacted as a whole.
 */
export const apiKey: Detector = {
  anchors: '=:',
  likely: (bytes, at, end) => at + SHORTEST < end && mayNameSecret(bytes, at),
  match(text, at, span) {
    if (!namesSecret(text, at)) return NONE;
    const from = startOfValue(text, at + 1);
    if (from < 0) return from === -2 ? cut(text) : NONE;
    span.start = from;
    const run = endOfRun(text, from, isValue);
    span.end = run;
    if (run - from > LONGEST) return isRandom(text, from, from + LONGEST) ? OPEN : NONE;
    let end = run;
    while (end - run < 2 && byteAt(text, end) === EQUALS) end += 1;
    if (end === text.end && !text.final) return MORE;
    span.end = end;
    // `password = decode(…)`: a call is no value.
    return run - from >= SHORTEST && !isOpening(byteAt(text, end)) && isRandom(text, from, run) ? HIT : NONE;
  },
  extend: extendRun(isValue),
};

/** Behind `=`, `:`, `:=` or `=>`, quotes and the scheme of an authorization; -1: there is none; -2: the text ends before. */
function startOfValue(text: Text, at: number): number {
  let position = at;
  if (byteAt(text, position) === EQUALS || byteAt(text, position) === GREATER) position += 1;
  if (byteAt(text, position) === COLON || (byteAt(text, position) === SLASH && byteAt(text, position + 1) === SLASH)) return -1;
  const last = position + LONGEST_GAP;
  while (position < last && isGap(byteAt(text, position))) position += 1;
  if (position >= text.end) return -2;
  for (const scheme of SCHEMES) {
    const found = stands(text, position, scheme);
    if (found === undefined) return -2;
    if (found) return position + scheme.length;
  }
  return position;
}

function isRandom({ bytes }: Text, start: number, end: number): boolean {
  // `sk_live_…`: what says whose key it is was not drawn.
  const last = start + bytes.subarray(start, end).lastIndexOf(UNDERSCORE) + 1;
  const from = end - last >= SHORTEST ? last : start;
  // Without a digit it may be a name made of words.
  const oneIn = bytes.subarray(from, end).some(isDigit) ? CHANGES_ONE_IN : CHANGES_ONE_IN / 2;
  const enough = Math.max(CHANGES_AT_LEAST, (end - from) / oneIn);
  return changes(bytes, from, end) >= enough && entropy(bytes, from, end) >= ENTROPY_AT_LEAST;
}

/**
 * How often neighbours are of different kinds: digits, small letters, capital ones, signs. Not
 * counted: a small letter behind a capital one, since words begin so, and signs that part words.
 */
function changes(bytes: Buffer, from: number, end: number): number {
  let count = 0;
  for (let position = from + 1, before = kindOfSign(bytes[from]); position < end; position += 1) {
    const here = kindOfSign(bytes[position]);
    if (before !== here && before !== 0 && here !== 0 && !(before === UPPER && here === LOWER)) count += 1;
    before = here;
  }
  return count;
}

function kindOfSign(byte: number | undefined): number {
  return isSign(byte) ? SIGN : kindOf(byte) & (DIGIT | UPPER | LOWER);
}

/** Shannon's, in bits for each byte. */
function entropy(bytes: Buffer, from: number, end: number): number {
  const counts = new Map<number, number>();
  for (let position = from; position < end; position += 1)
    counts.set(bytes[position] as number, (counts.get(bytes[position] as number) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / (end - from)) * Math.log2(count / (end - from));
  return bits;
}
