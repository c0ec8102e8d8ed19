import type { StoreMode } from '@sallyport/core';

/** What a worker is started with. */
export interface WorkerTask {
  readonly role: 'writer' | 'reader';
  readonly dataDir: string;
  readonly mode: StoreMode;
}

/** One function of the worker, by name; `call` numbers the answer. */
export interface Call {
  readonly call: number;
  readonly name: string;
  readonly args: unknown[];
}

/** Packed records of any sessions (packing.ts), in order. */
export interface Batch {
  readonly batch: number;
  readonly packed: ArrayBuffer;
  readonly used: number;
  /** Some record in it belongs to a session that wants its records fsynced. */
  readonly sync: boolean;
}

export type ToWriter = Call | Batch;

/** Why something failed, as it travels between threads. */
export interface Failure {
  readonly error: string;
  /** What is stored is no whole database any more. */
  readonly damaged: boolean;
}

export type Answer = { readonly call: number; readonly value: unknown } | ({ readonly call: number } & Failure);

export type FromWorker =
  | { readonly type: 'opened' }
  /** A commit: these calls' answers, and every batch up to `batch` (0: none) is stored. */
  | { readonly type: 'done'; readonly answers: readonly Answer[]; readonly batch: number }
  | ({ readonly type: 'failed' } & Failure)
  | { readonly type: 'closed' };

/** The call by which a worker closes its database and ends. */
export const CLOSE = 'close';
