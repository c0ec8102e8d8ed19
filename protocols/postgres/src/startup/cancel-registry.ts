import { randomBytes, randomInt, timingSafeEqual } from 'node:crypto';
import type { BackendKey } from '../codec/session-messages.ts';

/** A session as far as a CancelRequest reaches it. */
export interface Cancellable {
  /** The target is working on something. */
  busy(): boolean;
  /** Takes back the command that is held, if one is. */
  cancelHold(): boolean;
  /** Sends the target's own CancelRequest. */
  cancelTarget(): Promise<void>;
}

/** A session's place in the registry. */
export interface Registration {
  /** What the client is told as its BackendKeyData. */
  readonly key: BackendKey;
  /** The session is over: its key means nothing any more. */
  release(): void;
}

/**
 * Own cancel keys of the sessions that are live here. The target's keys stay here, so a client
 * can cancel nothing but its own session, and that only while the session is at work.
 */
export class CancelRegistry {
  readonly #sessions = new Map<number, { readonly secretKey: Buffer; readonly session: Cancellable }>();

  /**
   * @param minor of the client's protocol version: 3.0 knows keys of 4 bytes, 3.2 takes 32.
   * @param backend the target's process id: told as it is where no other session here has it, since
   *   clients use it beyond cancelling (pg_stat_activity, pg_terminate_backend). The key is always our own.
   */
  register(session: Cancellable, minor: 0 | 2, backend = 0): Registration {
    let processId = backend;
    while (processId <= 0 || this.#sessions.has(processId)) processId = randomInt(1, 2 ** 31);
    const secretKey = randomBytes(minor === 0 ? 4 : 32);
    this.#sessions.set(processId, { secretKey, session });
    return { key: { processId, secretKey }, release: () => this.#sessions.delete(processId) };
  }

  /**
   * Carries a CancelRequest out. Nothing tells the sender whether it did anything: a wrong key, a
   * session that is idle and one that was cancelled look alike. A late cancel is dropped here,
   * since at the target it would hit the next query.
   */
  async cancel(key: BackendKey): Promise<void> {
    const entry = this.#sessions.get(key.processId);
    if (entry === undefined || entry.secretKey.length !== key.secretKey.length) return;
    if (!timingSafeEqual(entry.secretKey, key.secretKey)) return;
    if (entry.session.cancelHold() || !entry.session.busy()) return;
    await entry.session.cancelTarget();
  }
}
