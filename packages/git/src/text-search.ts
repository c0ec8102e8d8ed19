import type { TextMask } from '@sallyport/core';
import { type AddedText, addedText } from './added-text.ts';
import type { ObjectStore } from './object-store.ts';
import type { PathChange } from './tree-comparison.ts';

/** Finds what must not be pushed. What it would mask is found; the mask itself is not used. */
export type Finder = Pick<TextMask, 'value'>;

/** Hits by the name of the rule that found them. */
export type Hits = ReadonlyMap<string, number>;

/** What was found in one version of a file. */
export interface SearchedText {
  readonly addedLines: number;
  readonly addedBytes: number;
  readonly hits: Hits;
}

/** Looks at the text that a push adds, each version of a file and each message once, up to a limit for all. */
export class TextSearch {
  readonly #store: ObjectStore;
  readonly #finder: Finder | undefined;
  readonly #searched = new Map<string, SearchedText | undefined>();
  readonly #messages = new Map<string, Hits | undefined>();
  #left: number;

  constructor(store: ObjectStore, finder: Finder | undefined) {
    this.#store = store;
    this.#finder = finder;
    this.#left = store.limits.textBytes;
  }

  /** @returns undefined where the text was too large to be looked at. */
  async change(change: PathChange): Promise<SearchedText | undefined> {
    const { id = '', oldId = '' } = change;
    const key = `${id} ${oldId}`;
    if (!this.#searched.has(key)) this.#searched.set(key, await this.#search(id, oldId));
    return this.#searched.get(key);
  }

  /** @returns undefined where the texts before it left no room to look at the message of this commit or tag. */
  message(id: string, message: Buffer): Hits | undefined {
    if (!this.#messages.has(id)) {
      this.#messages.set(id, this.#take(message.length) ? this.#hits(message) : undefined);
    }
    return this.#messages.get(id);
  }

  /** The push brings it, rather than naming what the target has. */
  brought(id: string): boolean {
    return this.#store.brought.has(id);
  }

  size(id: string): number | undefined {
    return this.#store.size(id);
  }

  #hits(text: Buffer): Hits {
    const hits = new Map<string, number>();
    this.#finder?.value(text, 0, text.length, (rule) => hits.set(rule, (hits.get(rule) ?? 0) + 1));
    return hits;
  }

  async #search(id: string, oldId: string): Promise<SearchedText | undefined> {
    const size = this.#store.size(id) ?? 0;
    const fresh = size <= this.#store.limits.fileBytes && this.#take(size) ? await this.#store.blob(id) : undefined;
    if (fresh === undefined) return undefined;
    const added: AddedText = addedText(fresh, await this.#store.blob(oldId));
    return { addedLines: added.lines, addedBytes: added.text.length, hits: this.#hits(added.text) };
  }

  /** What does not fit takes no room from what comes behind it. */
  #take(bytes: number): boolean {
    if (bytes > this.#left) return false;
    this.#left -= bytes;
    return true;
  }
}
