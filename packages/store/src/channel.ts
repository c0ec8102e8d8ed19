import { Worker } from 'node:worker_threads';
import { DamageError, GatewayError } from '@sallyport/core';
import { type Answer, CLOSE, type Failure, type FromWorker, MOVE, type WorkerTask } from './messages.ts';
import type { Recovery } from './mover.ts';

/** The functions behind a channel: synchronous in the worker, promises here. */
type Calls<T> = { readonly [K in keyof T]: (...args: never[]) => unknown };

/**
 * The main thread's end of a worker. Keeps the process alive only while something is under way.
 * Once the worker failed, every call rejects with the same error: nothing is retried.
 */
export class Channel<T extends Calls<T>> {
  readonly #worker: Worker;
  readonly #opened = Promise.withResolvers<Recovery | undefined>();
  readonly #closed = Promise.withResolvers<void>();
  readonly #pending = new Map<number, PromiseWithResolvers<unknown>>();
  readonly #onMoved: (bytes: number, file: number) => void;
  readonly #onFailure: (error: GatewayError) => void;
  #calls = 0;
  #closing = false;
  #failure: GatewayError | undefined;

  /**
   * @param onMoved called when a move that was asked for got further: see {@link FromWorker}.
   * @param onFailure called at most once; not for a worker that could not be opened.
   */
  constructor(task: WorkerTask, onMoved: (bytes: number, file: number) => void, onFailure: (error: GatewayError) => void) {
    this.#onMoved = onMoved;
    this.#onFailure = onFailure;
    this.#worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: task });
    this.#worker.on('message', (message: FromWorker) => this.#receive(message));
    this.#worker.on('error', (cause) => this.fail(new GatewayError('ERR_RECORDING', 'The store met an internal error.', { cause })));
    this.#worker.on('exit', () => {
      this.fail(new GatewayError('ERR_RECORDING', 'The store is closed.'));
      this.#closed.resolve();
    });
  }

  /** Resolves once the database is open, with what its journal held. @throws GatewayError ERR_RECORDING saying why it is not. */
  opened(): Promise<Recovery | undefined> {
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

  /** Asks for the journal to be moved; nothing waits for it. */
  move(): void {
    if (this.#failure === undefined) this.#worker.postMessage(MOVE);
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
        this.#opened.resolve(message.recovery);
        break;
      case 'done':
        for (const answer of message.answers) this.#settle(answer);
        break;
      case 'moved':
        this.#onMoved(message.bytes, message.file);
        break;
      case 'failed':
        this.fail(toError(message));
        break;
      case 'closed':
        break;
    }
    if (!this.#closing && this.#pending.size === 0) this.#worker.unref();
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
