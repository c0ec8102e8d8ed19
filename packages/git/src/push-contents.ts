import { GatewayError } from '@sallyport/core';
import { type BaseConversation, basePack } from './base-pack.ts';
import { type CommitChanges, changesOf, compareEnds } from './commit-changes.ts';
import { FileList, type UpdateContents } from './file-list.ts';
import { historyOf } from './history.ts';
import { isZeroId } from './object-id.ts';
import { ObjectStore } from './object-store.ts';
import type { PushRequest, RefUpdate } from './push-request.ts';
import type { Quarantine, ReceivedPack } from './quarantine.ts';
import { type Finder, TextSearch } from './text-search.ts';

export interface ExamineOptions {
  /** Looks for what must not be pushed in added lines, in file contents, and in messages of commits and tags. */
  readonly finder?: Finder;
  /**
   * Opens `git-upload-pack` of the same repository at the target, to compare with what is there.
   * Called once at most. Without it, most pushes are seen in part.
   */
  readonly base?: () => Promise<BaseConversation>;
}

/** Commits that are asked of the target for one push. */
const WANTS = 256;

/** What a push brings to each of its refs, in their order. It looks, and changes nothing. */
export async function examinePush(
  quarantine: Quarantine | undefined,
  request: PushRequest,
  pack: ReceivedPack | undefined,
  options: ExamineOptions = {},
): Promise<readonly UpdateContents[]> {
  if (quarantine === undefined || pack === undefined || pack.unseen !== undefined) {
    return request.updates.map((update) => (update.kind === 'delete' ? deletion(update) : unseen(update, pack?.unseen ?? 'no pack came')));
  }
  const store = await openStore(quarantine, request, options);
  const examiner = new Examiner(store, new TextSearch(store, options.finder));
  const contents: UpdateContents[] = [];
  for (const update of request.updates) contents.push(await examiner.update(update));
  return contents;
}

/** With the target's own trees beside those of the push, where they can be had. */
async function openStore(quarantine: Quarantine, request: PushRequest, options: ExamineOptions): Promise<ObjectStore> {
  const reader = await quarantine.objects();
  const brought: ReadonlySet<string> = new Set(reader.objects.keys());
  const store = new ObjectStore(reader, brought, request.format, quarantine.limits);
  if (options.base === undefined) return store;
  try {
    const wants = await missing(store, request.updates);
    if (wants.length === 0 || wants.length > WANTS) return store;
    await quarantine.addBase(basePack(await options.base(), wants, request.format));
  } catch (error) {
    // The push is then seen in part, and says so.
    if (!(error instanceof GatewayError)) throw error;
  }
  return new ObjectStore(await quarantine.objects(), brought, request.format, quarantine.limits);
}

/** Commits of the target that the push is to be compared with. */
async function missing(store: ObjectStore, updates: readonly RefUpdate[]): Promise<readonly string[]> {
  const wants = new Set<string>();
  for (const update of updates) {
    if (update.kind === 'delete') continue;
    const tip = (await store.peel(update.new)).id;
    const old = update.kind === 'update' ? update.old : undefined;
    if (old === undefined && !store.brought.has(tip)) continue;
    for (const id of (await historyOf(store, tip, old)).boundary) wants.add(id);
    if (old !== undefined && !store.brought.has(old)) wants.add(old);
  }
  return [...wants];
}

class Examiner {
  readonly #store: ObjectStore;
  readonly #search: TextSearch;
  readonly #commits = new Map<string, CommitChanges>();

  constructor(store: ObjectStore, search: TextSearch) {
    this.#store = store;
    this.#search = search;
  }

  async update(update: RefUpdate): Promise<UpdateContents> {
    if (update.kind === 'delete') return deletion(update);
    try {
      return await this.#examine(update);
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      return unseen(update, error.message);
    }
  }

  async #examine(update: RefUpdate): Promise<UpdateContents> {
    const tip = await this.#store.peel(update.new);
    const old = isZeroId(update.old) ? undefined : (await this.#store.peel(update.old)).id;
    const history = await historyOf(this.#store, tip.id, old);
    const files = new FileList(update, this.#search);
    for (const message of tip.messages) files.message(update.new, message);
    if (history.broken) files.partial('a commit of it is malformed');
    if (old !== undefined) files.between(await compareEnds(this.#store, old, tip.id));
    for (const [id, commit] of history.commits) {
      files.message(id, commit.message);
      await files.commit(id, await this.#changes(id));
    }
    return files.contents(history.commits.size, old === undefined ? undefined : history.fastForward);
  }

  async #changes(id: string): Promise<CommitChanges> {
    const known = this.#commits.get(id);
    if (known !== undefined) return known;
    const changes = await changesOf(this.#store, id);
    this.#commits.set(id, changes);
    return changes;
  }
}

function deletion(update: RefUpdate): UpdateContents {
  return { update, seen: 'all', commits: 0, files: [], addedLines: 0, addedBytes: 0, findings: [], unread: 0 };
}

function unseen(update: RefUpdate, why: string): UpdateContents {
  const fastForward = update.kind === 'update' ? ({ fastForward: 'unknown' } as const) : {};
  return { ...deletion(update), seen: 'none', why, ...fastForward };
}
