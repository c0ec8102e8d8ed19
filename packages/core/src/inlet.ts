import type { Readable } from 'node:stream';

/** How far a side is read ahead of its loop: enough to see its FIN behind a held command. */
const READ_AHEAD_BYTES = 64 * 1024;

/**
 * A socket as chunks to pull. Not pulling is the back-pressure: at most 64 KiB and one chunk wait
 * here, then the socket is paused and TCP holds the sender.
 */
export class Inlet {
  readonly #socket: Readable;
  readonly #waiting: Buffer[] = [];
  #bytes = 0;
  #over = false;
  #error: Error | undefined;
  #wake: (() => void) | undefined;

  /**
   * @param onEnd called once, as soon as the peer's end is seen, even while chunks still wait.
   * @param onFull called when no more is read ahead: from then on the peer's end cannot be seen.
   */
  constructor(socket: Readable, onEnd: () => void, onFull: () => void = () => undefined) {
    this.#socket = socket;
    const finish = (error?: Error): void => {
      if (this.#over) return;
      this.#over = true;
      this.#error = error;
      onEnd();
      this.#wake?.();
    };
    socket.on('data', (chunk: Buffer) => {
      this.#waiting.push(chunk);
      this.#bytes += chunk.length;
      this.#wake?.();
      if (!this.full) return;
      socket.pause();
      onFull();
    });
    socket.once('end', () => finish());
    socket.on('error', finish);
    socket.once('close', () => finish());
    if (socket.destroyed) finish();
  }

  /** As much waits as may wait. */
  get full(): boolean {
    return this.#bytes >= READ_AHEAD_BYTES;
  }

  /** The next chunk; undefined when the peer ended. @throws the socket's error */
  async pull(): Promise<Buffer | undefined> {
    for (;;) {
      const chunk = this.#waiting.shift();
      if (chunk !== undefined) {
        this.#bytes -= chunk.length;
        if (!this.full && this.#socket.isPaused()) this.#socket.resume();
        return chunk;
      }
      if (this.#error !== undefined) throw this.#error;
      if (this.#over) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
  }
}
