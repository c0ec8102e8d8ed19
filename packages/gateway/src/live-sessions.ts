import type { GatewayError } from '@sallyport/core';
import type { GateSession } from './gate-session.ts';

/** The sessions that are connected right now. */
export class LiveSessions {
  readonly #sessions = new Map<string, GateSession>();

  add(session: GateSession): void {
    this.#sessions.set(session.id, session);
  }

  remove(id: string): void {
    this.#sessions.delete(id);
  }

  get(id: string): GateSession | undefined {
    return this.#sessions.get(id);
  }

  all(): readonly GateSession[] {
    return [...this.#sessions.values()];
  }

  /** Ids of the tokens that these sessions signed in with. */
  tokens(): ReadonlySet<string> {
    return new Set(this.all().map((session) => session.token.id));
  }

  /** Ends the sessions that signed in with this token. */
  endToken(token: string, error: GatewayError): void {
    for (const session of this.#sessions.values()) if (session.token.id === token) session.abort(error);
  }

  endAll(error: GatewayError): void {
    for (const session of this.#sessions.values()) session.abort(error);
  }
}
