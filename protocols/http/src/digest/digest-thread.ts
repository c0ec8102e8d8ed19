import { Worker } from 'node:worker_threads';
import { GatewayError } from '@sallyport/core';
import { type BodyDigest, digestHere } from './body-digest.ts';
import type { Digested } from './digest-worker.ts';
import { OPERATION, type Operation, RingWriter, sharedMemory } from './shared-ring.ts';

/** Small enough to stay in the processor's cache, large enough for what comes while the other thread is being woken. */
const RING_BYTES = 2 << 20;
const NOTHING = Buffer.alloc(0);

/** A shorter one is done before another thread has been told of it. */
const LARGE_BYTES = 1 << 20;

/** A frame, or the rest of one, that found no room. */
interface Waiting {
  readonly body: number;
  readonly operation: Operation;
  readonly data: Buffer;
}

/**
 * SHA-256 of large bodies on a thread of its own: 500 µs for each MB that the thread which moves all bytes would lack. The
 * bytes go there through a ring of shared memory; whoever is ahead of it waits. If the thread fails, so does every body that
 * it has a part of, and the next one gets a new thread.
 */
export class DigestThread {
  #lane: Lane | undefined;

  /** @param expected how many bytes will come; undefined: it is not known. */
  begin(expected?: number): BodyDigest {
    if (expected !== undefined && expected < LARGE_BYTES) return digestHere();
    if (this.#lane === undefined || this.#lane.failed) this.#lane = new Lane();
    return this.#lane.begin();
  }

  close(): void {
    void this.#lane?.close();
    this.#lane = undefined;
  }
}

/** One thread's life. */
class Lane {
  readonly #worker: Worker;
  readonly #ring: RingWriter;
  readonly #ends = new Map<number, PromiseWithResolvers<Buffer>>();
  #waiting: Waiting[] = [];
  #room: Promise<void> | undefined;
  #bodies = 0;
  #failure: GatewayError | undefined;

  constructor() {
    const memory = sharedMemory(RING_BYTES);
    this.#ring = new RingWriter(memory);
    this.#worker = new Worker(new URL('./digest-worker.ts', import.meta.url), { name: 'body-digest', workerData: memory });
    this.#worker.unref();
    this.#worker.on('message', ({ body, sha256 }: Digested) => this.#settle(body, Buffer.from(sha256)));
    this.#worker.on('error', (cause) => this.#fail(cause));
    this.#worker.on('exit', () => this.#fail(undefined));
  }

  get failed(): boolean {
    return this.#failure !== undefined;
  }

  begin(): BodyDigest {
    this.#bodies = (this.#bodies + 1) >>> 0;
    return new ThreadDigest(this, this.#bodies);
  }

  /** Takes it in any case; who goes on without {@link room} has it copied to wait. */
  write(body: number, operation: Operation, data: Buffer = NOTHING): void {
    if (this.failed) return;
    const rest = this.#waiting.length === 0 ? this.#put(body, operation, data) : data;
    if (rest === undefined) return;
    this.#waiting.push({ body, operation, data: Buffer.from(rest) });
    if (this.#room !== undefined) return;
    this.#room = this.#drain();
    this.#room.catch(() => undefined); // told to who asks
  }

  /** undefined: nothing waits. @throws GatewayError ERR_RECORDING when the thread has failed */
  room(): Promise<void> | undefined {
    return this.#failure === undefined ? this.#room : Promise.reject(this.#failure);
  }

  /** @throws GatewayError ERR_RECORDING when the thread has failed */
  end(body: number): Promise<Buffer> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const end = Promise.withResolvers<Buffer>();
    this.#ends.set(body, end);
    this.#worker.ref();
    this.write(body, OPERATION.end);
    return end.promise;
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  /** @returns what found no room */
  #put(body: number, operation: Operation, data: Buffer): Buffer | undefined {
    for (let rest = data; ; ) {
      const written = this.#ring.write(body, operation, rest);
      if (written === undefined) return rest;
      if (written === rest.length) return undefined;
      rest = rest.subarray(written);
    }
  }

  /** Begins, and goes on, where the ring is full: of less the reader may not have been told, and would move nothing. */
  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      await this.#ring.moved();
      if (this.#failure !== undefined) throw this.#failure;
      this.#putWaiting();
    }
    this.#room = undefined;
  }

  #putWaiting(): void {
    for (let [next] = this.#waiting; next !== undefined; [next] = this.#waiting) {
      const rest = this.#put(next.body, next.operation, next.data);
      if (rest !== undefined) {
        this.#waiting[0] = { ...next, data: rest };
        return;
      }
      this.#waiting.shift();
    }
  }

  #settle(body: number, sha256: Buffer): void {
    this.#ends.get(body)?.resolve(sha256);
    this.#ends.delete(body);
    if (this.#ends.size === 0) this.#worker.unref();
  }

  #fail(cause: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = new GatewayError(
      'ERR_RECORDING',
      'The thread that computes the SHA-256 of large bodies has ended: this body cannot be recorded, send the request again.',
      { cause },
    );
    for (const end of this.#ends.values()) end.reject(this.#failure);
    this.#ends.clear();
    this.#ring.wake();
  }
}

/** One body's part of it. */
class ThreadDigest implements BodyDigest {
  readonly #lane: Lane;
  readonly #body: number;
  #sha256: Buffer | undefined;
  #over = false;

  constructor(lane: Lane, body: number) {
    this.#lane = lane;
    this.#body = body;
  }

  update(bytes: Buffer): void {
    this.#lane.write(this.#body, OPERATION.data, bytes);
  }

  room(): Promise<void> | undefined {
    return this.#lane.room();
  }

  async finish(): Promise<void> {
    this.#over = true;
    this.#sha256 = await this.#lane.end(this.#body);
  }

  digest(): Buffer {
    if (this.#sha256 === undefined) throw new Error('The digest was asked for before it was finished.');
    return this.#sha256;
  }

  drop(): void {
    if (!this.#over) this.#lane.write(this.#body, OPERATION.drop);
    this.#over = true;
  }
}
