import { ProtocolError } from '@sallyport/core';
import type { SftpFrame } from './decoder.ts';

/** More requests than these wait at the client, not here. */
export const MAX_OUTSTANDING = 4_096;

/** What is done when the target answers a request, or when it never will. */
export interface Answer {
  take(frame: SftpFrame): void;
  lost?(): void;
}

/** Requests that the target owes an answer, by id. */
export class Outstanding {
  readonly #answers = new Map<number, Answer>();
  #waiting: (() => void) | undefined;
  #stopped = false;

  get any(): boolean {
    return this.#answers.size > 0;
  }

  get full(): boolean {
    return this.#answers.size >= MAX_OUTSTANDING && !this.#stopped;
  }

  /** Resolves when one more may be sent. At most one waits: the client's direction. */
  room(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  /** @throws ProtocolError: with two of one id nobody could tell which was answered. */
  check({ id }: SftpFrame): void {
    if (this.#answers.has(id)) throw new ProtocolError('client', `The client used the request id ${id} again before it was answered.`);
  }

  expect({ id }: SftpFrame, answer: Answer): void {
    this.#answers.set(id, answer);
  }

  answer(frame: SftpFrame): void {
    const answer = this.#answers.get(frame.id);
    if (answer === undefined) throw new ProtocolError('target', `The target answered a request ${frame.id} that nobody made.`);
    this.#answers.delete(frame.id);
    answer.take(frame);
    this.#open();
  }

  /** Nobody waits any more. */
  stop(): void {
    this.#stopped = true;
    this.#open();
  }

  /** No more answers come. */
  lost(): void {
    for (const answer of this.#answers.values()) answer.lost?.();
    this.#answers.clear();
  }

  #open(): void {
    if (this.full) return;
    this.#waiting?.();
    this.#waiting = undefined;
  }
}
