import { type Member, readMember } from './member.ts';
import type { RootFields } from './root-fields.ts';

/** Operations of one HTTP request; more are nothing that a client needs. */
const BATCH = 100;

/** A GraphQL request in JSON: an object, or a batch of them. @returns a sentence where it shows not for certain what runs. */
export function readJson(text: string, chosen: boolean): readonly RootFields[] | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'The body is no JSON.';
  }
  // Of a key that stands twice one server takes the first, another the last.
  if (repeatsKey(text)) return 'The body has a key twice.';
  const members: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (members.length === 0 || members.length > BATCH) return `The body is a batch of ${members.length} operations.`;
  const read: RootFields[] = [];
  for (const member of members) {
    if (typeof member !== 'object' || member === null || Array.isArray(member)) return 'The body is no GraphQL request.';
    const asked = readMember(member as Member, chosen);
    if (typeof asked === 'string') return asked;
    read.push(asked);
  }
  return read;
}

/**
 * Whether a key of the outermost object, or of an outermost array's objects, stands there twice, or in `extensions`; also
 * where only its case differs, which is the same to Go.
 *
 * @param text valid JSON.
 */
function repeatsKey(text: string): boolean {
  /** Per open bracket: the keys seen in an object, nothing for an array. */
  const open: (Set<string> | undefined)[] = [];
  for (const { 0: token, 1: colon } of text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?|[{}[\]]/g)) {
    if (token === '{') open.push(new Set());
    else if (token === '[') open.push(undefined);
    else if (token === '}' || token === ']') open.pop();
    else if (colon !== undefined && open.length <= KEY_DEPTH) {
      const name = (JSON.parse(token.slice(0, -colon.length)) as string).normalize('NFKC').toLowerCase();
      const seen = open.at(-1);
      if (seen?.has(name)) return true;
      seen?.add(name);
    }
  }
  return false;
}

/** `[{"extensions": {"persistedQuery": {"sha256Hash": …}}}]`; variables may be as deep. */
const KEY_DEPTH = 4;
