import { ProtocolError, type Side } from '@sallyport/core';
import { MAX_LINE_BYTES, messageOf } from './control-line.ts';

/** What a sink answers: a zero byte, or an error up to a line feed. */
export interface Reply {
  readonly error?: string;
}

/** A sink answers what it was sent; it has no reason to say more. */
const MAX_EARLY = 64;

/** Cuts a sink's bytes into its answers and hands each to who waits for one. */
export class Replies {
  readonly #side: Side;
  #line: Buffer[] = [];
  #bytes = 0;
  #greeted = false;
  /** Came before anybody waited: the source sends ahead. */
  readonly #early: Reply[] = [];
  #waiting: ((reply: Reply | undefined) => void) | undefined;
  #over = false;

  constructor(side: Side) {
    this.#side = side;
  }

  /** The answer to the last line that was sent to the sink; undefined when none will come. */
  next(): Promise<Reply | undefined> {
    const early = this.#early.shift();
    if (early !== undefined || this.#over) return Promise.resolve(early);
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  /** @throws ProtocolError for bytes that are no answer. */
  push(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) {
      if (this.#bytes === 0 && bytes[at] === 0) {
        at++;
        this.#take({});
        continue;
      }
      if (this.#bytes === 0 && bytes[at] !== 1 && bytes[at] !== 2) throw this.#foreign();
      const end = bytes.indexOf(0x0a, at);
      const part = bytes.subarray(at, end < 0 ? bytes.length : end);
      at += part.length + 1;
      this.#keep(part);
      if (end < 0) continue;
      const error = messageOf(Buffer.concat(this.#line));
      this.#line = [];
      this.#bytes = 0;
      this.#take({ error });
    }
  }

  /** No answers come any more. */
  end(): void {
    this.#over = true;
    this.#waiting?.(undefined);
    this.#waiting = undefined;
  }

  #keep(part: Buffer): void {
    this.#bytes += part.length;
    if (this.#bytes > MAX_LINE_BYTES) throw this.#foreign();
    this.#line.push(Buffer.from(part));
  }

  #take(reply: Reply): void {
    // The first says that the sink is there; a source waits for it before it sends anything.
    if (!this.#greeted) {
      this.#greeted = true;
      return;
    }
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting !== undefined) waiting(reply);
    else if (this.#early.push(reply) > MAX_EARLY) throw this.#foreign();
  }

  #foreign(): ProtocolError {
    return new ProtocolError(this.#side, `The ${this.#side} does not answer as scp's protocol has it.`);
  }
}
