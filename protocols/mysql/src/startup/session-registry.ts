import { randomInt } from 'node:crypto';

/** A session as far as KILL reaches it. */
export interface KillableSession {
  readonly identity: string;
  readonly target: string;
  /** Its connection's id at the target. */
  readonly threadId: number;
  /** The target is working on something. */
  busy(): boolean;
  /** Takes back the command that is held. False when none is. */
  cancelHold(): boolean;
}

/** Above the ids that a target's own counter will ever reach, below what clients read as negative. */
const FIRST_ID = 0x4000_0000;
const LAST_ID = 0x7fff_ffff;

/**
 * The connection ids that clients were told. A client is greeted before the target is known, so the id is the gateway's
 * own; KILL with it, or with the target's, finds the session if it is one of the same identity at the same target.
 */
export class SessionRegistry {
  readonly #sessions = new Map<number, KillableSession>();

  /** An id that no session has. */
  mint(): number {
    for (;;) {
      const id = randomInt(FIRST_ID, LAST_ID);
      if (!this.#sessions.has(id)) return id;
    }
  }

  /** @returns what takes it out again. */
  register(id: number, session: KillableSession): () => void {
    this.#sessions.set(id, session);
    return () => void this.#sessions.delete(id);
  }

  find(id: number, { identity, target }: Pick<KillableSession, 'identity' | 'target'>): KillableSession | undefined {
    const own = (session: KillableSession | undefined): boolean => session?.identity === identity && session.target === target;
    const told = this.#sessions.get(id);
    if (told !== undefined) return own(told) ? told : undefined;
    for (const session of this.#sessions.values()) if (session.threadId === id && own(session)) return session;
    return undefined;
  }
}
