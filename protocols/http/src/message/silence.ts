/** The chunks of a body. */
export interface Chunks extends AsyncIterator<Buffer, undefined> {
  /** What {@link next} resolves with is here already. */
  readonly ready?: boolean;
}

/**
 * The chunks of a body, until nothing comes for too long.
 *
 * @param silent makes the error that it ends with then.
 */
export function unlessSilent(chunks: Chunks, ms: number, silent: () => Error): AsyncIterable<Buffer> {
  const heard = new Heard(chunks, ms, silent);
  return { [Symbol.asyncIterator]: () => heard };
}

/** No generator, and no timer before somebody has to wait: most bodies are short, and whole when they are read. */
class Heard implements AsyncIterator<Buffer, undefined> {
  readonly #chunks: Chunks;
  readonly #ms: number;
  readonly #silent: () => Error;
  #timer: NodeJS.Timeout | undefined;
  #fail: (error: Error) => void = () => undefined;

  constructor(chunks: Chunks, ms: number, silent: () => Error) {
    this.#chunks = chunks;
    this.#ms = ms;
    this.#silent = silent;
  }

  next(): Promise<IteratorResult<Buffer, undefined>> {
    // Who has waited once has a timer that the end must clear.
    return this.#chunks.ready === true && this.#timer === undefined ? this.#chunks.next() : this.#wait();
  }

  /** The reader has had enough. */
  async return(): Promise<IteratorResult<Buffer, undefined>> {
    clearTimeout(this.#timer);
    await this.#chunks.return?.().catch(() => undefined);
    return { done: true, value: undefined };
  }

  async #wait(): Promise<IteratorResult<Buffer, undefined>> {
    if (this.#timer === undefined) this.#timer = setTimeout(() => this.#fail(this.#silent()), this.#ms);
    else this.#timer.refresh();
    try {
      // A promise for each chunk: whatever raced against one for all would keep every chunk until the end.
      const result = await new Promise<IteratorResult<Buffer, undefined>>((resolve, reject) => {
        this.#fail = reject;
        this.#chunks.next().then(resolve, reject);
      });
      if (result.done === true) clearTimeout(this.#timer);
      return result;
    } catch (error) {
      void this.return(); // whoever reads does not do so after an error
      throw error;
    }
  }
}
