import type { GatewayError, RecordKind } from '@sallyport/core';
import type { Batch } from './messages.ts';
import { PACKED_HEAD, packRecord } from './packing.ts';

/** Records travel to the worker in buffers of this size; a larger record has one of its own. */
const BATCH_BYTES = 64 * 1024;
/** Below this a copy is cheaper than giving the whole buffer away. */
const COPY_BYTES = 16 * 1024;
/** How long records that nobody waits for may stay here. */
const FLUSH_MS = 20;
/** `ready()` waits while more than this many bytes are not stored yet. */
const UNSTORED_BYTES = 1 << 20;

/** Packs the records of all sessions, in order, and knows how far they are stored. */
export class RecordFeed {
  readonly #send: (batch: Batch) => void;
  #buffer = Buffer.allocUnsafeSlow(BATCH_BYTES);
  #used = 0;
  #sync = false;
  /** The batch that is being packed, the last one sent, and the last one stored. */
  #batch = 1;
  #stored = 0;
  #timer: NodeJS.Timeout | undefined;
  #flushing = false;
  #unstoredBytes = 0;
  readonly #sent: { readonly batch: number; readonly bytes: number }[] = [];
  readonly #waiting = new Map<number, PromiseWithResolvers<void>>();
  #room: PromiseWithResolvers<void> | undefined;
  #failure: GatewayError | undefined;

  constructor(send: (batch: Batch) => void) {
    this.#send = send;
  }

  /** Returns the batch that the record travels in. After a failure records are dropped: nothing waits for them. */
  append(handle: number, sync: boolean, kind: RecordKind, at: number, body: Buffer): number {
    if (this.#failure !== undefined) return this.#batch;
    const bytes = PACKED_HEAD + body.length;
    if (this.#used + bytes > this.#buffer.length) {
      this.flush();
      if (bytes > this.#buffer.length) this.#buffer = Buffer.allocUnsafeSlow(bytes);
    }
    this.#used = packRecord(this.#buffer, this.#used, handle, kind, at, body);
    this.#sync ||= sync;
    this.#unstoredBytes += bytes;
    const batch = this.#batch;
    if (this.#used >= BATCH_BYTES) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), FLUSH_MS).unref();
    return batch;
  }

  /** undefined when that batch is stored; else it is sent within this turn of the loop and the promise tells. */
  durable(batch: number): Promise<void> | undefined {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (batch <= this.#stored) return undefined;
    if (batch === this.#batch && !this.#flushing) {
      this.#flushing = true; // sessions that ask in the same turn share the commit
      setImmediate(() => this.flush());
    }
    const waiting = this.#waiting.get(batch) ?? withoutOrphans(Promise.withResolvers<void>());
    this.#waiting.set(batch, waiting);
    return waiting.promise;
  }

  ready(): Promise<void> | undefined {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#unstoredBytes < UNSTORED_BYTES) return undefined;
    this.#room ??= withoutOrphans(Promise.withResolvers<void>());
    return this.#room.promise;
  }

  /** Sends what is packed. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#flushing = false;
    if (this.#used === 0 || this.#failure !== undefined) return;
    const packed = this.#take();
    this.#sent.push({ batch: this.#batch, bytes: this.#used });
    this.#send({ batch: this.#batch, packed, used: this.#used, sync: this.#sync });
    this.#batch += 1;
    this.#used = 0;
    this.#sync = false;
  }

  /** Everything up to that batch is stored. */
  stored(batch: number): void {
    this.#stored = batch;
    while (this.#sent[0] !== undefined && this.#sent[0].batch <= batch) this.#unstoredBytes -= this.#sent.shift()?.bytes ?? 0;
    for (const [number, waiting] of this.#waiting) {
      if (number > batch) continue;
      this.#waiting.delete(number);
      waiting.resolve();
    }
    if (this.#unstoredBytes < UNSTORED_BYTES) {
      this.#room?.resolve();
      this.#room = undefined;
    }
  }

  fail(error: GatewayError): void {
    this.#failure = error;
    clearTimeout(this.#timer);
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
    this.#room?.reject(error);
    this.#sent.length = 0;
  }

  #take(): ArrayBuffer {
    if (this.#used <= COPY_BYTES) {
      const copy = Buffer.allocUnsafeSlow(this.#used);
      this.#buffer.copy(copy, 0, 0, this.#used);
      return copy.buffer as ArrayBuffer;
    }
    const full = this.#buffer;
    this.#buffer = Buffer.allocUnsafeSlow(BATCH_BYTES);
    return full.buffer as ArrayBuffer;
  }
}

/** A caller that stopped waiting must not turn a failure into an unhandled rejection. */
function withoutOrphans(deferred: PromiseWithResolvers<void>): PromiseWithResolvers<void> {
  deferred.promise.catch(() => undefined);
  return deferred;
}
