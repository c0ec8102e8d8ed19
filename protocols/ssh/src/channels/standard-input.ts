import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { carry } from './carry.ts';

/** How much is looked at before somebody decides about a program that comes by standard input, and for how long it may come. */
const SPOOL_BYTES = 1024 * 1024;
const SPOOL_MS = 2_000;
const INTERRUPT = 0x03;

/** What a client sends to a program: kept in order while the program may not run yet. */
export class StandardInput {
  readonly #from: Readable;
  readonly #terminal: boolean;
  readonly #kept: Buffer[] = [];
  readonly #interrupt = new AbortController();
  #bytes = 0;
  #ended = false;
  #watching: (() => void) | undefined;

  constructor(from: Readable, terminal: boolean) {
    this.#from = from;
    this.#terminal = terminal;
    from.once('end', () => {
      this.#ended = true;
    });
    if (terminal) this.#watch();
  }

  /** Aborted by Ctrl-C in a terminal, as long as nothing runs that could take it. */
  get interrupted(): AbortSignal {
    return this.#interrupt.signal;
  }

  /** `sha256:… (1234 bytes)` of all that is sent; undefined where it was not seen: too long, or not ended in time. */
  async describe(left: AbortSignal): Promise<string | undefined> {
    this.#watch();
    const whole = new Promise<void>((resolve) => {
      if (this.#ended) return resolve();
      const timer = setTimeout(resolve, SPOOL_MS);
      const done = (): void => {
        clearTimeout(timer);
        resolve();
      };
      this.#from.once('end', done);
      left.addEventListener('abort', done, { once: true });
    });
    await whole;
    if (!this.#ended || this.#bytes > SPOOL_BYTES) return undefined;
    const digest = createHash('sha256');
    for (const chunk of this.#kept) digest.update(chunk);
    return `sha256:${digest.digest('hex')} (${this.#bytes} bytes)`;
  }

  /** From here on everything is for the program, what was kept first. Resolves at the client's end. */
  async carry(take: (chunk: Buffer) => Promise<void> | undefined): Promise<void> {
    this.#watching?.();
    for (const chunk of this.#kept.splice(0)) await take(chunk);
    if (this.#ended) return;
    this.#from.resume();
    await carry(this.#from, take);
  }

  /** Gives the stream to another reader, with all that was kept in front. */
  release(): void {
    this.#watching?.();
    for (const chunk of this.#kept.splice(0).reverse()) this.#from.unshift(chunk);
  }

  /** Nobody will read it: the client's window must not stay closed. */
  discard(): void {
    this.#watching?.();
    this.#kept.length = 0;
    this.#from.resume();
  }

  /** Reads up to the bound; beyond it the channel's window holds the client back. */
  #watch(): void {
    if (this.#watching !== undefined) return;
    const keep = (chunk: Buffer): void => {
      this.#kept.push(chunk);
      this.#bytes += chunk.length;
      if (this.#terminal && chunk.includes(INTERRUPT)) this.#interrupt.abort();
      if (this.#bytes > SPOOL_BYTES) this.#from.pause();
    };
    this.#from.on('data', keep);
    this.#watching = () => {
      this.#from.off('data', keep);
      this.#from.pause();
    };
  }
}
