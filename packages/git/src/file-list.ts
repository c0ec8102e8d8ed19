import type { CommitChanges } from './commit-changes.ts';
import type { FileType } from './git-object.ts';
import type { FastForward } from './history.ts';
import type { RefUpdate } from './push-request.ts';
import type { Hits, SearchedText, TextSearch } from './text-search.ts';
import type { Comparison, PathChange } from './tree-comparison.ts';

/** A path that a push changes on a ref, over all of its commits. */
export interface FileChange {
  /** As it is in the tree: it may hold any character but NUL. A directory whose contents are not at hand ends in `/`. */
  readonly path: string;
  /** `changed` where it is not known whether it was there before. */
  readonly kind: PathChange['kind'];
  readonly type: FileType;
  /** Bytes of the newest version, where it is at hand. */
  readonly size?: number;
  /** Summed over the commits. Where the old version is not at hand, all lines of the new one count. */
  readonly addedLines: number;
  readonly addedBytes: number;
}

/** What a {@link TextSearch} found, without what it is. */
export interface Finding {
  readonly rule: string;
  readonly count: number;
  /** Where: a path, or absent for the message of the commit or tag. */
  readonly path?: string;
  /** The commit or tag. */
  readonly commit: string;
}

/** What a push brings to one ref. */
export interface UpdateContents {
  readonly update: RefUpdate;
  /**
   * `all`: every changed path is in `files`. `part`: others may have changed to contents that the
   * target has already. `none`: nothing is known.
   */
  readonly seen: 'all' | 'part' | 'none';
  /** Why not all of it, to stand behind "because". */
  readonly why?: string;
  /** Given for updates. */
  readonly fastForward?: FastForward;
  /** New commits. */
  readonly commits: number;
  /** Sorted by path. */
  readonly files: readonly FileChange[];
  readonly addedLines: number;
  readonly addedBytes: number;
  readonly findings: readonly Finding[];
  /** Versions of files, and messages, whose text was too large to be looked at. */
  readonly unread: number;
}

const PARTIAL = 'what it builds on is only at the target';

type Draft = { -readonly [K in keyof FileChange]: FileChange[K] };

/** Gathers what is known of one ref. */
export class FileList {
  readonly #update: RefUpdate;
  readonly #search: TextSearch;
  readonly #files = new Map<string, Draft>();
  readonly #findings: Finding[] = [];
  #why: string | undefined;
  #unread = 0;

  constructor(update: RefUpdate, search: TextSearch) {
    this.#update = update;
    this.#search = search;
  }

  partial(why: string): void {
    this.#why ??= why;
  }

  between(comparison: Comparison): void {
    if (comparison.partial) this.partial(PARTIAL);
    for (const change of comparison.changes.values()) this.#file(change);
  }

  async commit(id: string, { changes, partial }: CommitChanges): Promise<void> {
    if (partial) this.partial(PARTIAL);
    for (const change of changes.values()) {
      const file = this.#file(change);
      const text = this.#hasText(change) ? await this.#search.change(change) : NOTHING;
      if (text === undefined) this.#unread += 1;
      else {
        file.addedLines += text.addedLines;
        file.addedBytes += text.addedBytes;
        this.#found(text.hits, { path: change.path, commit: id });
      }
    }
  }

  /** The message of a commit or a tag. */
  message(commit: string, message: Buffer): void {
    const hits = this.#search.message(commit, message);
    if (hits === undefined) this.#unread += 1;
    else this.#found(hits, { commit });
  }

  contents(commits: number, fastForward: FastForward | undefined): UpdateContents {
    const files = [...this.#files.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
    return {
      update: this.#update,
      seen: this.#why === undefined ? 'all' : 'part',
      ...(this.#why === undefined ? {} : { why: this.#why }),
      ...(fastForward === undefined ? {} : { fastForward }),
      commits,
      files,
      addedLines: files.reduce((sum, file) => sum + file.addedLines, 0),
      addedBytes: files.reduce((sum, file) => sum + file.addedBytes, 0),
      findings: this.#findings,
      unread: this.#unread,
    };
  }

  /** Text that the push brings. What a path gets from elsewhere in the target has been there before. */
  #hasText(change: PathChange): boolean {
    return change.type !== 'submodule' && change.id !== undefined && this.#search.brought(change.id) && change.id !== change.oldId;
  }

  /** The first word on a path is the newest. */
  #file(change: PathChange): Draft {
    const known = this.#files.get(change.path);
    if (known !== undefined) return known;
    const size = change.id === undefined ? undefined : this.#search.size(change.id);
    const file = {
      path: change.path,
      kind: change.kind,
      type: change.type,
      ...(size === undefined ? {} : { size }),
      addedLines: 0,
      addedBytes: 0,
    };
    this.#files.set(change.path, file);
    return file;
  }

  #found(hits: Hits, where: Pick<Finding, 'path' | 'commit'>): void {
    for (const [rule, count] of hits) this.#findings.push({ rule, count, ...where });
  }
}

const NOTHING: SearchedText = { addedLines: 0, addedBytes: 0, hits: new Map() };
