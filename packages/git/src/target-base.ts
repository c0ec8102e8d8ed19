import { GatewayError } from '@sallyport/core';
import { type BaseConversation, type BaseRequest, basePack } from './base-pack.ts';
import { changesOf, compareEnds } from './commit-changes.ts';
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
 * Looks at a push beside what its target has, where that can be had: the trees that the push builds
 * on, then what turns out to be missing beside them, then history.
 */
export async function openStore(quarantine: Quarantine, request: PushRequest, base: OpenBase | undefined): Promise<ObjectStore> {
  const reader = await quarantine.objects();
  const brought: ReadonlySet<string> = new Set(reader.objects.keys());
  let store = new ObjectStore(reader, brought, request.format, quarantine.limits);
  if (base === undefined) return store;
  try {
    for (const wanted of [wantedTrees, wantedDetails, wantedHistory]) {
      const wants = await wanted(store, request.updates);
      const count = wants.wants.length + wants.filteredWants.length;
      if (count === 0 || count > WANTS) continue;
      const conversation = await base();
      try {
        await quarantine.addBase(basePack(conversation, { ...wants, format: request.format }));
      } finally {
        conversation.close();
      }
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

/** Trees that the push names without bringing them, and old versions of changed files. */
async function wantedDetails(store: ObjectStore, updates: readonly RefUpdate[]): Promise<Wanted> {
  const wants = new Set<string>();
  for await (const { old, tip, history } of histories(store, updates)) {
    if (old !== undefined) for (const id of (await compareEnds(store, old, tip)).missing) wants.add(id);
    for (const commit of history.commits.keys()) {
      const { changes, missing } = await changesOf(store, commit);
      for (const id of missing) wants.add(id);
      for (const { id, oldId } of changes.values()) {
        if (id !== undefined && oldId !== undefined && store.brought.has(id) && !store.has(oldId)) wants.add(oldId);
      }
    }
  }
  return { wants: [...wants], filteredWants: [], filter: 'blob:none', depth: 1 };
}

/** Where it is open whether an update is a fast-forward, the commits before. */
async function wantedHistory(store: ObjectStore, updates: readonly RefUpdate[]): Promise<Wanted> {
  const wants = new Set<string>();
  for await (const { old, history } of histories(store, updates)) {
    if (old !== undefined && history.fastForward === 'unknown') for (const id of [...history.boundary, old]) wants.add(id);
  }
  return { wants: [], filteredWants: [...wants], filter: 'tree:0', depth: HISTORY };
}

interface Comparable {
  readonly old: string | undefined;
  readonly tip: string;
  readonly history: History;
}

async function* histories(store: ObjectStore, updates: readonly RefUpdate[]): AsyncGenerator<Comparable> {
  for (const update of updates) {
    if (update.kind === 'delete') continue;
    const tip = (await store.peel(update.new)).id;
    const old = update.kind === 'update' ? update.old : undefined;
    // A new ref to what the target has brings nothing to compare.
    if (old !== undefined || store.brought.has(tip)) yield { old, tip, history: await historyOf(store, tip, old) };
  }
}
