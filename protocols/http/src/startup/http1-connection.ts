import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** Requests that a client may have sent before the first of them is answered: more than anybody pipelines. */
const MOST_UNANSWERED = 1_000;

/**
 * What a client has under way on one connection: one request after the other, however many it sends at once. What is
 * pipelined must reach the target, and be answered, in its order.
 */
export class Http1Connection<H> {
  readonly handlers: H;
  readonly #socket: Duplex;
  /** In the order in which they came, and mostly in which they go. */
  readonly #unanswered: ServerResponse[] = [];
  #last: Promise<void> = Promise.resolve();
  #over = false;
  #broken = false;

  constructor(handlers: H, socket: Duplex) {
    this.handlers = handlers;
    this.#socket = socket;
  }

  /** Resolves when all that was begun has ended. */
  get idle(): Promise<void> {
    return this.#last;
  }

  /** Serves a request behind what came earlier; not at all once the connection has said that it closes, or has broken within it. */
  run(message: IncomingMessage, serve: () => Promise<void>): void {
    this.#last = this.#serveBehind(this.#last, message, serve);
  }

  /** Remembers a request until its answer is out. @returns false: there are too many */
  expect(response: ServerResponse): boolean {
    if (this.#unanswered.length >= MOST_UNANSWERED) return false;
    this.#unanswered.push(response);
    return true;
  }

  /** The answer is out, or will never be. */
  answered(response: ServerResponse): void {
    const at = this.#unanswered.indexOf(response);
    if (at >= 0) this.#unanswered.splice(at, 1);
  }

  /** Nothing that was sent behind the present request counts any more. */
  end(): void {
    this.#over = true;
  }

  /** The last words, behind the answers to whatever was whole before it broke. */
  async break(words: Buffer | undefined): Promise<void> {
    if (this.#broken) return;
    this.#broken = true;
    const whole = this.#unanswered.filter(({ req }) => req.complete);
    const begun = this.#unanswered.some(({ req }) => !req.complete);
    await Promise.all(whole.map((response) => new Promise((resolve) => response.once('close', resolve))));
    const answering = begun && (this.#socket as { readonly _httpMessage?: ServerResponse })._httpMessage?.headersSent === true;
    if (this.#socket.writable && !answering && words !== undefined) this.#socket.end(words);
    if (this.#socket.destroySoon === undefined) this.#socket.destroy();
    else this.#socket.destroySoon();
  }

  async #serveBehind(earlier: Promise<void>, message: IncomingMessage, serve: () => Promise<void>): Promise<void> {
    await earlier;
    if (this.#over || (this.#broken && !message.complete)) return;
    try {
      await serve();
    } catch {
      this.#socket.destroy(); // whoever serves says what went wrong; here it must not take others along
    }
  }
}

declare module 'node:stream' {
  interface Duplex {
    /** Of sockets: destroys once what was written is out. */
    destroySoon?(): void;
  }
}
