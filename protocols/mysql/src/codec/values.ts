import type { BodyReader } from './body-reader.ts';
import { lenencBytes } from './bytes.ts';
import { TYPE } from './columns.ts';

// Values of the binary protocol.
// https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_binary_resultset.html

const FIXED_BYTES: Readonly<Record<number, number>> = {
  [TYPE.NULL]: 0,
  [TYPE.TINY]: 1,
  [TYPE.SHORT]: 2,
  [TYPE.YEAR]: 2,
  [TYPE.LONG]: 4,
  [TYPE.INT24]: 4,
  [TYPE.FLOAT]: 4,
  [TYPE.LONGLONG]: 8,
  [TYPE.DOUBLE]: 8,
};
const TIMES: ReadonlySet<number> = new Set([TYPE.DATE, TYPE.DATETIME, TYPE.TIMESTAMP, TYPE.TIME]);
const TEXTS: ReadonlySet<number> = new Set([
  TYPE.VARCHAR,
  TYPE.VAR_STRING,
  TYPE.STRING,
  TYPE.ENUM,
  TYPE.SET,
  TYPE.TINY_BLOB,
  TYPE.MEDIUM_BLOB,
  TYPE.LONG_BLOB,
  TYPE.BLOB,
]);

/** Values with their length before them that are neither text nor JSON. 0xf2 is MySQL's VECTOR. */
const SIZED: ReadonlySet<number> = new Set([TYPE.DECIMAL, TYPE.NEWDECIMAL, TYPE.BIT, TYPE.GEOMETRY, 0xf2]);

/** What {@link valueWidth} says of values with a lenenc length before them, with a length of one byte, and of what nobody knows. */
export const WIDTH = { SIZED: -1, TIME: -2, UNKNOWN: -3 } as const;
const WIDTHS = Int8Array.from({ length: 256 }, (_, type) => {
  if (FIXED_BYTES[type] !== undefined) return FIXED_BYTES[type];
  if (TIMES.has(type)) return WIDTH.TIME;
  return isSearched(type) || SIZED.has(type) ? WIDTH.SIZED : WIDTH.UNKNOWN;
});

/** Bytes of a value of that type, or one of {@link WIDTH}. */
export function valueWidth(type: number): number {
  return WIDTHS[type] ?? WIDTH.UNKNOWN;
}

/** Texts and bytes of any length: which of both, and how they are read, says the collation. */
export function isTextType(type: number): boolean {
  return TEXTS.has(type);
}

/** Anything may stand in it: bytes and JSON too. */
export function isSearched(type: number): boolean {
  return TEXTS.has(type) || type === TYPE.JSON;
}

/** The next value, without the length before it. */
export function readValue(body: BodyReader, type: number): Buffer {
  const width = valueWidth(type);
  if (width >= 0) return body.bytes(width);
  if (width === WIDTH.TIME) return body.bytes(body.int(1));
  // Of another width than was thought it would shift every cell behind it, and masks would be put beside their values.
  if (width === WIDTH.UNKNOWN) throw body.broken(`a value of the unknown type 0x${type.toString(16)}`);
  return body.lenencBytes();
}

/** What {@link readValue} reads. */
export function writtenValue(value: Buffer, type: number): Buffer {
  const width = valueWidth(type);
  if (width >= 0) return value;
  return width === WIDTH.TIME ? Buffer.concat([Buffer.of(value.length), value]) : lenencBytes(value);
}

/** A value of the binary protocol as the text protocol would show it; undefined for bytes that are no text. */
export function valueText(value: Buffer, type: number, unsigned: boolean): string | undefined {
  switch (type) {
    case TYPE.TINY:
      return String(unsigned ? value.readUInt8() : value.readInt8());
    case TYPE.SHORT:
    case TYPE.YEAR:
      return String(unsigned ? value.readUInt16LE() : value.readInt16LE());
    case TYPE.LONG:
    case TYPE.INT24:
      return String(unsigned ? value.readUInt32LE() : value.readInt32LE());
    case TYPE.LONGLONG:
      return String(unsigned ? value.readBigUInt64LE() : value.readBigInt64LE());
    case TYPE.FLOAT:
      return String(Number(value.readFloatLE().toPrecision(6)));
    case TYPE.DOUBLE:
      return String(value.readDoubleLE());
    case TYPE.DATE:
      return dateText(value);
    case TYPE.DATETIME:
    case TYPE.TIMESTAMP:
      return `${dateText(value)} ${clockText(value, 4)}`;
    case TYPE.TIME:
      return timeText(value);
    default:
      return textOf(value);
  }
}

/** Valid UTF-8 as it is. */
export function textOf(value: Buffer): string | undefined {
  const text = value.toString();
  return text.includes('\uFFFD') ? undefined : text;
}

const digits = (number: number, width = 2): string => String(number).padStart(width, '0');

/** `year Int16 | month | day`; nothing for zero. */
function dateText(value: Buffer): string {
  if (value.length < 4) return '0000-00-00';
  return `${digits(value.readUInt16LE(), 4)}-${digits(value.readUInt8(2))}-${digits(value.readUInt8(3))}`;
}

/** `hour | minute | second | microseconds Int32?` */
function clockText(value: Buffer, at: number, hours = value.length > at ? value.readUInt8(at) : 0): string {
  if (value.length < at + 3) return '00:00:00';
  const fraction = value.length >= at + 7 ? `.${digits(value.readUInt32LE(at + 3), 6)}` : '';
  return `${digits(hours)}:${digits(value.readUInt8(at + 1))}:${digits(value.readUInt8(at + 2))}${fraction}`;
}

/** `negative | days Int32 | hour | …` */
function timeText(value: Buffer): string {
  if (value.length < 8) return '00:00:00';
  const sign = value.readUInt8() === 1 ? '-' : '';
  return sign + clockText(value, 5, value.readUInt32LE(1) * 24 + value.readUInt8(5));
}
