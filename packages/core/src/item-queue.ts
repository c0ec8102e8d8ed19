/** What can be told to wait: a socket. */
interface Source {
  pause(): unknown;
  resume(): unknown;
}

/** Items that may wait here before the source is paused. */
const HIGH_WATER = 1_024;

/** Events as an iterable that holds its source back while the reader is behind. One reader. */
export class ItemQueue<T> implements AsyncIterable<T> {
  readonly #source: Source;
  #items: T[] = [];
  #paused = false;
  #over = false;
  #error: unknown;
  #wake: (() => void) | undefined;

  constructor(source: Source) {
    this.#source = source;
  }

  push(item: T): void {
    this.#items.push(item);
    if (this.#items.length >= HIGH_WATER && !this.#paused) {
      this.#paused = true;
      this.#source.pause();
    }
    this.#wake?.();
  }

  end(): void {
    this.#over = true;
    this.#wake?.();
  }

  /** Ends the iteration with an error, behind the items that came before. Only the first one counts. */
  fail(error: unknown): void {
    this.#error ??= error;
    this.end();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (;;) {
      const items = this.#items;
      this.#items = [];
      yield* items;
      if (this.#items.length > 0) continue;
      if (this.#paused) {
        this.#paused = false;
        this.#source.resume();
      }
      if (this.#over) break;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
    if (this.#error !== undefined) throw this.#error;
  }
}
