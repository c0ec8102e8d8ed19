import { byteSet } from './byte-kind.ts';
import { cut, type Detector, endOfWord, NONE, stands, wordBefore } from './detector.ts';

const PREFIXES = ['AKIA', 'ASIA', 'ABIA', 'ACCA'];
const isBase32 = byteSet('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567');
const LENGTH = 20;

/**
 * AWS access key ids: `AKIA` (long-term), `ASIA` (temporary), `ABIA` (bearer) or `ACCA`, and 16
 * characters of base32
 * ({@link https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids IAM identifiers}).
 * The secret key beside it has no form of its own: the api-key detector finds it by its name. 20 bytes.
 */
export const awsKey: Detector = {
  anchors: 'A',
  likely: (bytes, at, end) => at + LENGTH <= end && bytes[at + 3] === 0x41 && isBase32(bytes[at + 4]),
  match(text, at, span) {
    if (wordBefore(text, at)) return NONE;
    const found = PREFIXES.map((prefix) => stands(text, at, prefix));
    if (!found.includes(true)) return found.includes(undefined) ? cut(text) : NONE;
    for (let position = at + 4; position < at + LENGTH; position += 1) {
      if (position >= text.end) return cut(text);
      if (!isBase32(text.bytes[position])) return NONE;
    }
    span.start = at;
    span.end = at + LENGTH;
    return endOfWord(text, span.end);
  },
};
