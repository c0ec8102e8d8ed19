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
  return { commits, boundary, broken, fastForward: fastForward(old !== undefined && seen.has(old), boundary.size === 0 && !broken) };
}

/** Not found is 'no' only where every ancestor was seen. */
function fastForward(found: boolean, whole: boolean): FastForward {
  if (found) return 'yes';
  return whole ? 'no' : 'unknown';
}
