import { ALPHANUMERICS, byteSet, code } from './byte-kind.ts';
import { byteAt, cut, type Detector, endOfRun, HIT, LONGEST, MORE, NONE, OPEN, type Text, wordBefore } from './detector.ts';
import { extendRun } from './token-run.ts';

const isBase64 = byteSet(`${ALPHANUMERICS}_-`);
const isCharacter = byteSet(`${ALPHANUMERICS}_-.`);
const [E, Y, DOT, HYPHEN] = [code('e'), code('y'), code('.'), code('-')];
const SHORTEST_HEADER = 12;
const LONGEST_HEADER = 2048;
const SHORTEST_PAYLOAD = 4;

/**
 * JSON web tokens in compact form: a base64url header that names its `alg`, and two parts or more
 * behind it, parted by dots ({@link https://www.rfc-editor.org/rfc/rfc7515#section-3.1 RFC 7515},
 * {@link https://www.rfc-editor.org/rfc/rfc7516#section-3.1 RFC 7516}). Longer than 4096 bytes:
 * redacted as a whole.
 */
export const jwt: Detector = {
  anchors: 'J',
  likely: (bytes, at) => bytes[at - 1] === Y && bytes[at - 2] === E,
  match(text, at, span) {
    const from = at - 2;
    if (byteAt(text, at - 1) !== Y || byteAt(text, from) !== E || wordBefore(text, from)) return NONE;
    const before = byteAt(text, from - 1);
    if (before === DOT || before === HYPHEN) return NONE;
    const header = endOfRun(text, from, isBase64);
    if (header - from > LONGEST_HEADER) return NONE;
    if (header === text.end) return cut(text);
    if (text.bytes[header] !== DOT || !isHeader(text, from, header)) return NONE;
    span.start = from;
    const end = endOfRun(text, from, isCharacter);
    span.end = end;
    if (end - from > LONGEST) return OPEN;
    if (end === text.end && !text.final) return MORE;
    const [, payload = '', signature, ...more] = text.bytes.toString('latin1', from, end).split('.');
    // The full stop of a sentence is no part of it.
    if (more.length > 0 && more.at(-1) === '') span.end -= 1;
    return payload.length >= SHORTEST_PAYLOAD && signature !== undefined ? HIT : NONE;
  },
  extend: extendRun(isCharacter),
};

/** A JSON object with an algorithm: {@link https://www.rfc-editor.org/rfc/rfc7515#section-4.1.1 RFC 7515, 4.1.1}. */
function isHeader({ bytes }: Text, from: number, end: number): boolean {
  if (end - from < SHORTEST_HEADER) return false;
  return Buffer.from(bytes.toString('latin1', from, end), 'base64url').includes('"alg"');
}
