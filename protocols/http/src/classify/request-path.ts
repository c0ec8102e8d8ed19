import { pathReadings } from './path-readings.ts';

/** A request that means different things to different servers, or nothing: it is answered so, and goes nowhere. */
export interface Refusal {
  readonly status: 400 | 414;
  /** For people: what is wrong, and how to mend it. */
  readonly refused: string;
}

/** A path that was judged is the path that is sent. */
export interface RequestPath {
  /** What goes to the target: RFC 3986 section 6.2.2, without `.`, `..` and empty segments. */
  readonly path: string;
  /**
   * The path as rules see it, decoded, and in every further way that a server may read it: escaped slashes as slashes,
   * escapes within escapes, segments without their `;parameters`. One text where there is no doubt.
   */
  readonly readings: readonly string[];
}

/** Longer ones are refused; most servers take 8 KiB. */
const PATH_BYTES = 8_192;
/** Nothing in it is to be normalised, and nobody can read it otherwise. */
const PLAIN = /^(?!.*(?:\/\/|\/\.))\/[A-Za-z0-9\-._~!$&'()*+,=:@/]*$/;
const VISIBLE_ASCII = /^[\x21-\x7e]*$/;
const BROKEN_ESCAPE = /%(?![0-9A-Fa-f]{2})/;
const ESCAPED_CONTROL = /%(?:[01][0-9A-Fa-f]|7[Ff])/;
const UNRESERVED = /[A-Za-z0-9\-._~]/;
/** Clients send these as they are, though RFC 3986 has no place for them. */
const UNWISE = /["<>^`{|}]/g;
const ESCAPE = /%[0-9A-Fa-f]{2}/g;

/**
 * Reads the path of a request's target: what stands before the `?`.
 *
 * Where it could mean one thing to the gateway and another to the target it is written so that it cannot, and refused
 * where that is impossible: a segment that some decoding makes `..`, control characters, raw bytes above ASCII, `\`.
 */
export function readPath(raw: string): RequestPath | Refusal {
  if (raw.length > PATH_BYTES) return { status: 414, refused: `The path is longer than ${PATH_BYTES} bytes.` };
  if (PLAIN.test(raw)) return { path: raw, readings: [raw] };
  const fault = faultOf(raw);
  if (fault !== undefined) return { status: 400, refused: fault };
  const path = withoutDots(raw.replace(ESCAPE, normalised).replace(UNWISE, escaped));
  const readings = pathReadings(path);
  return typeof readings === 'string' ? { status: 400, refused: readings } : { path, readings };
}

function faultOf(raw: string): string | undefined {
  if (!raw.startsWith('/')) return 'The path does not begin with "/".';
  if (!VISIBLE_ASCII.test(raw)) return 'The path holds a space, a control character or a byte above ASCII: escape it with "%".';
  if (raw.includes('\\')) return 'The path holds "\\", which some servers take for "/": write "/".';
  if (raw.includes('?')) return 'The path holds "?", which begins the query: write "%3F".';
  if (raw.includes('#')) return 'The path holds "#", which begins a fragment and is never sent: write "%23".';
  if (BROKEN_ESCAPE.test(raw)) return 'The path holds "%" without two hexadecimal digits behind it: write "%25".';
  if (ESCAPED_CONTROL.test(raw)) return 'The path holds an escaped control character.';
  return undefined;
}

function normalised(octet: string): string {
  const character = String.fromCharCode(Number.parseInt(octet.slice(1), 16));
  return UNRESERVED.test(character) ? character : octet.toUpperCase();
}

function escaped(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

/** RFC 3986 section 5.2.4, and `//` as `/`. */
function withoutDots(path: string): string {
  const kept: string[] = [];
  const segments = path.split('/');
  for (const segment of segments) {
    if (segment === '..') kept.pop();
    else if (segment !== '.' && segment !== '') kept.push(segment);
  }
  const last = segments.at(-1) ?? '';
  const end = kept.length > 0 && (last === '' || last === '.' || last === '..') ? '/' : '';
  return `/${kept.join('/')}${end}`;
}
