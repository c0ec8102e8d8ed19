import type { FieldSyntax } from './copy-fields.ts';

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const BACKSLASH = 0x5c;

/** Control characters that text format writes as a letter behind a backslash. */
const LETTERS: Readonly<Record<number, string>> = { 8: 'b', 9: 't', 10: 'n', 11: 'v', 12: 'f', 13: 'r' };
const CONTROLS = new Map(Object.entries(LETTERS).map(([control, letter]) => [letter.charCodeAt(0), Number(control)]));

/** COPY's text format. https://www.postgresql.org/docs/current/sql-copy.html */
export function textSyntax(delimiter: number, nullText: string): FieldSyntax {
  const none = Buffer.from(nullText);
  // Only a backslash tells NULL from a value that reads the same; of an empty text nothing is given away.
  const tellsNull = none.length === 0 || none.includes(BACKSLASH);
  return {
    delimiter,
    null: none,
    fieldEnd(row, start) {
      let at = start;
      for (; at < row.length - 1 && row[at] !== delimiter; at += 1) if (row[at] === BACKSLASH) at += 1;
      return Math.min(at, row.length - 1);
    },
    decode(raw) {
      if (tellsNull && raw.equals(none)) return null;
      return raw.includes(BACKSLASH) ? unescapeText(raw) : raw;
    },
    encode: (value) => escapeText(value, delimiter),
  };
}

function unescapeText(raw: Buffer): Buffer {
  const value = Buffer.allocUnsafe(raw.length);
  let length = 0;
  for (let at = 0; at < raw.length; at += 1) {
    let byte = raw[at] as number;
    if (byte === BACKSLASH && at + 1 < raw.length) {
      at += 1;
      byte = raw[at] as number;
      byte = CONTROLS.get(byte) ?? byte;
    }
    value[length] = byte;
    length += 1;
  }
  return value.subarray(0, length);
}

function escapeText(value: Buffer, delimiter: number): Buffer {
  const raw: number[] = [];
  for (const byte of value) {
    const letter = LETTERS[byte];
    if (letter !== undefined) raw.push(BACKSLASH, letter.charCodeAt(0));
    else if (byte === BACKSLASH || byte === delimiter) raw.push(BACKSLASH, byte);
    else raw.push(byte);
  }
  return Buffer.from(raw);
}

/** A lone `\.` ends COPY's data for older readers, so it is quoted. */
const END_OF_DATA = Buffer.from('\\.');

/** COPY's CSV format. https://www.postgresql.org/docs/current/sql-copy.html */
export function csvSyntax(delimiter: number, nullText: string, quote: number, escaping: number): FieldSyntax {
  const none = Buffer.from(nullText);
  const quoted = (value: Buffer): boolean =>
    value.equals(none) ||
    value.equals(END_OF_DATA) ||
    value.some((byte) => byte === delimiter || byte === quote || byte === NEWLINE || byte === CARRIAGE_RETURN);
  return {
    delimiter,
    null: none,
    fieldEnd(row, start) {
      let at = row[start] === quote ? closingQuote(row, start, quote, escaping) + 1 : start;
      while (at < row.length - 1 && row[at] !== delimiter) at += 1;
      return Math.min(at, row.length - 1);
    },
    decode(raw) {
      if (raw[0] !== quote) return raw.equals(none) ? null : raw;
      return unescapeCsv(raw.subarray(1, closingQuote(raw, 0, quote, escaping)), quote, escaping);
    },
    encode: (value) => (quoted(value) ? quoteCsv(value, quote, escaping) : value),
  };
}

function closingQuote(raw: Buffer, opening: number, quote: number, escaping: number): number {
  let at = opening + 1;
  for (; at < raw.length; at += 1) {
    const escapes = raw[at] === escaping && (raw[at + 1] === quote || raw[at + 1] === escaping);
    if (escapes) at += 1;
    else if (raw[at] === quote) return at;
  }
  return at;
}

function unescapeCsv(inner: Buffer, quote: number, escaping: number): Buffer {
  const value: number[] = [];
  for (let at = 0; at < inner.length; at += 1) {
    if (inner[at] === escaping && (inner[at + 1] === quote || inner[at + 1] === escaping)) at += 1;
    value.push(inner[at] as number);
  }
  return Buffer.from(value);
}

function quoteCsv(value: Buffer, quote: number, escaping: number): Buffer {
  const raw = [quote];
  for (const byte of value) {
    if (byte === quote || byte === escaping) raw.push(escaping);
    raw.push(byte);
  }
  raw.push(quote);
  return Buffer.from(raw);
}
