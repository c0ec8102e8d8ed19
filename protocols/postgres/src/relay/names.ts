/**
 * A change of what a name stands for, made by a message that the target has not answered yet.
 * Without a name it concerns every name; without a value the name is gone.
 */
export interface NameChange<T> {
  readonly name?: string;
  readonly value?: T;
  /** The messages up to one Sync, or one Query: when one of them fails, the target skips the rest. */
  readonly group: number;
}

/** What a name stands for depends on an answer that is still to come. */
export const UNSURE = Symbol('unsure');

/** More names than any driver keeps, and more of texts and values than one session may make us keep. */
const MAX_NAMES = 10_000;
const MAX_BYTES = 64 * 1024 * 1024;

/**
 * Prepared statements or portals by name, exactly as the target knows them.
 *
 * A change counts when the target has confirmed it. Before that it counts only for messages of the
 * same group, which the target runs only if the change succeeded. ✗ Otherwise a Parse that fails
 * behind a Close would leave an old, unjudged text under a name that was judged by the new one.
 */
export class Names<T> {
  readonly #confirmed = new Map<string, T>();
  readonly #pending: NameChange<T>[] = [];
  readonly #weigh: (value: T) => number;
  #bytes = 0;

  /** @param weigh bytes that a value keeps in memory; the same as long as it lives. */
  constructor(weigh: (value: T) => number) {
    this.#weigh = weigh;
  }

  /** No more may be made. */
  get full(): boolean {
    return this.#confirmed.size + this.#pending.length >= MAX_NAMES || this.#bytes >= MAX_BYTES;
  }

  /** @param group the group that asks. */
  find(name: string, group: number): T | undefined | typeof UNSURE {
    for (let index = this.#pending.length - 1; index >= 0; index -= 1) {
      const change = this.#pending[index] as NameChange<T>;
      if (change.name !== undefined && change.name !== name) continue;
      return change.group === group ? change.value : UNSURE;
    }
    return this.#confirmed.get(name);
  }

  propose(change: NameChange<T>): void {
    this.#pending.push(change);
    if (change.value !== undefined) this.#bytes += this.#weigh(change.value);
  }

  /** The target has answered. @param confirmed false: the message failed, or was skipped */
  settle(change: NameChange<T>, confirmed: boolean): void {
    const index = this.#pending.indexOf(change);
    if (index >= 0) this.#pending.splice(index, 1);
    const { name, value } = change;
    if (!confirmed) {
      if (value !== undefined) this.#bytes -= this.#weigh(value);
    } else if (name === undefined) this.forget(() => true);
    else {
      this.#drop(name);
      if (value !== undefined) this.#confirmed.set(name, value);
    }
  }

  /** Drops the confirmed names that `test` picks: the target did so without being told. */
  forget(test: (value: T) => boolean): void {
    for (const [name, value] of this.#confirmed) if (test(value)) this.#drop(name);
  }

  #drop(name: string): void {
    const value = this.#confirmed.get(name);
    if (value === undefined) return;
    this.#bytes -= this.#weigh(value);
    this.#confirmed.delete(name);
  }
}
