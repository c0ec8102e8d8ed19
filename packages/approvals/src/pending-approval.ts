import {
  type ApprovalRow,
  type ApprovalState,
  type ApprovalStore,
  type Denied,
  GatewayError,
  type Identity,
  type NewEntry,
  type Ruling,
} from '@sallyport/core';
import { approvalDetailJson } from './approval-json.ts';
import { showDuration, showLine } from './approval-text.ts';
import { type Decision, missing, objectionTo, settled, type Verdict } from './decision.ts';

/** Longest wait that a Node timer can keep. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** What an approval needs of its surroundings. */
export interface Surroundings {
  readonly store: ApprovalStore;
  /** Makes a log entry. */
  entry(type: string, body: Readonly<Record<string, unknown>>): NewEntry;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls `fire` after so many milliseconds, unless the returned function is called before. */
  after(ms: number, fire: () => void): () => void;
}

/**
 * One approval from the question to its outcome.
 *
 * Whatever happens to it (a vote, expiry, withdrawal) happens in one queue, each step durable before
 * the next begins; so it settles exactly once, and in the order in which the store holds it. A
 * withdrawal is noted at once and beats an approval that is still on its way to the disk.
 */
export class PendingApproval {
  readonly outcome: Promise<Ruling>;
  readonly #around: Surroundings;
  readonly #command: number;
  readonly #changed: (row: ApprovalRow) => void;
  readonly #resolve: (ruling: Ruling) => void;
  #row: ApprovalRow;
  #withdrawn: string | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  #stopTimer: () => void = () => undefined;

  /** @param changed called with the row after each durable step. */
  constructor(row: ApprovalRow, command: number, around: Surroundings, changed: (row: ApprovalRow) => void) {
    const { promise, resolve } = Promise.withResolvers<Ruling>();
    this.outcome = promise;
    this.#resolve = resolve;
    this.#row = row;
    this.#command = command;
    this.#around = around;
    this.#changed = changed;
    void this.#enqueue(() => this.#ask()).catch(() => undefined); // the outcome says so
    this.#arm();
  }

  get row(): ApprovalRow {
    return this.#row;
  }

  /** Rejects only when the store does; then the outcome is a denial. */
  async decide(approver: Identity, verdict: Verdict, reason: string | null): Promise<Decision> {
    return this.#enqueue(() => this.#vote(approver, verdict, reason));
  }

  /** Takes the command back, whether it still waits or has been approved. */
  withdraw(reason: string): Denied {
    if (this.#withdrawn === undefined) {
      this.#withdrawn = reason;
      void this.#enqueue(() => this.#takeBack(reason)).catch(() => undefined); // the outcome says so
    }
    return this.#denied('cancelled', `Not run: ${reason} (approval ${this.#row.id}).`);
  }

  /** Resolves when every step so far is durable, or has failed. */
  async idle(): Promise<void> {
    await this.#queue;
  }

  async #ask(): Promise<void> {
    const { id, approvals: _, ...facts } = approvalDetailJson(this.#row);
    await this.#around.store.insert(this.#row, this.#around.entry('approval.asked', { approval: id, ...facts }));
    this.#changed(this.#row);
  }

  async #vote(approver: Identity, verdict: Verdict, said: string | null): Promise<Decision> {
    const { store, now, entry } = this.#around;
    await this.#expireIfDue();
    if (this.#withdrawn !== undefined) await this.#takeBack(this.#withdrawn);
    const objection = objectionTo(this.#row, approver, verdict);
    if (objection !== undefined) return objection;
    const reason = said === null ? null : showLine(said);
    const vote = { approver: approver.name, verdict, reason, at: now() };
    const { id, session } = this.#row;
    const kept = await store.vote(id, vote, entry('approval.voted', { approval: id, session, approver: vote.approver, verdict, reason }));
    if (!kept) throw new GatewayError('ERR_RECORDING', `Approval ${id} was changed by another process.`);
    this.#row = { ...this.#row, votes: [...this.#row.votes, vote] };
    if (verdict === 'deny') await this.#settle('denied', reason);
    else if (missing(this.#row) === 0) await this.#approve();
    else this.#changed(this.#row);
    return this.#row.state === 'cancelled' ? settled(this.#row) : { result: 'ok', state: this.#row.state, missing: missing(this.#row) };
  }

  async #approve(): Promise<void> {
    if (this.#withdrawn === undefined) await this.#move('pending', 'approved', null);
    if (this.#withdrawn !== undefined)
      await this.#takeBack(this.#withdrawn); // also when that came meanwhile
    else this.#conclude();
  }

  async #expireIfDue(): Promise<void> {
    if (this.#row.state === 'pending' && this.#around.now() >= this.#row.expiresAt) await this.#settle('expired', null);
  }

  async #takeBack(reason: string): Promise<void> {
    const { state } = this.#row;
    if (state === 'pending' || state === 'approved') await this.#settle('cancelled', reason);
  }

  async #settle(to: ApprovalState, reason: string | null): Promise<void> {
    await this.#move(this.#row.state, to, reason);
    this.#conclude();
  }

  async #move(from: ApprovalState, to: ApprovalState, reason: string | null): Promise<void> {
    const { store, now, entry } = this.#around;
    const { id, session } = this.#row;
    const at = now();
    const moved = await store.settle(id, from, to, at, reason, entry('approval.settled', { approval: id, session, state: to, reason }));
    if (!moved) throw new GatewayError('ERR_RECORDING', `Approval ${id} was changed by another process.`);
    this.#row = { ...this.#row, state: to, settledAt: at, reason };
  }

  #conclude(): void {
    this.#stopTimer();
    this.#changed(this.#row);
    this.#resolve(this.#ruling());
  }

  #ruling(): Ruling {
    const { id, state, votes, reason, count, requestedAt, expiresAt } = this.#row;
    if (state === 'approved') return { action: 'allow', command: this.#command };
    if (state === 'denied') {
      const who = votes.find((vote) => vote.verdict === 'deny')?.approver ?? 'Somebody';
      return this.#denied('denied', `${who} denied it${reason ? `: ${reason}` : ''} (approval ${id}).`);
    }
    if (state === 'expired') {
      const who = votes.length > 0 ? `Only ${votes.length} of ${count} people` : 'Nobody';
      return this.#denied('expired', `${who} approved it within ${showDuration(expiresAt - requestedAt)} (approval ${id}).`);
    }
    return this.#denied('cancelled', `Not run: ${reason ?? 'it was cancelled'} (approval ${id}).`);
  }

  #denied(cause: Denied['cause'], message: string): Denied {
    return { action: 'deny', command: this.#command, cause, message };
  }

  #arm(): void {
    const left = this.#row.expiresAt - this.#around.now();
    this.#stopTimer = this.#around.after(Math.min(Math.max(left, 0), MAX_TIMER_MS), () => {
      if (this.#around.now() < this.#row.expiresAt) this.#arm();
      else void this.#enqueue(() => this.#expireIfDue()).catch(() => undefined); // the outcome says so
    });
  }

  #enqueue<T>(step: () => Promise<T>): Promise<T> {
    const done = this.#queue.then(() => this.#guard(step));
    this.#queue = done.catch(() => undefined);
    return done;
  }

  /** A step that cannot be recorded denies: nothing runs on the strength of what nobody can prove. */
  async #guard<T>(step: () => Promise<T>): Promise<T> {
    try {
      return await step();
    } catch (error) {
      const { state, id } = this.#row;
      if (state === 'pending' || state === 'approved') {
        this.#row = { ...this.#row, state: 'cancelled', settledAt: this.#around.now(), reason: 'it could not be recorded' };
        this.#stopTimer();
        this.#changed(this.#row);
        this.#resolve(this.#denied('cancelled', `Not run: the approval ${id} could not be recorded.`));
      }
      throw error;
    }
  }
}
