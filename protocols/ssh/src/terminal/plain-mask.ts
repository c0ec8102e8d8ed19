import type { CountHit, TextMask } from '@sallyport/core';
import { RunQueue, type Timed } from './run-queue.ts';

const NOBODY: CountHit = () => undefined;

/** Masks the output of a program that has no terminal: a plain text, of which only what may become a hit is held. */
export class PlainMask {
  readonly #mask: TextMask;
  readonly #queue: RunQueue;

  constructor(mask: TextMask, count: CountHit, queue = new RunQueue(mask, count)) {
    this.#mask = mask;
    this.#queue = queue;
  }

  /** Another one that has read and holds the same, and counts nothing. */
  fork(): PlainMask {
    return new PlainMask(this.#mask, NOBODY, this.#queue.fork(NOBODY));
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
