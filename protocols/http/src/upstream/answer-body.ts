import type { Chunks } from '../message/silence.ts';

/** Bytes that may wait here before the source is paused. */
const HIGH_WATER = 256 * 1024;

interface Source {
  pause(): void;
  resume(): void;
  abort(reason: Error): void;
}

/** A body that is pushed by a parser and pulled by one reader; the parser is paused while the reader is behind. */
export class AnswerBody implements AsyncIterable<Buffer>, Chunks {
  readonly #source: Source;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #paused = false;
  #over = false;
  #error: unknown;
  #wake: ((result: IteratorResult<Buffer, undefined>) => void) | undefined;
  #fail: ((error: unknown) => void) | undefined;

  constructor(source: Source) {
    this.#source = source;
  }

  push(chunk: Buffer): void {
    if (this.#wake !== undefined) {
      this.#deliver({ done: false, value: chunk });
      return;
    }
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes < HIGH_WATER || this.#paused) return;
    this.#paused = true;
    this.#source.pause();
  }

  end(): void {
    this.#over = true;
    if (this.#wake !== undefined) this.#deliver({ done: true, value: undefined });
  }

  /** Ends it with an error, behind the bytes that came before. */
  fail(error: unknown): void {
    this.#over = true;
    this.#error ??= error;
    this.#fail?.(error);
    this.#wake = undefined;
    this.#fail = undefined;
  }

  get ready(): boolean {
    return this.#over || this.#chunks.length > 0;
  }

  next(): Promise<IteratorResult<Buffer, undefined>> {
    const chunk = this.#chunks.shift();
    if (chunk !== undefined) {
      this.#bytes -= chunk.length;
      if (this.#paused && this.#bytes === 0) {
        this.#paused = false;
        this.#source.resume();
      }
      return Promise.resolve({ done: false, value: chunk });
    }
    if (this.#error !== undefined) return Promise.reject(this.#error as Error);
    if (this.#over) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => {
      this.#wake = resolve;
      this.#fail = reject;
    });
  }

  /** The reader has had enough. */
  return(): Promise<IteratorResult<Buffer, undefined>> {
    if (!this.#over) this.#source.abort(new Error('nobody reads the answer any more'));
    this.#over = true;
    this.#chunks = [];
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #deliver(result: IteratorResult<Buffer, undefined>): void {
    const wake = this.#wake;
    this.#wake = undefined;
    this.#fail = undefined;
    wake?.(result);
  }
}
