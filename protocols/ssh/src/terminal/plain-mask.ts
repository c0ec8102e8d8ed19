import type { CountHit, TextMask } from '@sallyport/core';
import { RunQueue, type Timed } from './run-queue.ts';

/** Masks the output of a program that has no terminal: a plain text, of which only what may become a hit is held. */
export class PlainMask {
  readonly #queue: RunQueue;

  constructor(mask: TextMask, count: CountHit) {
    this.#queue = new RunQueue(mask, count);
  }

  /** Something waits that {@link release} would let out. */
  get holds(): boolean {
    return this.#queue.holds;
  }

  /** A text has no columns. */
  resize(): void {}

  /** @param at when the bytes came, in milliseconds: they leave with it. @returns what may leave by now. */
  push(bytes: Buffer, at: number): readonly Timed[] {
    this.#queue.text(bytes, at);
    this.#queue.search();
    return this.#queue.take();
  }

  /** All that waits. Later hits hide what is still to come of them. */
  release(): readonly Timed[] {
    this.#queue.release();
    return this.#queue.take();
  }

  end(): readonly Timed[] {
    return this.release();
  }
}
