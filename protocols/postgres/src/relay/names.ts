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

interface Pending<T> {
  readonly change: NameChange<T>;
  /** Its place among all proposed ones. */
  readonly number: number;
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
  /** Unanswered changes in their order, by name; under undefined those of every name. */
  readonly #pending = new Map<string | undefined, Pending<T>[]>();
  #proposed = 0;
  #unanswered = 0;
  readonly #weigh: (value: T) => number;
  #bytes = 0;

  /** @param weigh bytes that a value keeps in memory; the same as long as it lives. */
  constructor(weigh: (value: T) => number) {
    this.#weigh = weigh;
  }

  /** No more may be made. */
  get full(): boolean {
    return this.#confirmed.size + this.#unanswered >= MAX_NAMES || this.#bytes >= MAX_BYTES;
  }

  /** @param group the group that asks. */
  find(name: string, group: number): T | undefined | typeof UNSURE {
    const own = this.#pending.get(name)?.at(-1);
    const every = this.#pending.get(undefined)?.at(-1);
    const last = own === undefined || (every !== undefined && every.number > own.number) ? every : own;
    if (last === undefined) return this.#confirmed.get(name);
    return last.change.group === group ? last.change.value : UNSURE;
  }

  propose(change: NameChange<T>): void {
    const changes = this.#pending.get(change.name);
    const pending = { change, number: this.#proposed++ };
    if (changes === undefined) this.#pending.set(change.name, [pending]);
    else changes.push(pending);
    this.#unanswered += 1;
    if (change.value !== undefined) this.#bytes += this.#weigh(change.value);
  }

  /** The target has answered. @param confirmed false: the message failed, or was skipped */
  settle(change: NameChange<T>, confirmed: boolean): void {
    this.#answered(change);
    const { name, value } = change;
    if (!confirmed) {
      if (value !== undefined) this.#bytes -= this.#weigh(value);
    } else if (name === undefined) this.forget(() => true);
    else {
      this.#drop(name);
      if (value !== undefined) this.#confirmed.set(name, value);
    }
  }

  /** Answers come in the order of the changes, so that it is the first of its name. */
  #answered(change: NameChange<T>): void {
    const changes = this.#pending.get(change.name) ?? [];
    const index = changes.findIndex((pending) => pending.change === change);
    if (index < 0) return;
    this.#unanswered -= 1;
    if (index === 0) changes.shift();
    else changes.splice(index, 1);
    if (changes.length === 0) this.#pending.delete(change.name);
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
