import { randomBytes } from 'node:crypto';
import {
  type ApprovalRow,
  type ApprovalState,
  type Asked,
  type Denied,
  GatewayError,
  type Identity,
  type NewEntry,
  type Store,
} from '@sallyport/core';
import { ApprovalFeed } from './approval-feed.ts';
import { type ApprovalDetailJson, type ApprovalJson, approvalDetailJson, approvalJson } from './approval-json.ts';
import { type ApprovalRequest, grantKey, noticeOf, rowOf } from './approval-request.ts';
import { type Decision, settled, type Verdict } from './decision.ts';
import { GrantTable } from './grant-table.ts';
import { PendingApproval, type Surroundings } from './pending-approval.ts';
import { ResendableApproval } from './resendable-approval.ts';

/** Commands that may wait at once in the whole gateway. */
const MAX_PENDING = 1_000;
/** Of one identity, where nobody has to stay for as long as they wait. */
const MAX_LEFT_WAITING = 100;
/** Approved approvals that are looked through for grants at the start, newest first. */
const MAX_RECOVERED = 1_000;

export interface ApprovalsOptions {
  readonly store: Pick<Store, 'approvals'>;
  /** Makes a log entry; `body.session` names the session it speaks of. */
  entry(type: string, body: Readonly<Record<string, unknown>>): NewEntry;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls `fire` after so many milliseconds, unless the function that it returns is called before. */
  after?(ms: number, fire: () => void): () => void;
}

/** What a request came to, and the approval whose standing grant covers it, if one does. */
export type Request = Asked & { readonly grantedBy?: string };

/** Asks people, and keeps what they said. */
export interface Approvals {
  /**
   * Asks for an approval, unless a standing grant covers the request.
   *
   * @param signal aborted when nobody waits for the outcome any more, or the session must end. Its
   *   reason, a string or GatewayError, stands on record.
   */
  request(request: ApprovalRequest, signal: AbortSignal): Request;
  /**
   * Counts somebody's verdict.
   *
   * @param approver whose right to use a deciding token the caller has checked.
   * @throws GatewayError ERR_RECORDING when it cannot be recorded: the command then does not run.
   */
  decide(id: string, approver: Identity, verdict: Verdict, reason: string | null): Promise<Decision>;
  /**
   * Newest first.
   * @param viewer sees what concerns them: see {@link concerns}. undefined: the administrator, who sees all.
   */
  list(filter: { readonly state?: ApprovalState; readonly limit?: number }, viewer?: Identity): Promise<readonly ApprovalJson[]>;
  show(id: string, viewer?: Identity): Promise<ApprovalDetailJson | undefined>;
  /** What waits now, then every change; only the latest one of each approval. */
  watch(signal: AbortSignal, viewer?: Identity): AsyncIterable<ApprovalDetailJson>;
  /** To be called once before any request: what waited when the gateway died never runs. */
  recover(): Promise<void>;
  /** Cancels all that waits; resolves when that is durable. */
  stop(reason: string): Promise<void>;
}

export function createApprovals(options: ApprovalsOptions): Approvals {
  return new Desk(options);
}

class Desk implements Approvals {
  readonly #around: Surroundings;
  readonly #pending = new Map<string, PendingApproval>();
  readonly #grants = new GrantTable();
  readonly #feed = new ApprovalFeed();
  /** By what they cover. */
  readonly #resendable = new Map<string, ResendableApproval>();

  constructor(options: ApprovalsOptions) {
    const { entry, now, after = realTimer } = options;
    this.#around = { store: options.store.approvals, entry, now, after };
  }

  request(request: ApprovalRequest, signal: AbortSignal): Request {
    const { command } = request;
    const now = this.#around.now();
    if (signal.aborted) return refused(command, 'cancelled', `Not run: ${reasonOf(signal)}.`);
    const key = grantKey(request);
    const grantedBy = this.#grants.find(key, now);
    if (grantedBy !== undefined) {
      const cancel = (reason: string): Denied => denied(command, 'cancelled', `Not run: ${reason}.`);
      return { grantedBy, outcome: Promise.resolve({ action: 'allow', command }), cancel };
    }
    const again = this.#resendable.get(key);
    if (again !== undefined) return again.join(command, signal);
    if (this.#pending.size >= MAX_PENDING) {
      return refused(command, 'denied', `${MAX_PENDING} commands wait for approval already: try again later.`);
    }
    if (request.resendable === true && this.#waitingOf(request.identity) >= MAX_LEFT_WAITING) {
      return refused(command, 'denied', `${MAX_LEFT_WAITING} requests of yours wait for approval already: have them decided first.`);
    }
    const row = rowOf(request, `ap_${randomBytes(6).toString('hex')}`, now);
    if (request.resendable === true) return this.#openResendable(row, key, command).join(command, signal);
    const pending = this.#open(row, command, signal);
    const cancel = (reason: string): Denied => {
      this.#grants.remove(row); // at once: the next command must not slip through while this reaches the disk
      return pending.withdraw(reason);
    };
    return { approval: row.id, notice: noticeOf(row), outcome: pending.outcome, cancel };
  }

  async decide(id: string, approver: Identity, verdict: Verdict, reason: string | null): Promise<Decision> {
    const pending = this.#pending.get(id);
    if (pending !== undefined) return pending.decide(approver, verdict, reason);
    const row = await this.#around.store.get(id);
    return row === undefined ? { result: 'unknown', message: `There is no approval ${JSON.stringify(id.slice(0, 64))}.` } : settled(row);
  }

  async list(filter: { readonly state?: ApprovalState; readonly limit?: number }, viewer?: Identity): Promise<readonly ApprovalJson[]> {
    return (await this.#around.store.list(filter)).filter((row) => concerns(row, viewer)).map(approvalJson);
  }

  async show(id: string, viewer?: Identity): Promise<ApprovalDetailJson | undefined> {
    // The client reads the id as soon as it is asked, which may be before it is stored.
    const row = this.#pending.get(id)?.row ?? (await this.#around.store.get(id));
    return row && concerns(row, viewer) ? approvalDetailJson(row) : undefined;
  }

  async *watch(signal: AbortSignal, viewer?: Identity): AsyncIterable<ApprovalDetailJson> {
    const waiting = [...this.#pending.values()].map((pending) => pending.row);
    for await (const row of this.#feed.watch(waiting, signal)) {
      if (concerns(row, viewer)) yield approvalDetailJson(row);
    }
  }

  async recover(): Promise<void> {
    const { store, now, entry } = this.#around;
    const reason = 'the gateway was restarted';
    for (const { id, session } of await store.list({ state: 'pending' })) {
      await store.settle(
        id,
        'pending',
        'cancelled',
        now(),
        reason,
        entry('approval.settled', { approval: id, session, state: 'cancelled', reason }),
      );
    }
    for (const row of await store.list({ state: 'approved', limit: MAX_RECOVERED })) this.#grants.add(row, now());
  }

  async stop(reason: string): Promise<void> {
    const waiting = [...this.#pending.values()];
    for (const pending of waiting) pending.withdraw(reason);
    await Promise.all(waiting.map((pending) => pending.idle()));
  }

  #waitingOf({ name }: Identity): number {
    return [...this.#pending.values()].filter(({ row }) => row.identity === name).length;
  }

  #openResendable(row: ApprovalRow, key: string, command: number): ResendableApproval {
    const pending = new PendingApproval(row, command, this.#around, (changed) => this.#note(changed));
    this.#pending.set(row.id, pending);
    const approval = new ResendableApproval(pending, noticeOf(row), this.#around, () => {
      if (this.#resendable.get(key) === approval) this.#resendable.delete(key);
    });
    this.#resendable.set(key, approval);
    return approval;
  }

  #open(row: ApprovalRow, command: number, signal: AbortSignal): PendingApproval {
    const pending = new PendingApproval(row, command, this.#around, (changed) => this.#note(changed));
    const abort = (): void => void pending.withdraw(reasonOf(signal));
    this.#pending.set(row.id, pending);
    signal.addEventListener('abort', abort, { once: true });
    // Registered before anybody can await the outcome: an abort after that is the caller's to heed.
    void pending.outcome.then(() => signal.removeEventListener('abort', abort));
    return pending;
  }

  #note(row: ApprovalRow): void {
    if (row.state !== 'pending') this.#pending.delete(row.id);
    if (row.state === 'approved') this.#grants.add(row, this.#around.now());
    else this.#grants.remove(row);
    this.#feed.publish(row);
  }
}

/** Somebody sees what they asked for, what was asked on their behalf, and what their groups decide. */
function concerns(row: ApprovalRow, viewer: Identity | undefined): boolean {
  if (viewer === undefined || row.identity === viewer.name || row.actingFor === viewer.name) return true;
  return viewer.kind === 'person' && viewer.groups.some((group) => row.groups.includes(group));
}

function refused(command: number, cause: Denied['cause'], message: string): Request {
  const ruling = denied(command, cause, message);
  return { outcome: Promise.resolve(ruling), cancel: () => ruling };
}

function denied(command: number, cause: Denied['cause'], message: string): Denied {
  return { action: 'deny', command, cause, message };
}

function reasonOf(signal: AbortSignal): string {
  const reason: unknown = signal.reason;
  if (typeof reason === 'string') return reason;
  return reason instanceof GatewayError ? reason.message.replace(/\.$/, '') : 'the client left or cancelled it';
}

function realTimer(ms: number, fire: () => void): () => void {
  const timer = setTimeout(fire, ms).unref();
  return () => clearTimeout(timer);
}
