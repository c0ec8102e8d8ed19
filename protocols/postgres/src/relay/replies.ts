import type { Field } from '../codec/rows.ts';
import type { CellEditor } from './cell-editor.ts';
import type { CopyIn } from './copy-in.ts';
import type { Denial } from './denial.ts';
import type { NameChange, Names } from './names.ts';
import type { Run } from './run.ts';
import type { Portal, Statement } from './statement.ts';

/** A name change that the target will confirm, or not. */
export interface Effect {
  /** @param confirmed false: the message failed, or was skipped. Only the first call counts. */
  settle(confirmed: boolean): void;
}

export function effect<T>(names: Names<T>, change: NameChange<T>): Effect {
  let open = true;
  names.propose(change);
  return {
    settle(confirmed) {
      if (open) names.settle(change, confirmed);
      open = false;
    },
  };
}

/** Takes the answer to a question that the gateway itself asks on the session's connection. */
interface OwnQuery {
  row?(raw: Buffer): void;
  /** Empty where it returns no rows. */
  described?(fields: readonly Field[]): void;
  done?(): void;
  failed(error: { readonly code: string; readonly message: string }): void;
}

/**
 * One message that the target still owes an answer for. In the order of the messages: whatever the
 * target says belongs to the first of them.
 */
export interface Reply {
  readonly kind: 'query' | 'parse' | 'bind' | 'describe' | 'execute' | 'close' | 'sync';
  /** The gateway's own message: the client sees nothing of the answer. */
  readonly own?: true | OwnQuery;
  /** Its errors and notices may quote protected values. Asked only when there are some. */
  readonly exposed: boolean | (() => boolean);
  readonly run?: Run | undefined;
  readonly portal?: Portal | undefined;
  readonly statement?: Statement | undefined;
  /** The message was replaced by one that must fail. */
  denial?: Denial | undefined;
  /** A Sync behind a COPY whose data was not sent yet. */
  readonly early?: boolean;
  /** Its error has come; a Query's ReadyForQuery is still owed. */
  failed?: boolean;
  /** Name changes by statement of the text; other messages have one list. */
  readonly effects?: readonly (readonly Effect[])[];
  /** Statements of a Query that are done. */
  done: number;
  /** Masks the present result's rows; undefined while that is not known. */
  editor?: CellEditor | undefined;
  /** Its COPYs FROM STDIN that are not done, oldest first: a client need not wait before it sends their data. */
  copies?: readonly CopyIn[];
  /** What comes after it may be understood differently once it is answered. */
  readonly unsettling?: boolean;
}

/** The first of its COPYs whose data is not complete. */
export function takingData({ copies }: Reply): CopyIn | undefined {
  return copies?.find(({ state }) => state !== 'ended');
}

/** The answers that are owed, oldest first. */
export class Replies {
  #queue: (Reply | undefined)[] = [];
  #first = 0;
  #last: Reply | undefined;
  #unsettling = 0;
  #idle: (() => void)[] = [];

  get length(): number {
    return this.#queue.length - this.#first;
  }

  get head(): Reply | undefined {
    return this.#queue[this.#first];
  }

  get tail(): Reply | undefined {
    return this.length > 0 ? this.#queue.at(-1) : undefined;
  }

  /** The youngest that is no Sync. */
  get last(): Reply | undefined {
    return this.#last;
  }

  /** The oldest that still takes the client's COPY data. */
  get copying(): Reply | undefined {
    for (let index = this.#first; index < this.#queue.length; index += 1) {
      const reply = this.#queue[index];
      if (reply !== undefined && takingData(reply) !== undefined) return reply;
    }
    return undefined;
  }

  /** A SET of something that the lexer goes by, or DDL, is still under way. */
  get unsettled(): boolean {
    return this.#unsettling > 0;
  }

  push(reply: Omit<Reply, 'done'>): Reply {
    const entry: Reply = { ...reply, done: 0 };
    this.#queue.push(entry);
    if (entry.kind !== 'sync') this.#last = entry;
    if (entry.unsettling === true) this.#unsettling += 1;
    return entry;
  }

  /** Takes the oldest out; whatever it proposed and was not confirmed is withdrawn. */
  shift(): Reply | undefined {
    const reply = this.head;
    if (reply === undefined) return undefined;
    this.#queue[this.#first] = undefined;
    this.#first += 1;
    if (this.#first === this.#queue.length || this.#first > 4096) {
      this.#queue = this.#queue.slice(this.#first);
      this.#first = 0;
    }
    if (reply === this.#last) this.#last = undefined;
    if (reply.unsettling === true) this.#unsettling -= 1;
    for (const effects of reply.effects ?? []) for (const one of effects) one.settle(false);
    if (this.length === 0) this.#wake();
    return reply;
  }

  /** COPY has begun: the target reads the Syncs that were sent before its data, and answers none. */
  dropEarlySyncs(): void {
    this.#queue = this.#queue.slice(this.#first).filter((reply) => reply?.early !== true);
    this.#first = 0;
  }

  /** Resolves when nothing is owed. */
  async idle(): Promise<void> {
    if (this.length > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #wake(): void {
    const waiting = this.#idle;
    this.#idle = [];
    for (const resume of waiting) resume();
  }
}
