import { GatewayError } from '@sallyport/core';
import type { BaseConversation } from './base-pack.ts';
import { type CommitChanges, changesOf, compareEnds } from './commit-changes.ts';
import { FileList, type UpdateContents } from './file-list.ts';
import { historyOf } from './history.ts';
import { isZeroId } from './object-id.ts';
import type { ObjectStore } from './object-store.ts';
import type { PushRequest, RefUpdate } from './push-request.ts';
import type { Quarantine, ReceivedPack } from './quarantine.ts';
import { openStore } from './target-base.ts';
import { type Finder, TextSearch } from './text-search.ts';

export interface ExamineOptions {
  /** Looks for what must not be pushed in added lines, in file contents, and in messages of commits and tags. */
  readonly finder?: Finder;
  /**
   * Opens `git-upload-pack` of the same repository at the target, to compare with what is there.
   * Called three times at most. Without it, most pushes are seen in part.
   */
  readonly base?: () => Promise<BaseConversation>;
}

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
  const store = await openStore(quarantine, request, options.base);
  const examiner = new Examiner(store, new TextSearch(store, options.finder));
  const contents: UpdateContents[] = [];
  for (const update of request.updates) contents.push(await examiner.update(update));
  return contents;
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
    for (const { id, message } of tip.tags) files.message(id, message);
    if (history.broken) files.partial('a commit of it is malformed');
    if (old !== undefined) files.between(await compareEnds(this.#store, old, tip.id));
    for (const [id, commit] of history.commits) {
      files.message(id, commit.message);
      await files.commit(id, await this.#changes(id));
    }
    return files.contents(history.commits.size, old === undefined ? undefined : history.fastForward);
  }

  async #changes(id: string): Promise<CommitChanges> {
    const changes = this.#commits.get(id) ?? (await changesOf(this.#store, id));
    this.#commits.set(id, changes);
    // Many refs may share their commits.
    this.#store.step(changes.changes.size);
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
