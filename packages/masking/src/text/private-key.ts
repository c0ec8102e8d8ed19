import { ALPHANUMERICS, byteSet, code, DIGIT, kindOf, UPPER } from './byte-kind.ts';
import { byteAt, cut, type Detector, HIT, LONGEST, MORE, NONE, OPEN, stands, type Text } from './detector.ts';

const [HYPHEN, SPACE] = [code('-'), code(' ')];
const BEGIN = '-----BEGIN ';
const END = '-----END ';
const DASHES = '-----';
/** `PGP PRIVATE KEY BLOCK` is 21. */
const LONGEST_LABEL = 40;
/** So many characters of base64 on one line tell a key from a text about keys; headers stand before them. */
const KEY_RUN = 24;
const RUN_WITHIN = 512;
const isBase64 = byteSet(`${ALPHANUMERICS}+/=`);
/** Base64, line breaks (also as `\n` in a string), headers, and quotes that part the lines of a string in source code. */
const isBody = byteSet(`${ALPHANUMERICS}+/= \t\r\n\\:,.()'"@_`);

/**
 * Private keys in PEM ({@link https://www.rfc-editor.org/rfc/rfc7468 RFC 7468}), OpenSSH's and PGP's
 * form included: from `-----BEGIN … PRIVATE KEY` to the end of its `-----END …-----`, or of what can
 * be a key where that is missing. Longer than 4096 bytes: redacted as a whole, without being held.
 */
export const privateKey: Detector = {
  anchors: '-',
  likely: (bytes, at) => bytes[at + 4] === HYPHEN && bytes[at + 5] === code('B') && bytes[at + 6] === code('E'),
  match(text, at, span) {
    if (byteAt(text, at - 1) === HYPHEN) return NONE;
    const begins = stands(text, at, BEGIN);
    if (begins !== true) return begins === undefined ? cut(text) : NONE;
    const body = endOfLabel(text, at + BEGIN.length);
    if (body < 0) return body === -2 ? MORE : NONE;
    if (!/PRIVATE KEY(?: BLOCK)?-----$/.test(text.bytes.toString('latin1', at, body))) return NONE;
    const key = holdsKey(text, body);
    if (key !== HIT) return key;
    span.start = at;
    const end = endOfBody(text, body, at + LONGEST + 1);
    span.end = end < 0 ? ~end : end;
    if (end >= 0) return HIT;
    return span.end - at > LONGEST ? OPEN : MORE;
  },
  extend: (text, at) => endOfBody(text, at, Number.POSITIVE_INFINITY),
};

/** The end of `RSA PRIVATE KEY-----`; -1 where there is no label, -2 where the text ends within it. */
function endOfLabel(text: Text, at: number): number {
  const { bytes, end, final } = text;
  let position = at;
  while (
    position < end &&
    position - at < LONGEST_LABEL &&
    (bytes[position] === SPACE || (kindOf(bytes[position]) & (UPPER | DIGIT)) !== 0)
  )
    position += 1;
  const closed = stands(text, position, DASHES);
  if (closed === undefined) return final ? -1 : -2;
  return closed ? position + DASHES.length : -1;
}

function holdsKey({ bytes, end, final }: Text, at: number): typeof HIT | typeof NONE | typeof MORE {
  const last = Math.min(end, at + RUN_WITHIN);
  for (let position = at, run = 0; position < last; position += 1) {
    const byte = bytes[position];
    run = isBase64(byte) ? run + 1 : 0;
    if (run === KEY_RUN) return HIT;
    if (!isBody(byte) && byte !== HYPHEN) return NONE;
  }
  return last === end && !final ? MORE : NONE;
}

/**
 * The end of a body at `at` and of the line that ends it; `~position` where more is to come.
 *
 * @param until a position from which on nothing needs to be looked at.
 */
function endOfBody(text: Text, at: number, until: number): number {
  const { bytes, end, final } = text;
  const last = Math.min(end, until);
  let position = at;
  for (; position < last; position += 1) {
    if (isBody(bytes[position])) continue;
    if (bytes[position] !== HYPHEN) return position;
    const [ends, begins] = [stands(text, position, END), stands(text, position, BEGIN)];
    if (begins === true) return position;
    if (!final && (ends === undefined || begins === undefined)) return ~position;
    if (ends !== true) continue;
    const after = endOfLabel(text, position + END.length);
    if (after === -2) return ~position;
    return after === -1 ? position : after;
  }
  return position === end && final ? end : ~position;
}
