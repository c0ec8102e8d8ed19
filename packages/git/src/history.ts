import type { Commit } from './git-object.ts';
import type { ObjectStore } from './object-store.ts';

/** Whether the old commit is an ancestor of the new one: what `git push` needs `--force` for is 'no'. */
export type FastForward = 'yes' | 'no' | 'unknown';

/** The commits that one ref gets from a push. */
export interface History {
  /** Brought by the push, newest first, by id. */
  readonly commits: ReadonlyMap<string, Commit>;
  /** Parents that the push does not bring. */
  readonly boundary: ReadonlySet<string>;
  readonly fastForward: FastForward;
  /** A commit that was brought could not be read as one. */
  readonly broken: boolean;
}

/** Walks from the new commit to where the push's own commits end, or to the old one. */
export async function historyOf(store: ObjectStore, tip: string, old: string | undefined): Promise<History> {
  const commits = new Map<string, Commit>();
  const boundary = new Set<string>();
  const queue = [tip];
  const seen = new Set(queue);
  let broken = false;
  for (let at = 0; at < queue.length; at++) {
    const id = queue[at] ?? '';
    if (id === old) continue;
    if (!store.brought.has(id)) {
      boundary.add(id);
      continue;
    }
    const commit = await store.commit(id);
    if (commit === undefined) {
      broken = true;
      continue;
    }
    commits.set(id, commit);
    for (const parent of commit.parents) {
      if (seen.has(parent)) continue;
      seen.add(parent);
      queue.push(parent);
    }
  }
  const fastForward = old === undefined || seen.has(old) ? 'yes' : await reaches(store, boundary, old, broken);
  return { commits, boundary, broken, fastForward };
}

/**
 * Whether the old commit lies behind the boundary, as far as the target's history is at hand. What
 * lies behind the old commit itself cannot lead to it.
 */
async function reaches(store: ObjectStore, boundary: ReadonlySet<string>, old: string, broken: boolean): Promise<FastForward> {
  const behind = await ancestors(store, [old], new Set());
  const ahead = await ancestors(store, boundary, behind.ids);
  if (ahead.ids.has(old)) return 'yes';
  return ahead.ends || broken ? 'unknown' : 'no';
}

/** Walks the history that is at hand, but not into `known`. `ends`: there is more of it. */
async function ancestors(
  store: ObjectStore,
  from: Iterable<string>,
  known: ReadonlySet<string>,
): Promise<{ ids: Set<string>; ends: boolean }> {
  const ids = new Set<string>(from);
  let ends = false;
  for (const id of ids) {
    if (known.has(id)) continue;
    const commit = await store.commit(id);
    if (commit === undefined) ends = true;
    else for (const parent of commit.parents) ids.add(parent);
  }
  return { ids, ends };
}
