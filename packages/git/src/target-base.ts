import { GatewayError } from '@sallyport/core';
import { type BaseConversation, type BaseRequest, basePack } from './base-pack.ts';
import { changesOf } from './commit-changes.ts';
import { type History, historyOf } from './history.ts';
import { ObjectStore } from './object-store.ts';
import type { PushRequest, RefUpdate } from './push-request.ts';
import type { Quarantine } from './quarantine.ts';

/** Opens a conversation with the target. */
type OpenBase = () => Promise<BaseConversation>;

/** Objects that are asked of the target at once. */
const WANTS = 1000;

/** How far back it is looked for whether an update is a fast-forward. */
const HISTORY = 1000;

/**
 * Looks at a push beside what its target has, where that can be had: first the trees that the push
 * builds on, then the old versions of the files that it changes, and history.
 */
export async function openStore(quarantine: Quarantine, request: PushRequest, base: OpenBase | undefined): Promise<ObjectStore> {
  const reader = await quarantine.objects();
  const brought: ReadonlySet<string> = new Set(reader.objects.keys());
  let store = new ObjectStore(reader, brought, request.format, quarantine.limits);
  if (base === undefined) return store;
  try {
    for (const wanted of [wantedTrees, wantedDetails]) {
      const wants = await wanted(store, request.updates);
      const count = wants.wants.length + wants.filteredWants.length;
      if (count === 0 || count > WANTS) continue;
      await quarantine.addBase(basePack(await base(), { ...wants, format: request.format }));
      store = new ObjectStore(await quarantine.objects(), brought, request.format, quarantine.limits);
    }
  } catch (error) {
    // The push is then seen in part, and says so.
    if (!(error instanceof GatewayError)) throw error;
  }
  return store;
}

type Wanted = Omit<BaseRequest, 'format'>;

/** The commits that the push builds on or replaces, with their trees. */
async function wantedTrees(store: ObjectStore, updates: readonly RefUpdate[]): Promise<Wanted> {
  const wants = new Set<string>();
  for await (const { old, history } of histories(store, updates)) {
    for (const id of history.boundary) wants.add(id);
    if (old !== undefined && !store.brought.has(old)) wants.add(old);
  }
  return { wants: [...wants], filteredWants: [], filter: 'blob:none', depth: 1 };
}

/** Old versions of changed files; where it is open whether an update is a fast-forward, the commits before. */
async function wantedDetails(store: ObjectStore, updates: readonly RefUpdate[]): Promise<Wanted> {
  const files = new Set<string>();
  const commits = new Set<string>();
  for await (const { old, history } of histories(store, updates)) {
    if (old !== undefined && history.fastForward === 'unknown') for (const id of [...history.boundary, old]) commits.add(id);
    for (const commit of history.commits.keys()) {
      for (const { id, oldId } of (await changesOf(store, commit)).changes.values()) {
        if (id !== undefined && oldId !== undefined && store.brought.has(id) && !store.has(oldId)) files.add(oldId);
      }
    }
  }
  return { wants: [...files], filteredWants: [...commits], filter: 'tree:0', depth: HISTORY };
}

async function* histories(
  store: ObjectStore,
  updates: readonly RefUpdate[],
): AsyncGenerator<{ readonly old: string | undefined; readonly history: History }> {
  for (const update of updates) {
    if (update.kind === 'delete') continue;
    const tip = (await store.peel(update.new)).id;
    const old = update.kind === 'update' ? update.old : undefined;
    // A new ref to what the target has brings nothing to compare.
    if (old !== undefined || store.brought.has(tip)) yield { old, history: await historyOf(store, tip, old) };
  }
}
