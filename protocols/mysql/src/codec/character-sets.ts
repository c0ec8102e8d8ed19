import { BINARY_CHARSET } from './columns.ts';

// Collations by number, as column definitions name them. The servers list theirs in information_schema.collations.
// https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_character_set.html

/** A character set as far as cells are read and written in it. */
export type CharacterSet = 'utf8mb4' | 'utf8mb3' | 'latin1' | 'ascii' | 'binary' | 'readable' | 'unreadable';

/** The last that MySQL has; beyond it only MariaDB's: its Croatian and its like, those without padding, and UCA 14. */
const LAST = 323;
const NO_PAD = 1024;
const UCA_1400 = { utf8mb3: 2048, utf8mb4: 2304, wide: 2560 };
const MARIADB_UTF8MB3: ReadonlySet<number> = new Set([576, 577, 578]);
const MARIADB_UTF8MB4: ReadonlySet<number> = new Set([608, 609, 610]);

const UTF8MB3: ReadonlySet<number> = new Set([33, 76, 83, 223]);
const UTF8MB4: ReadonlySet<number> = new Set([45, 46]);
const LATIN1: ReadonlySet<number> = new Set([5, 8, 15, 31, 47, 48, 49, 94]);
const ASCII: ReadonlySet<number> = new Set([11, 65]);
/** Collations of swe7, ucs2, utf16, utf16le, utf32 and filename, whose bytes below 0x80 are not ASCII's. */
const UNREADABLE: ReadonlySet<number> = new Set([10, 17, 35, 54, 55, 56, 60, 61, 62, 82, 90, 159]);

/** What is not known cannot be read. `readable`: ASCII in it is ASCII, and no more is promised. */
export function characterSet(collation: number): CharacterSet {
  if (collation >= UCA_1400.utf8mb3) return collation < UCA_1400.utf8mb4 ? 'utf8mb3' : collation < UCA_1400.wide ? 'utf8mb4' : 'unreadable';
  if (MARIADB_UTF8MB3.has(collation)) return 'utf8mb3';
  if (MARIADB_UTF8MB4.has(collation)) return 'utf8mb4';
  const plain = collation >= NO_PAD ? collation - NO_PAD : collation;
  const wide = plain >= 101 && plain <= 183;
  if (plain <= 0 || plain > LAST || wide || UNREADABLE.has(plain)) return 'unreadable';
  if (plain === BINARY_CHARSET) return 'binary';
  if (UTF8MB3.has(plain) || (plain >= 192 && plain <= 215)) return 'utf8mb3';
  if (UTF8MB4.has(plain) || (plain >= 224 && plain <= 247) || plain >= 255) return 'utf8mb4';
  if (LATIN1.has(plain)) return 'latin1';
  return ASCII.has(plain) ? 'ascii' : 'readable';
}

/** Whether ASCII in a text of that collation is ASCII: only then a mask may stand in it, and forms are found in it. */
export function isReadable(collation: number): boolean {
  return characterSet(collation) !== 'unreadable';
}

/** MySQL's latin1 is cp1252, whose five gaps stand for the control characters of their numbers: as WHATWG has it. */
const LATIN1_DECODER = new TextDecoder('windows-1252');
const LATIN1_BYTES: ReadonlyMap<string, number> = new Map(
  Array.from(LATIN1_DECODER.decode(Uint8Array.from({ length: 256 }, (_, byte) => byte)), (character, byte) => [character, byte]),
);

export function readLatin1(bytes: Buffer, start: number, end: number): string {
  return LATIN1_DECODER.decode(bytes.subarray(start, end));
}

/** A text of that collation, as far as it can be read. */
export function readText(bytes: Buffer, collation: number): string {
  return characterSet(collation) === 'latin1' ? readLatin1(bytes, 0, bytes.length) : bytes.toString();
}

/** What has no place in it becomes `?`, as at a server. */
export function writeLatin1(text: string): Buffer {
  return Buffer.from(Array.from(text, (character) => LATIN1_BYTES.get(character) ?? 0x3f));
}
