import { GatewayError } from '@sallyport/core';
import type { FileType, TreeEntry } from './git-object.ts';
import type { ObjectStore } from './object-store.ts';

/** One path that differs between two trees. `changed` is an addition or a modification: what was there is not known. */
export interface PathChange {
  readonly path: string;
  readonly kind: 'added' | 'modified' | 'deleted' | 'changed';
  /** Of the new entry, or of the deleted one. */
  readonly type: FileType;
  /** What is there now; absent for deletions. */
  readonly id?: string;
  /** What was there before, where that is known. */
  readonly oldId?: string;
}

/** What two trees differ in. */
export interface Comparison {
  readonly changes: ReadonlyMap<string, PathChange>;
  /** Paths may differ besides those in `changes`, since something to compare with was not at hand. */
  readonly partial: boolean;
  /** Trees that were not at hand, so that what is below them is not known. */
  readonly missing: ReadonlySet<string>;
}

/** A tree that cannot be looked at, as opposed to one that is empty (undefined). */
export const UNKNOWN_TREE = Symbol('unknown tree');

export type KnownTree = string | undefined | typeof UNKNOWN_TREE;

const DEPTH = 256;

type Entries = ReadonlyMap<string, TreeEntry>;

const NONE: Entries = new Map();

/**
 * Compares two trees, path by path. Against {@link UNKNOWN_TREE} those paths are changed whose
 * contents the push brings; what it moves or takes back to contents that the target has is not seen.
 */
export async function compareTrees(store: ObjectStore, before: KnownTree, after: string): Promise<Comparison> {
  const comparing = new Comparing(store);
  await comparing.trees(before, after, '', 0);
  return comparing;
}

class Comparing implements Comparison {
  readonly changes = new Map<string, PathChange>();
  readonly missing = new Set<string>();
  partial = false;
  readonly #store: ObjectStore;

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  async trees(before: KnownTree, after: KnownTree, prefix: string, depth: number): Promise<void> {
    if (before === after) return;
    const fresh = await this.#entries(after);
    const old = await this.#entries(before);
    if (fresh === undefined || depth > DEPTH) return this.#unseen(prefix);
    if (old === undefined) {
      this.partial = true;
      return await this.#brought(fresh, prefix, depth);
    }
    for (const [name, entry] of fresh) await this.#entry(old.get(name), entry, prefix + name, depth);
    for (const [name, entry] of old) if (!fresh.has(name)) await this.#deleted(entry, prefix + name, depth);
  }

  /** A tree changed to one that is not at hand. */
  #unseen(prefix: string): void {
    this.partial = true;
    this.#add({ path: prefix || '/', kind: 'changed', type: 'directory' });
  }

  async #brought(entries: Entries, prefix: string, depth: number): Promise<void> {
    for (const [name, entry] of entries) {
      if (!this.#store.brought.has(entry.id)) continue;
      if (entry.type === 'directory') await this.trees(UNKNOWN_TREE, entry.id, `${prefix}${name}/`, depth + 1);
      else this.#add({ path: prefix + name, kind: 'changed', type: entry.type, id: entry.id });
    }
  }

  async #entry(old: TreeEntry | undefined, entry: TreeEntry, path: string, depth: number): Promise<void> {
    if (old?.id === entry.id && old.type === entry.type) return;
    const wasDirectory = old?.type === 'directory';
    if (entry.type === 'directory') {
      await this.trees(wasDirectory ? old.id : undefined, entry.id, `${path}/`, depth + 1);
      if (old !== undefined && !wasDirectory) this.#add({ path, kind: 'deleted', type: old.type, oldId: old.id });
      return;
    }
    if (wasDirectory) await this.#deleted(old, path, depth);
    const was = old === undefined || wasDirectory ? {} : { oldId: old.id };
    this.#add({ path, kind: 'oldId' in was ? 'modified' : 'added', type: entry.type, id: entry.id, ...was });
  }

  async #deleted(entry: TreeEntry, path: string, depth: number): Promise<void> {
    if (entry.type !== 'directory') return this.#add({ path, kind: 'deleted', type: entry.type, oldId: entry.id });
    const entries = depth > DEPTH ? undefined : await this.#entries(entry.id);
    if (entries === undefined) return this.#unseen(`${path}/`);
    for (const [name, below] of entries) await this.#deleted(below, `${path}/${name}`, depth + 1);
  }

  async #entries(tree: KnownTree): Promise<Entries | undefined> {
    if (tree === undefined) return NONE;
    if (tree === UNKNOWN_TREE) return undefined;
    const entries = await this.#store.tree(tree);
    if (entries === undefined && !this.#store.has(tree)) this.missing.add(tree);
    return entries;
  }

  #add(change: PathChange): void {
    this.#store.step();
    if (this.changes.size >= this.#store.limits.paths) {
      throw new GatewayError('ERR_LIMIT', `it changes more than ${this.#store.limits.paths} paths`);
    }
    this.changes.set(change.path, change);
  }
}
