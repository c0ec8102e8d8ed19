import type { TextSink } from '../encoded-text.ts';

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
  for (const [index, wanted] of [BACKSLASH, U].entries()) {
    if (at + index >= bytes.length) return undefined;
    if (bytes[at + index] !== wanted) return -1;
  }
  const digits = bytes.toString('latin1', at + 2, Math.min(at + 6, bytes.length));
  if (!/^[\da-f]*$/i.test(digits)) return -1;
  return digits.length === 4 ? Number.parseInt(digits, 16) : undefined;
}

function encoded(unit: number): Buffer {
  if (unit >= 0xd800 && unit < 0xe000) return Buffer.from([0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f)]);
  return Buffer.from(String.fromCharCode(unit));
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
  const parts: Buffer[] = [];
  readString(bytes, start, end, { plain: (part) => parts.push(part), escape: (_raw, text) => parts.push(text) });
  return Buffer.concat(parts);
}

/** A text as it stands within the quotes of a JSON string. */
export function escaped(text: Buffer): Buffer {
  return Buffer.from(JSON.stringify(text.toString()).slice(1, -1));
}
