/** The hash that names a repository's objects. */
export type ObjectFormat = 'sha1' | 'sha256';

const DIGITS = { sha1: 40, sha256: 64 } as const;

/** Lower-case hexadecimal digits only: that is how git writes ids. */
export function isObjectId(text: string, format: ObjectFormat): boolean {
  return text.length === DIGITS[format] && /^[0-9a-f]*$/.test(text);
}

/** The id of nothing: the `old` of a ref that is made, the `new` of one that is deleted. */
export function isZeroId(id: string): boolean {
  return /^0+$/.test(id);
}

/** Bytes of an id as trees hold it. */
export function idBytes(format: ObjectFormat): number {
  return DIGITS[format] / 2;
}
