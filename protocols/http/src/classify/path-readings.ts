/** Escapes within escapes within escapes: no server decodes more often. */
const DECODINGS = 3;
/** Paths that can be read in more ways than these are made for that. */
const READINGS = 16;
const ESCAPES = /(?:%[0-9A-F]{2})+/gi;
/** Decoded, these may change where a path leads. */
const STRUCTURAL = /[%/;?#\\]/;
/** A segment that leads nowhere or up, where blanks do not count. */
const DOTS = /(?:^|\/)[.\s]*\.[.\s]*(?:\/|$)/;

/** What servers do to a path besides decoding it, one by one: any of them, in any order. */
const HABITS: readonly ((path: string) => string)[] = [
  (path) => path.replaceAll('\\', '/'), // Windows
  (path) => path.replace(/;[^/]*/g, ''), // parameters of segments: servlets
  (path) => path.replace(/[?#].*$/s, '') || '/', // decoded first, taken apart then
  (path) => path.normalize('NFKC'),
  (path) => path.replace(/\/{2,}/g, '/'),
];

/**
 * Every text that a server may take a path for.
 *
 * @param path normalised.
 * @returns the first is how rules are written, with nothing escaped but what would change its meaning; a sentence where
 * some reading of the path climbs, is no text, or there are too many.
 */
export function pathReadings(path: string): readonly string[] | string {
  /** With the number of decodings that led there. */
  const read = new Map([[path, 0]]);
  for (const [text, decodings] of read) {
    const decoded = decode(text, () => true);
    if (decoded === undefined) return 'The path holds escapes that are no UTF-8.';
    if (decoded !== text && decodings === DECODINGS) return 'The path is escaped more than three times over.';
    add(read, decoded, decodings + 1);
    for (const habit of HABITS) add(read, habit(text), decodings);
    if (read.size > READINGS) return 'The path can be read in too many ways: leave out what is escaped twice.';
  }
  const readings = new Set([...read.keys()].map((text) => decode(text, (character) => !STRUCTURAL.test(character)) ?? text));
  for (const reading of readings) {
    if (DOTS.test(reading)) return 'The path holds "." or ".." in a form that some servers follow: leave it out.';
    if (/\p{Cc}/u.test(reading)) return 'The path holds an escaped control character.';
  }
  return [...readings];
}

function add(read: Map<string, number>, text: string, decodings: number): void {
  if (!read.has(text)) read.set(text, decodings);
}

/** @returns undefined where the escapes are no UTF-8. */
function decode(text: string, wanted: (character: string) => boolean): string | undefined {
  try {
    return text.replace(ESCAPES, (run) => [...decodeURIComponent(run)].map((one) => (wanted(one) ? one : escaped(one))).join(''));
  } catch {
    return undefined;
  }
}

function escaped(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}
