/** Kinds of bytes, as bits. Bytes above 0x7F have none: a letter of another script never joins a hit. */
export const DIGIT = 1;
export const UPPER = 2;
export const LOWER = 4;
const UNDERSCORE = 8;
/** What may stand before the `@` of an e-mail address; every byte that a detector looks back over is one of these. */
export const LOCAL = 16;
export const LETTER: number = UPPER | LOWER;
export const ALPHANUMERIC: number = LETTER | DIGIT;
export const WORD: number = ALPHANUMERIC | UNDERSCORE;

/** The last entry stands for the place beyond a text. */
const KINDS = new Uint8Array(257);
for (let byte = 0; byte < 128; byte += 1) {
  const char = String.fromCharCode(byte);
  KINDS[byte] =
    (/\d/.test(char) ? DIGIT : 0) |
    (/[A-Z]/.test(char) ? UPPER : 0) |
    (/[a-z]/.test(char) ? LOWER : 0) |
    (char === '_' ? UNDERSCORE : 0) |
    (/[A-Za-z0-9._%+-]/.test(char) ? LOCAL : 0);
}

/** The kinds of a byte, or 0 where there is none. */
export function kindOf(byte: number | undefined): number {
  return KINDS[byte ?? 256] as number;
}

/** A set of ASCII characters. */
export function byteSet(characters: string): (byte: number | undefined) => boolean {
  const set = new Uint8Array(257);
  for (const character of characters) set[character.charCodeAt(0)] = 1;
  return (byte) => set[byte ?? 256] === 1;
}

export const ALPHANUMERICS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** The code of one ASCII character. */
export function code(character: string): number {
  return character.charCodeAt(0);
}
