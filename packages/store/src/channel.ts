import { Worker } from 'node:worker_threads';
import { DamageError, GatewayError } from '@sallyport/core';
import { type Answer, type Batch, CLOSE, type Failure, type FromWorker, type WorkerTask } from './messages.ts';

/** The functions behind a channel: synchronous in the worker, promises here. */
type Calls<T> = { readonly [K in keyof T]: (...args: never[]) => unknown };

/**
 * The main thread's end of a worker. Keeps the process alive only while something is under way.
 * Once the worker failed, every call rejects with the same error: nothing is retried.
 */
export class Channel<T extends Calls<T>> {
  readonly #worker: Worker;
  readonly #opened = Promise.withResolvers<void>();
  readonly #closed = Promise.withResolvers<void>();
  readonly #pending = new Map<number, PromiseWithResolvers<unknown>>();
  readonly #onStored: (batch: number) => void;
  readonly #onFailure: (error: GatewayError) => void;
  #calls = 0;
  #lastBatch = 0;
  #storedBatch = 0;
  #closing = false;
  #failure: GatewayError | undefined;

  /**
   * @param onStored called with the number of the last batch that a commit stored.
   * @param onFailure called at most once; not for a worker that could not be opened.
   */
  constructor(task: WorkerTask, onStored: (batch: number) => void, onFailure: (error: GatewayError) => void) {
    this.#onStored = onStored;
    this.#onFailure = onFailure;
    this.#worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: task });
    this.#worker.on('message', (message: FromWorker) => this.#receive(message));
    this.#worker.on('error', (cause) => this.fail(new GatewayError('ERR_RECORDING', 'The store met an internal error.', { cause })));
    this.#worker.on('exit', () => {
      this.fail(new GatewayError('ERR_RECORDING', 'The store is closed.'));
      this.#closed.resolve();
    });
  }

  /** Resolves once the database is open. @throws GatewayError ERR_RECORDING saying why it is not. */
  opened(): Promise<void> {
    return this.#opened.promise;
  }

  async call<K extends keyof T & string>(name: K, ...args: Parameters<T[K]>): Promise<ReturnType<T[K]>> {
    if (this.#failure !== undefined) throw this.#failure;
    this.#calls += 1;
    const call = this.#calls;
    const pending = Promise.withResolvers<unknown>();
    this.#pending.set(call, pending);
    this.#worker.ref();
    this.#worker.postMessage({ call, name, args });
    return (await pending.promise) as ReturnType<T[K]>;
  }

  /** Sends packed records; the buffer is gone from this thread afterwards. */
  send(batch: Batch): void {
    if (this.#failure !== undefined) return;
    this.#lastBatch = batch.batch;
    this.#worker.ref();
    this.#worker.postMessage(batch, [batch.packed]);
  }

  /** Ends the worker after all that was asked of it before. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#worker.ref();
    this.#worker.postMessage({ call: 0, name: CLOSE, args: [] });
    await this.#closed.promise;
  }

  #receive(message: FromWorker): void {
    switch (message.type) {
      case 'opened':
        this.#opened.resolve();
        break;
      case 'done':
        for (const answer of message.answers) this.#settle(answer);
        if (message.batch > 0) {
          this.#storedBatch = message.batch;
          this.#onStored(message.batch);
        }
        break;
      case 'failed':
        this.fail(toError(message));
        break;
      case 'closed':
        break;
    }
    if (!this.#closing && this.#pending.size === 0 && this.#storedBatch === this.#lastBatch) this.#worker.unref();
  }

  #settle(answer: Answer): void {
    const pending = this.#pending.get(answer.call);
    this.#pending.delete(answer.call);
    if ('error' in answer) pending?.reject(toError(answer));
    else pending?.resolve(withBuffers(answer.value));
  }

  /** Rejects all that is under way and all that is asked later. The first failure stands. */
  fail(error: GatewayError): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#opened.promise.then(() => this.#onFailure(error)).catch(() => undefined);
    this.#opened.reject(error);
    for (const pending of this.#pending.values()) pending.reject(error);
    this.#pending.clear();
  }
}

function toError({ error, damaged }: Failure): GatewayError {
  return damaged ? new DamageError(error) : new GatewayError('ERR_RECORDING', error);
}

/** Buffers arrive from another thread as plain Uint8Arrays. */
function withBuffers(value: unknown): unknown {
  if (ArrayBuffer.isView(value)) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (Array.isArray(value)) return value.map(withBuffers);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, withBuffers(field)]));
}
