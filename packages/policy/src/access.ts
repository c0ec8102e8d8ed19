import type { Identity } from '@sallyport/core';
import type { AccessEntry, ApprovalSpec } from './config.ts';
import { compileStanding, type TargetFacts } from './standing.ts';

export type Access = { readonly allowed: false } | { readonly allowed: true; readonly approval?: ApprovalSpec };

/**
 * Who may connect where: nothing listed, nobody in. An entry that lets in directly beats one that
 * asks for an approval; among several of those the first in the file decides whom to ask. An entry
 * that names nobody, or no place, lets nobody in.
 */
export function compileAccess(entries: readonly AccessEntry[]): (identity: Identity, target: TargetFacts) => Access {
  const compiled = entries
    .filter((entry) => (entry.users ?? entry.groups) !== undefined && (entry.targets ?? entry.labels) !== undefined)
    .map((entry) => ({ entry, meets: compileStanding(entry) }));
  return (identity, target) => {
    const open = compiled.filter(({ meets }) => meets(identity, target)).map(({ entry }) => entry.approval);
    if (open.length === 0) return { allowed: false };
    const [approval] = open;
    return open.includes(undefined) || approval === undefined ? { allowed: true } : { allowed: true, approval };
  };
}
