/** `\`, and bytes that are no printable text. */
const UNPRINTABLE = /[\\\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/**
 * A path's bytes as text: what is no UTF-8 and no printable character stands as `\xNN`, a backslash as `\\`, so that no
 * two paths look the same. Rules match this form.
 */
export function pathText(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  if (!text.includes('\ufffd')) return text.replace(UNPRINTABLE, (character) => escaped(Buffer.from(character)));
  return escapeInvalid(bytes);
}

/**
 * A path as the target's system calls resolve it, symbolic links aside: relative ones against `directory`, without `.`,
 * `..` and doubled slashes.
 */
export function resolvePath(path: string, directory: string): string {
  const parts: string[] = [];
  for (const part of (path.startsWith('/') ? path : `${directory}/${path}`).split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

/** The directory that a resolved path stands in. */
export function parentOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 1));
}

function escapeInvalid(bytes: Buffer): string {
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes[at] as number);
    const character = bytes.subarray(at, at + length);
    // Whatever is no whole, shortest sequence decodes to something of other bytes.
    const decoded = character.toString('utf8');
    const valid = Buffer.from(decoded).equals(character);
    text += valid ? decoded.replace(UNPRINTABLE, (one) => escaped(Buffer.from(one))) : escaped(bytes.subarray(at, at + 1));
    at += valid ? length : 1;
  }
  return text;
}

function sequenceLength(first: number): number {
  if (first < 0xc0) return 1;
  if (first < 0xe0) return 2;
  return first < 0xf0 ? 3 : 4;
}

function escaped(bytes: Buffer): string {
  return bytes.length === 1 && bytes[0] === 0x5c ? '\\\\' : [...bytes].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
}
