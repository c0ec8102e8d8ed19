import type { Readable } from 'node:stream';
import type { Decoder, Frame } from './frame.ts';
import { LentMemory } from './lent-memory.ts';

const READ_AHEAD_BYTES = 64 * 1024;

/** What is noticed as it arrives, even while the loop stands still at an earlier frame. */
export interface InletWatch<F extends Frame> {
  frame?(frame: F): void;
  /** Once, at the peer's end; with what the socket failed with, if it did. */
  end?(cut: Error | undefined): void;
  /** No more is read ahead: from here on the peer's end cannot be seen. */
  full?(): void;
  /** How far a side is read ahead of its loop. Default: 64 KiB, enough to see its FIN behind a held command. */
  readonly ahead?: number;
  /** Chunks are given back when {@link Inlet.release} says so. Default: they are left to the collector. */
  readonly recycle?: boolean;
}

/**
 * A socket as frames to take. Not taking is the back-pressure: at most `ahead` bytes and one chunk
 * wait here, then the socket is paused and TCP holds the sender.
 */
export class Inlet<F extends Frame> {
  readonly #socket: Readable;
  readonly #ahead: number;
  #frames: F[] = [];
  /** Chunks that the frames are views of: those that wait, and those that were taken. */
  #chunks: Buffer[] = [];
  #taken: Buffer[] = [];
  #waiting = 0;
  #bytes = 0;
  #over = false;
  #cut: Error | undefined;
  #fault: unknown;
  #wake: (() => void) | undefined;

  constructor(socket: Readable, decoder: Decoder<F>, watch: InletWatch<F> = {}) {
    this.#socket = socket;
    this.#ahead = watch.ahead ?? READ_AHEAD_BYTES;
    const finish = (cut?: Error): void => {
      if (this.#over) return;
      this.#over = true;
      this.#cut = cut;
      watch.end?.(cut);
      this.#awake();
    };
    socket.on('data', (chunk: Buffer) => {
      if (this.#over) return;
      this.#bytes += chunk.length;
      this.#waiting += chunk.length;
      if (watch.recycle === true) this.#chunks.push(chunk);
      try {
        for (const frame of decoder.push(chunk)) {
          this.#frames.push(frame);
          watch.frame?.(frame);
        }
      } catch (error) {
        this.#fault = error;
        finish();
      }
      this.#awake();
      if (!this.full || this.#over) return;
      socket.pause();
      watch.full?.();
    });
    socket.once('end', () => finish());
    socket.on('error', finish);
    socket.once('close', () => finish());
    if (socket.destroyed) finish(socket.errored ?? undefined);
  }

  /** Bytes read so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** As much waits as may wait. One read of a socket is not yet too much: pausing at each would cost a third. */
  get full(): boolean {
    return this.#waiting > this.#ahead;
  }

  /** The peer has ended, and all that it sent was taken. */
  get finished(): boolean {
    return this.#over && this.#waiting === 0;
  }

  /** What the socket failed with. */
  get cut(): Error | undefined {
    return this.#cut;
  }

  /** What the decoder threw at the bytes behind the last frame. */
  get fault(): unknown {
    return this.#fault;
  }

  /** Resolves when there is something to take, or never will be; undefined when that is so already. */
  arrival(): Promise<void> | undefined {
    if (this.#waiting > 0 || this.#over) return undefined;
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** All frames that wait, which may be none: a message can arrive in many chunks. */
  take(): readonly F[] {
    const frames = this.#frames;
    this.#frames = [];
    this.#waiting = 0;
    if (this.#chunks.length > 0) {
      this.#taken.push(...this.#chunks);
      this.#chunks = [];
    }
    if (this.#socket.isPaused()) this.#socket.resume();
    return frames;
  }

  /** Nobody needs the frames that were taken, nor anything that is a view of them. @param again more is likely to come */
  release(again: boolean): void {
    if (this.#taken.length === 0) return;
    LentMemory.giveBack(this.#taken, again);
    this.#taken = [];
  }

  /** Reads on, so that the peer's end is seen, and keeps nothing of it. */
  discard(): void {
    this.#over = true;
    this.take();
    this.#awake();
  }

  #awake(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}
