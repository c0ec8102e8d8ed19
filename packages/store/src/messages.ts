import type { StoreMode } from '@sallyport/core';
import type { Recovery } from './mover.ts';

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

/** There is something in the journal to be moved. */
export const MOVE = 'move';
export type ToWriter = Call | typeof MOVE;

/** Why something failed, as it travels between threads. */
export interface Failure {
  readonly error: string;
  /** What is stored is no whole database any more. */
  readonly damaged: boolean;
}

export type Answer = { readonly call: number; readonly value: unknown } | ({ readonly call: number } & Failure);

export type FromWorker =
  /** With what was found in the journal, where the worker writes one's records. */
  | { readonly type: 'opened'; readonly recovery?: Recovery }
  | { readonly type: 'done'; readonly answers: readonly Answer[] }
  /** So many bytes of this process's journal are in the database, and all files before `file`. */
  | { readonly type: 'moved'; readonly bytes: number; readonly file: number }
  | ({ readonly type: 'failed' } & Failure)
  | { readonly type: 'closed' };

/** The call by which a worker closes its database and ends. */
export const CLOSE = 'close';
