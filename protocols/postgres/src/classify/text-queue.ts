/** Texts that may wait, and their characters altogether. */
const TEXTS = 1_024;
const CHARACTERS = 16 << 20;

interface Waiting<T> {
  readonly item: T;
  readonly length: number;
  /** Where its turn is, in characters served. */
  readonly turn: number;
}

/**
 * Texts that wait for the one parser, the short ones before the long ones. A text's turn comes when as
 * many characters as it has were served since it came: so short texts overtake, and no text waits for
 * more than its own length of them. (Self-clocked fair queueing, Golestani 1994.) A session has at
 * most one text here, since its client's direction stands still meanwhile.
 */
export class TextQueue<T> {
  readonly #waiting: Waiting<T>[] = [];
  #characters = 0;
  #served = 0;

  /** @returns what is given up where there is no room: the longest text, which may be the new one. */
  push(item: T, length: number): T | undefined {
    this.#waiting.push({ item, length, turn: this.#served + length });
    this.#characters += length;
    if (this.#waiting.length <= TEXTS && this.#characters <= CHARACTERS) return undefined;
    return this.#take((one, other) => one.length > other.length)?.item;
  }

  /** The text whose turn it is. */
  shift(): T | undefined {
    const next = this.#take((one, other) => one.turn < other.turn);
    if (next !== undefined) this.#served = Math.max(this.#served, next.turn);
    return next?.item;
  }

  clear(): readonly T[] {
    this.#characters = 0;
    return this.#waiting.splice(0).map(({ item }) => item);
  }

  #take(before: (one: Waiting<T>, other: Waiting<T>) => boolean): Waiting<T> | undefined {
    let found = 0;
    for (let index = 1; index < this.#waiting.length; index += 1) {
      if (before(this.#waiting[index] as Waiting<T>, this.#waiting[found] as Waiting<T>)) found = index;
    }
    const [taken] = this.#waiting.splice(found, 1);
    if (taken !== undefined) this.#characters -= taken.length;
    return taken;
  }
}
