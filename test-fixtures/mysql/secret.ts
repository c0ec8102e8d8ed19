import { readFileSync } from 'node:fs';

export const evasionFile = (name: 'evasion.sql' | 'evasion-seed.sql'): URL => new URL(name, import.meta.url);

/** The value that evasion-seed.sql puts into masked columns. */
export const SECRET = '4111222233334444';

function doubleBytes(): string {
  const bytes = Buffer.alloc(16);
  bytes.writeDoubleLE(Number(SECRET));
  bytes.writeBigInt64LE(BigInt(SECRET), 8);
  return bytes.toString('latin1');
}

/** The secret as such, backwards, in hexadecimal, in base64, its middle, as a number in text and binary, and in wide characters. */
const TRACES = [
  SECRET,
  [...SECRET].reverse().join(''),
  Buffer.from(SECRET).toString('hex'),
  Buffer.from(SECRET).toString('base64').slice(0, 16),
  SECRET.slice(4, 12),
  '4.111222233',
  doubleBytes().slice(0, 8),
  doubleBytes().slice(8),
  Buffer.from(SECRET.slice(0, 10), 'utf16le').toString('latin1').slice(0, -1),
  [...SECRET.slice(0, 8)].join('\0\0\0'),
];

/** The form in which the secret stands in the bytes; undefined: in none. */
export function traceIn(bytes: Buffer): string | undefined {
  const text = bytes.toString('latin1');
  return TRACES.find((trace) => text.includes(trace) || text.includes(trace.toUpperCase()));
}

const TABLES = 'customers numbers documents parts plain_parts versioned made searched merged unique_cards uses'.split(' ');

/** `database.table.column` of what is masked. */
export const SECRET_COLUMNS: readonly string[] = [
  ...TABLES.map((table) => `${table}.card`),
  'documents.card_area',
  'documents.card_exact',
].map((column) => `shop.${column}`);

/** What is expected of each attempt, and its messages. */
export const ATTEMPTS: readonly (readonly [expected: string, attempt: string])[] = readFileSync(evasionFile('evasion.sql'), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('--'))
  .map((line) => line.split('\t') as [string, string]);
