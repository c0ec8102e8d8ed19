import { ALPHANUMERIC, code, DIGIT, kindOf, LETTER, LOCAL } from './byte-kind.ts';
import { byteAt, type Detector, HIT, LEAD, MORE, NONE, type Outcome, type Span, standsBefore, type Text } from './detector.ts';

const AT = code('@');
const DOT = code('.');
const HYPHEN = code('-');
const COLON = code(':');
const BACKSLASH = code('\\');
const DOMAIN_LENGTH = 253;
const LABEL_LENGTH = 63;
/** Endings that stand behind an `@` often and are no top-level domain: files and systemd units. */
const NO_DOMAIN = new Set(
  'png jpg jpeg gif svg webp ico css js mjs cjs ts tsx jsx json html xml yaml yml lock log txt conf map service socket timer target mount scope slice device'.split(
    ' ',
  ),
);

/**
 * E-mail addresses: up to 64 of `A-Za-z0-9._%+-`, `@`, and a domain name with a dot whose last label
 * has letters only ({@link https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1 RFC 5321},
 * {@link https://www.rfc-editor.org/rfc/rfc1035#section-2.3.4 RFC 1035}). No quoted local parts, no
 * address literals, no other scripts in the local part. At most 64 + 1 + 253 bytes.
 */
export const email: Detector = {
  anchors: '@',
  likely: (bytes, at, end) =>
    at > 0 && (kindOf(bytes[at - 1]) & LOCAL) !== 0 && at + 1 < end && (kindOf(bytes[at + 1]) & ALPHANUMERIC) !== 0,
  match(text, at, span) {
    const from = startOfLocal(text, at);
    if (from === at || text.bytes[at - 1] === DOT) return NONE;
    // `a@b@c`: what stands between two signs is no local part; nor is the user of a URL.
    if (byteAt(text, from - 1) === AT || standsBefore(text, from, '://')) return NONE;
    span.start = from;
    return domain(text, at, span);
  },
};

function startOfLocal({ bytes, start }: Text, at: number): number {
  const first = Math.max(start, at - LEAD);
  let from = at;
  while (from > first && (kindOf(bytes[from - 1]) & LOCAL) !== 0) from -= 1;
  // The letter of an escape (`\n`, `\u002f`) belongs to the text around the address.
  if (from > start && bytes[from - 1] === BACKSLASH) from += bytes[from] === code('u') ? 5 : 1;
  while (from < at && (kindOf(bytes[from]) & ALPHANUMERIC) === 0 && bytes[from] !== code('_')) from += 1;
  return Math.min(from, at);
}

function domain(text: Text, at: number, span: Span): Outcome {
  const { bytes, end } = text;
  const last = Math.min(end, at + 1 + DOMAIN_LENGTH + 1);
  let label = at + 1;
  let position = label;
  for (; position < last; position += 1) {
    const byte = bytes[position];
    if (byte === DOT) {
      if (position === label || position - label > LABEL_LENGTH) break;
      label = position + 1;
    } else if (byte !== HYPHEN && (kindOf(byte) & ALPHANUMERIC) === 0) break;
  }
  if (position - (at + 1) > DOMAIN_LENGTH) return NONE;
  if (position === end && !text.final) return MORE;
  span.end = trimmed(bytes, at + 1, position);
  return isDomain(bytes, at + 1, span.end) && !isRemote(text, span, at) ? HIT : NONE;
}

/** Without the dots and hyphens that end a sentence. */
function trimmed(bytes: Buffer, from: number, end: number): number {
  let last = end;
  while (last > from && (bytes[last - 1] === DOT || bytes[last - 1] === HYPHEN)) last -= 1;
  return last;
}

function isDomain(bytes: Buffer, from: number, end: number): boolean {
  const labels = bytes.toString('latin1', from, end).split('.');
  const [first = '', second = ''] = labels;
  const top = labels.at(-1)?.toLowerCase() ?? '';
  if (labels.length < 2 || top.length < 2 || NO_DOMAIN.has(top)) return false;
  if (!isWritten(top) || labels.some((label) => label === '' || label.startsWith('-'))) return false;
  // `icon@2x.png`, `package@1.2.3-rc.one`: pictures and versions.
  return !(isNumber(first) && isNumber(second)) && !/^\dx$/.test(first);
}

function isWritten(top: string): boolean {
  if (top.startsWith('xn--')) return true;
  for (let index = 0; index < top.length; index += 1) if ((kindOf(top.charCodeAt(index)) & LETTER) === 0) return false;
  return top.length <= 24;
}

function isNumber(label: string): boolean {
  for (let index = 0; index < label.length; index += 1) if ((kindOf(label.charCodeAt(index)) & DIGIT) === 0) return false;
  return true;
}

/** `git@host.example:repository`, as git writes where a repository lies. */
function isRemote({ bytes, end }: Text, span: Span, at: number): boolean {
  return span.end < end && bytes[span.end] === COLON && bytes.toString('latin1', span.start, at) === 'git';
}
