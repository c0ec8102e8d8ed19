import { GatewayError } from '@sallyport/core';
import { type Commit, parseCommit, parseTag, parseTree, type TreeEntry } from './git-object.ts';
import { idBytes, type ObjectFormat } from './object-id.ts';
import type { ObjectInfo, ObjectReader } from './object-reader.ts';
import type { PushLimits } from './push-limits.ts';

/** A tag may point to a tag; nobody needs more of them than this. */
const TAGS = 8;

/** Bytes of a commit that cost a step, and those of a tree: the shortest entry has a few less. */
const COMMIT_STEP = 64;
const TREE_STEP = 32;

/** git knows the tree without entries and need not store it. */
const EMPTY_TREES: ReadonlySet<string> = new Set([
  '4b825dc642cb6eb9a060e54bf8d69288fbee4904',
  '6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321',
]);

/** An annotated tag. */
interface Tag {
  readonly id: string;
  readonly message: Buffer;
}

/**
 * Commits and trees of a push, and of what is known of its target, as far as they are at hand. Every
 * look costs a step, so that no tree can keep the gateway busy: small ones may unfold to billions of paths.
 */
export class ObjectStore {
  readonly limits: PushLimits;
  /** Brought by the push, rather than known of the target. */
  readonly brought: ReadonlySet<string>;
  readonly #reader: ObjectReader;
  readonly #idBytes: number;
  readonly #commits = new Map<string, Commit | undefined>();
  #steps = 0;

  constructor(reader: ObjectReader, brought: ReadonlySet<string>, format: ObjectFormat, limits: PushLimits) {
    this.#reader = reader;
    this.brought = brought;
    this.limits = limits;
    this.#idBytes = idBytes(format);
  }

  has(id: string): boolean {
    return this.#reader.objects.has(id) || EMPTY_TREES.has(id);
  }

  size(id: string): number | undefined {
    return this.#reader.objects.get(id)?.size;
  }

  /** @throws GatewayError when a push has cost all that it may. */
  step(count = 1): void {
    this.#steps += count;
    if (this.#steps > this.limits.steps) throw new GatewayError('ERR_LIMIT', 'it has more commits and files than are looked through');
  }

  async commit(id: string): Promise<Commit | undefined> {
    this.step();
    if (this.#commits.has(id)) return this.#commits.get(id);
    const bytes = await this.#read('commit', id, COMMIT_STEP);
    const commit = bytes && parseCommit(bytes);
    this.#commits.set(id, commit);
    return commit;
  }

  async tree(id: string): Promise<ReadonlyMap<string, TreeEntry> | undefined> {
    if (EMPTY_TREES.has(id)) return new Map();
    this.step();
    const bytes = await this.#read('tree', id, TREE_STEP);
    return bytes && parseTree(bytes, this.#idBytes);
  }

  /** @returns undefined where it is not at hand, or larger than what is looked at. */
  async blob(id: string): Promise<Buffer | undefined> {
    const info = this.#reader.objects.get(id);
    return info?.type === 'blob' && info.size <= this.limits.fileBytes ? await this.#reader.read(id) : undefined;
  }

  /** Follows tags to what they tag. */
  async peel(id: string): Promise<{ readonly id: string; readonly tags: readonly Tag[] }> {
    const tags: Tag[] = [];
    let at = id;
    while (this.#reader.objects.get(at)?.type === 'tag' && tags.length < TAGS) {
      const tag = parseTag((await this.#read('tag', at, COMMIT_STEP)) ?? Buffer.alloc(0));
      if (tag === undefined) break;
      tags.push({ id: at, message: tag.message });
      at = tag.target;
    }
    return { id: at, tags };
  }

  /** What is read is paid for first: a few bytes of a pack may unfold to many. */
  async #read(type: ObjectInfo['type'], id: string, bytesOfStep: number): Promise<Buffer | undefined> {
    const info = this.#reader.objects.get(id);
    if (info?.type !== type) return undefined;
    this.step(Math.floor(info.size / bytesOfStep));
    return await this.#reader.read(id);
  }
}
