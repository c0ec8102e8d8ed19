import { ALPHANUMERIC, byteSet, code, kindOf } from './byte-kind.ts';
import { byteAt, cut, type Detector, HIT, MORE, NONE, stands } from './detector.ts';

const [SLASH, COLON, AT] = [code('/'), code(':'), code('@')];
/** What neither a user name nor a password holds unless it is percent-encoded. */
const endsAuthority = byteSet('/ \t\r\n\f\v"\'<>\\`\0');
const LONGEST_USERINFO = 512;

/**
 * The password of a URL: what stands between `://user:` and `@`
 * ({@link https://www.rfc-editor.org/rfc/rfc3986#section-3.2.1 RFC 3986}). References such as
 * `${PASSWORD}`, and masks, are none. At most 512 bytes with the user.
 */
export const urlPassword: Detector = {
  anchors: ':',
  likely: (bytes, at) => bytes[at + 1] === SLASH && bytes[at + 2] === SLASH && (kindOf(bytes[at - 1]) & ALPHANUMERIC) !== 0,
  match(text, at, span) {
    const slashes = stands(text, at, '://');
    if (slashes !== true) return slashes === undefined ? cut(text) : NONE;
    if ((kindOf(byteAt(text, at - 1)) & ALPHANUMERIC) === 0) return NONE;
    const { bytes, end, final } = text;
    const last = Math.min(end, at + LONGEST_USERINFO);
    span.start = 0;
    span.end = 0;
    let position = at + 3;
    for (; position < last && !endsAuthority(bytes[position]); position += 1) {
      if (bytes[position] === COLON && span.start === 0) span.start = position + 1;
      else if (bytes[position] === AT && span.start > 0) span.end = position;
      else if (bytes[position] === AT) return NONE;
    }
    if (position === end && position < at + LONGEST_USERINFO && !final) return MORE;
    return span.end > span.start && !isReference(bytes.toString('latin1', span.start, span.end)) ? HIT : NONE;
  },
};

/** A place for a password: a variable of a shell or a template, or nothing but signs. */
function isReference(password: string): boolean {
  return /^(?:\$?\{.*\}|\$\(.*\)|\$[A-Z_]+\d*|%s|[*.x-]+|\[redacted\])$/.test(password);
}
