import { createHash } from 'node:crypto';
import { type RootFields, readRootFields } from './root-fields.ts';

/** One document with what comes along, by the names that its JSON, form or URL has for it. */
export type Member = Readonly<Record<string, unknown>>;

/** Keys by which servers find a document that they hold. */
const HELD_DOCUMENT = /^(?:id|hash|doc_?id|document_?id|query_?id|operation_?id|persisted_?query)$/i;

/**
 * What runs.
 *
 * @param chosen the member's own `operationName` says which operation; else any of them may be the one.
 * @returns a sentence where the document shows that not for certain.
 */
export function readMember(member: Member, chosen: boolean): RootFields | string {
  const { query, operationName, extensions = null } = member;
  if (typeof query !== 'string') return 'The request has no document: the target may have it.';
  const held = heldDocument(member);
  if (held !== undefined) return `The request names a document besides the one that it has: ${held}.`;
  if (!isPlain(extensions) || !isPlain(extensions?.persistedQuery ?? null)) return 'The request has extensions of another kind.';
  const hash = (extensions?.persistedQuery as Member | null | undefined)?.sha256Hash;
  if (extensions !== null && 'persistedQuery' in extensions && hash !== createHash('sha256').update(query).digest('hex'))
    return 'The request names a document besides the one that it has: its hash is another.';
  return readRootFields(query, chosen && typeof operationName === 'string' ? operationName : undefined);
}

/** The key that names a document at the target, where there is one. */
export function heldDocument(member: Member): string | undefined {
  return Object.keys(member).find((key) => HELD_DOCUMENT.test(key));
}

function isPlain(value: unknown): value is Member | null {
  return typeof value === 'object' && !Array.isArray(value);
}
