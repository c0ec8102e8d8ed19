import type { Denied, Ruling } from '@sallyport/core';
import type { Request } from './approvals.ts';
import type { PendingApproval, Surroundings } from './pending-approval.ts';

/** How long a yes waits at least for the command to be sent again, and how long a no answers for it. */
const KEPT_MS = { yes: 5 * 60_000, no: 60_000 } as const;

interface Waiter {
  readonly command: number;
  resolve(ruling: Ruling): void;
}

/**
 * An approval whose command a client may send again, since it cannot wait for as long as people take: whoever sends it
 * joins the same question. A yes lets one of them pass: who waits, or else the next that comes.
 */
export class ResendableApproval {
  readonly #pending: PendingApproval;
  readonly #notice: string;
  readonly #around: Surroundings;
  readonly #spent: () => void;
  readonly #waiters = new Set<Waiter>();
  /** Somebody was told to come back. */
  #deferred = false;
  #ruling: Ruling | undefined;

  /** @param spent called when it answers no more, perhaps more than once. */
  constructor(pending: PendingApproval, notice: string, around: Surroundings, spent: () => void) {
    this.#pending = pending;
    this.#notice = notice;
    this.#around = around;
    this.#spent = spent;
    void pending.outcome.then((ruling) => this.#settle(ruling));
  }

  join(command: number, signal: AbortSignal): Request {
    const { id } = this.#pending.row;
    const cancel = (reason: string): Denied => ({ ...this.#withdraw(reason), command });
    if (this.#ruling !== undefined) {
      if (this.#ruling.action === 'allow') this.#spent();
      return { grantedBy: id, outcome: Promise.resolve({ ...this.#ruling, command }), cancel };
    }
    const { promise: outcome, resolve } = Promise.withResolvers<Ruling>();
    const waiter: Waiter = { command, resolve };
    this.#waiters.add(waiter);
    const abort = (): void => this.#left(waiter);
    signal.addEventListener('abort', abort, { once: true });
    void outcome.then(() => signal.removeEventListener('abort', abort));
    return { approval: id, notice: this.#notice, outcome, cancel, defer: () => this.#defer(waiter) };
  }

  #defer(waiter: Waiter): void {
    this.#deferred = true;
    this.#dismiss(waiter, `It waits for approval ${this.#pending.row.id}: send the same request again once that is given.`);
  }

  /** Whoever leaves without having been told to come back takes the command with them. */
  #left(waiter: Waiter): void {
    this.#dismiss(waiter, 'Not run: the client left.');
    if (this.#waiters.size === 0 && !this.#deferred) this.#withdraw('the client left');
  }

  /** Nobody joins what is being taken back. */
  #withdraw(reason: string): Denied {
    this.#spent();
    return this.#pending.withdraw(reason);
  }

  #dismiss(waiter: Waiter, message: string): void {
    if (this.#waiters.delete(waiter)) waiter.resolve({ action: 'deny', command: waiter.command, cause: 'cancelled', message });
  }

  #settle(ruling: Ruling): void {
    const [first, ...others] = this.#waiters;
    if (ruling.action === 'allow' && first !== undefined) {
      this.#waiters.delete(first);
      first.resolve({ ...ruling, command: first.command });
      for (const waiter of others)
        this.#dismiss(waiter, `Approval ${this.#pending.row.id} was used by another request of the same content.`);
      this.#spent();
      return;
    }
    for (const waiter of this.#waiters) waiter.resolve({ ...ruling, command: waiter.command });
    this.#waiters.clear();
    if (ruling.action === 'deny' && ruling.cause === 'cancelled') this.#spent();
    else this.#keep(ruling);
  }

  #keep(ruling: Ruling): void {
    this.#ruling = ruling;
    const { expiresAt } = this.#pending.row;
    const left = expiresAt - this.#around.now();
    this.#around.after(ruling.action === 'allow' ? Math.max(left, KEPT_MS.yes) : KEPT_MS.no, this.#spent);
  }
}
