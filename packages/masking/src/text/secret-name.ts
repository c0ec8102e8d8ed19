import { byteSet, code } from './byte-kind.ts';
import { byteAt, type Text } from './detector.ts';

/** What a name ends with whose value is a secret; case and the signs between the words do not count. */
const ENDINGS = [
  'apikey',
  'accesskey',
  'secretkey',
  'privatekey',
  'authkey',
  'encryptionkey',
  'signingkey',
  'masterkey',
  'accountkey',
  'subscriptionkey',
  'licensekey',
  'secret',
  'token',
  'password',
  'passwd',
  'passphrase',
  'pwd',
  'credential',
  'credentials',
  'authorization',
];
/** By the last letter, so that most names cost one look. */
const BY_LAST = new Map<number, readonly string[]>();
for (const ending of ENDINGS)
  BY_LAST.set(
    ending.charCodeAt(ending.length - 1),
    ENDINGS.filter((one) => one.at(-1) === ending.at(-1)),
  );

const [SPACE, HYPHEN, UNDERSCORE] = [code(' '), code('-'), code('_')];
const isQuote = byteSet('"\'`\\');
const SPACES = 3;
/** A quote, and the backslash before it in a string within a string. */
const QUOTES = 2;

/** Whether a name of a secret may end before the `=` or `:` at `at`: a quick superset of {@link namesSecret}. */
export function mayNameSecret(bytes: Buffer, at: number): boolean {
  let position = at - 1;
  for (let spaces = 0; spaces < SPACES && bytes[position] === SPACE; spaces += 1) position -= 1;
  for (let quotes = 0; quotes < QUOTES && isQuote(bytes[position]); quotes += 1) position -= 1;
  return BY_LAST.has(lower(bytes[position]));
}

/** Whether the name before the `=` or `:` at `at` is that of a secret: `api_key =`, `"clientSecret":`. */
export function namesSecret(text: Text, at: number): boolean {
  let position = at - 1;
  for (let spaces = 0; spaces < SPACES && byteAt(text, position) === SPACE; spaces += 1) position -= 1;
  for (let quotes = 0; quotes < QUOTES && isQuote(byteAt(text, position)); quotes += 1) position -= 1;
  const endings = BY_LAST.get(lower(byteAt(text, position))) ?? [];
  return endings.some((ending) => endsWith(text, position, ending));
}

/** @param last place of the name's last character. */
function endsWith(text: Text, last: number, ending: string): boolean {
  let position = last;
  for (let index = ending.length - 1; index >= 0; index -= 1) {
    let byte = byteAt(text, position);
    if (index < ending.length - 1 && (byte === UNDERSCORE || byte === HYPHEN)) byte = byteAt(text, --position);
    if (lower(byte) !== ending.charCodeAt(index)) return false;
    position -= 1;
  }
  return true;
}

function lower(byte: number | undefined): number {
  return (byte ?? 0) | 0x20;
}
