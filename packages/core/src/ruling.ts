/** Why a command does not run. */
export type DenialCause = 'denied' | 'expired' | 'cancelled';

export interface Allowed {
  readonly action: 'allow';
  /** The command's ordinal within the session, from 1: later notes name it. */
  readonly command: number;
}

export interface Denied {
  readonly action: 'deny';
  readonly command: number;
  readonly cause: DenialCause;
  /** One sentence for the client. A rule's `message` stands in it verbatim. */
  readonly message: string;
  /** The rules that say so, where a rule does. */
  readonly rules?: readonly string[];
}

/** What may happen to a command. A value, never an exception. Recorded before it is returned. */
export type Ruling = Allowed | Denied;

/**
 * What an approver sees besides the text and what the approval's digest binds: facts read on the
 * target's own connection at the moment of asking. Keys are the protocol's (PostgreSQL:
 * `database`, `current_user`, `session_user`, `search_path`, `transaction`, `locks` …).
 */
export type HoldContext = Readonly<Record<string, string>>;

/** An approval that was asked for. */
export interface Asked {
  /** The approval's id; undefined when a standing grant covers the command, so nobody is asked. */
  readonly approval?: string;
  /** One line for the client: who is asked, the approval's id, how long it waits. */
  readonly notice?: string;
  /** Settles exactly once, at the latest when the approval expires. Never rejects. */
  readonly outcome: Promise<Ruling>;
  /**
   * Takes the command back, also after it was approved: the context changed, or the client left.
   * Records the cancellation and returns the denial that the client gets.
   */
  cancel(reason: string): Denied;
  /**
   * Where the command may be sent again ({@link HoldOptions}): stops waiting and leaves the approval open. The outcome is
   * then a denial that says so, unless it is settled already.
   */
  readonly defer?: () => void;
}

export interface HoldOptions {
  /**
   * The client may send the same command again, in whatever session of its: an approval that was left open lets it pass
   * once, and the same question is not put twice.
   */
  readonly resendable?: boolean;
}

/** A command that waits for a person. Nothing is asked until the relay knows the context. */
export interface Hold {
  readonly action: 'hold';
  readonly command: number;
  /**
   * Asks for the approval, or finds the grant that covers it.
   * @param signal aborted when the client leaves or cancels: the outcome is then a denial.
   */
  ask(context: HoldContext, signal: AbortSignal, options?: HoldOptions): Asked;
}
