import type { TextSink } from '../encoded-text.ts';
import { hexAt } from '../hex-digit.ts';

const [QUOTE, SLASH, BACKSLASH, U] = [0x22, 0x2f, 0x5c, 0x75];

/** What the letter behind a backslash stands for: {@link https://www.rfc-editor.org/rfc/rfc8259#section-7 RFC 8259}. */
const LETTERS = new Map<number, Buffer>(
  [
    [QUOTE, '"'],
    [BACKSLASH, '\\'],
    [SLASH, '/'],
    [0x62, '\b'],
    [0x66, '\f'],
    [0x6e, '\n'],
    [0x72, '\r'],
    [0x74, '\t'],
  ].map(([letter, text]) => [letter as number, Buffer.from(text as string)]),
);

/** An escape of a JSON string. */
export interface Escape {
  /** Bytes that it takes. */
  readonly length: number;
  /** What it stands for, in UTF-8; half a pair of surrogates in the form that UTF-8 would give it. */
  readonly decoded: Buffer;
}

/**
 * Reads the escape whose backslash stands at `at`.
 *
 * @returns undefined: its end is not known yet, which cannot be when the text is `final`; 'none': it is no escape of JSON.
 */
export function readEscape(bytes: Buffer, at: number, final: boolean): Escape | 'none' | undefined {
  const letter = bytes[at + 1];
  if (letter === undefined) return final ? 'none' : undefined;
  if (letter !== U) {
    const decoded = LETTERS.get(letter);
    return decoded === undefined ? 'none' : { length: 2, decoded };
  }
  const unit = readUnit(bytes, at);
  if (unit === undefined || unit < 0) return unit === undefined && !final ? undefined : 'none';
  if (unit >= 0xd800 && unit < 0xdc00) {
    const low = bytes[at + 6] === undefined && !final ? undefined : readUnit(bytes, at + 6);
    if (low === undefined && !final) return undefined;
    if (low !== undefined && low >= 0xdc00 && low < 0xe000) return { length: 12, decoded: Buffer.from(String.fromCharCode(unit, low)) };
  }
  return { length: 6, decoded: encoded(unit) };
}

/** The unit of UTF-16 that `\uXXXX` at `at` stands for; -1: that is none; undefined: the bytes end within it. */
function readUnit(bytes: Buffer, at: number): number | undefined {
  const end = bytes.length;
  if (at >= end) return undefined;
  if (bytes[at] !== BACKSLASH) return -1;
  if (at + 1 >= end) return undefined;
  if (bytes[at + 1] !== U) return -1;
  const known = Math.min(4, end - at - 2);
  const unit = hexAt(bytes, at + 2, known);
  return unit < 0 || known === 4 ? unit : undefined;
}

/** In UTF-8, surrogates too. */
function encoded(unit: number): Buffer {
  if (unit < 0x80) return Buffer.from([unit]);
  if (unit < 0x800) return Buffer.from([0xc0 | (unit >> 6), 0x80 | (unit & 0x3f)]);
  return Buffer.from([0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f)]);
}

/** The parts of a string between its quotes, which stand at `[start, end)`. A part that begins with a backslash holds what is no escape. */
export function readString(bytes: Buffer, start: number, end: number, to: Pick<TextSink, 'plain' | 'escape'>): void {
  const text = bytes.subarray(0, end);
  for (let part = start; part < end; ) {
    const at = text.indexOf(BACKSLASH, part);
    if (at !== part) to.plain(text.subarray(part, at < 0 ? end : at));
    if (at < 0) return;
    const read = readEscape(text, at, true);
    if (read !== 'none' && read !== undefined) {
      to.escape(text.subarray(at, at + read.length), read.decoded);
      part = at + read.length;
      continue;
    }
    const next = text.indexOf(BACKSLASH, at + 1);
    part = next < 0 ? end : next;
    to.plain(text.subarray(at, part));
  }
}

/** What a string says. */
export function decoded(bytes: Buffer, start: number, end: number): Buffer {
  // No escape stands for more bytes than it has.
  const text = Buffer.allocUnsafe(end - start);
  let length = 0;
  const add = (part: Buffer): void => {
    if (part.length > 8) part.copy(text, length);
    else for (let index = 0; index < part.length; index += 1) text[length + index] = part[index] as number;
    length += part.length;
  };
  readString(bytes, start, end, { plain: add, escape: (_raw, part) => add(part) });
  return text.subarray(0, length);
}

/** A text as it stands within the quotes of a JSON string. */
export function escaped(text: Buffer): Buffer {
  return Buffer.from(JSON.stringify(text.toString()).slice(1, -1));
}
