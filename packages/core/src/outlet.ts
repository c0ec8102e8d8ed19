import type { Writable } from 'node:stream';
import type { Side } from './frame.ts';

/**
 * A socket as a place to write whole messages to from two loops. While one loop is in the middle of
 * a large message, the other one's pieces wait, so that nothing lands inside it.
 */
export class Outlet {
  readonly #socket: Writable;
  #owner: Side | undefined;
  #closed = false;
  #freed: (() => void)[] = [];

  constructor(socket: Writable) {
    this.#socket = socket;
  }

  /** True while a loop stands in the middle of a message: nothing may be said to this side. */
  get midMessage(): boolean {
    return this.#owner !== undefined;
  }

  /** All that was written has left: the system has its own copy. */
  get empty(): boolean {
    return this.#socket.writableLength === 0;
  }

  /**
   * Writes the pieces as one. Resolves when the socket wants more; undefined when it does already.
   *
   * @param loop whose pieces they are.
   * @param open the last piece ends inside a message of that loop.
   */
  write(pieces: readonly Buffer[], loop: Side, open: boolean): Promise<void> | undefined {
    if (this.#closed) return undefined;
    if (this.#owner !== undefined && this.#owner !== loop) return this.#turn().then(() => this.write(pieces, loop, open));
    this.#owner = open ? loop : undefined;
    const writable = this.#send(pieces);
    if (!open) this.#release();
    return writable ? undefined : this.#drained();
  }

  /** That loop is done. What it left unfinished nobody can finish, and nothing may come inside. */
  leave(loop: Side): void {
    if (this.#owner === loop) this.close();
  }

  /** Nothing is written any more, and nobody waits to. */
  close(): void {
    this.#closed = true;
    this.#release();
  }

  #send(pieces: readonly Buffer[]): boolean {
    const socket = this.#socket;
    if (socket.destroyed || socket.writableEnded) return true;
    if (pieces.length === 1) return socket.write(pieces[0]);
    socket.cork();
    let writable = true;
    for (const piece of pieces) writable = socket.write(piece);
    socket.uncork();
    return writable;
  }

  #turn(): Promise<void> {
    return new Promise((resolve) => this.#freed.push(resolve));
  }

  #release(): void {
    const waiting = this.#freed;
    if (waiting.length === 0) return;
    this.#freed = [];
    for (const resume of waiting) resume();
  }

  #drained(): Promise<void> {
    const socket = this.#socket;
    return new Promise((resolve) => {
      const done = (): void => {
        socket.off('drain', done);
        socket.off('close', done);
        resolve();
      };
      if (socket.destroyed || !socket.writableNeedDrain) return resolve();
      socket.once('drain', done);
      socket.once('close', done);
    });
  }
}
