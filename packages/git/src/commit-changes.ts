import type { ObjectStore } from './object-store.ts';
import { type Comparison, compareTrees, type PathChange, UNKNOWN_TREE } from './tree-comparison.ts';

export type CommitChanges = Comparison;

/**
 * What a commit changes against its parents. Of a merge, that which differs from each of them: the
 * rest is some parent's own. A parent that is not at hand is left out, which shows more, not less.
 */
export async function changesOf(store: ObjectStore, id: string): Promise<CommitChanges> {
  const commit = await store.commit(id);
  if (commit === undefined) return { changes: new Map(), partial: true, missing: new Set() };
  if (commit.parents.length === 0) return await compareTrees(store, undefined, commit.tree);
  const comparisons: Comparison[] = [];
  for (const parent of commit.parents) {
    const tree = (await store.commit(parent))?.tree;
    if (tree !== undefined && store.has(tree)) comparisons.push(await compareTrees(store, tree, commit.tree));
  }
  const [first, ...others] = comparisons;
  if (first === undefined) return await compareTrees(store, UNKNOWN_TREE, commit.tree);
  const partial = comparisons.length < commit.parents.length || comparisons.some((comparison) => comparison.partial);
  const missing = new Set(comparisons.flatMap((comparison) => [...comparison.missing]));
  return { changes: common(store, first.changes, others), partial, missing };
}

/**
 * What a ref's contents differ in, before and after, whichever commits lie between: a merge may
 * bring to a branch what another branch of the target has long had.
 */
export async function compareEnds(store: ObjectStore, old: string, fresh: string): Promise<Comparison> {
  const after = (await store.commit(fresh))?.tree;
  if (after === undefined) return { changes: new Map(), partial: old !== fresh, missing: new Set() };
  return await compareTrees(store, (await store.commit(old))?.tree ?? UNKNOWN_TREE, after);
}

function common(
  store: ObjectStore,
  first: ReadonlyMap<string, PathChange>,
  others: readonly Comparison[],
): ReadonlyMap<string, PathChange> {
  if (others.length === 0) return first;
  store.step(first.size * others.length);
  return new Map([...first].filter(([path]) => others.every((other) => other.changes.has(path))));
}
