import type { Allowed, Denied, Hold, HoldContext, Out, Step } from '@sallyport/core';
import { STATUS } from '../codec/responses.ts';
import type { Conversation, SessionContext } from './conversation.ts';
import type { Run } from './run.ts';
import { each } from './steps.ts';

type Verdict = Allowed | Denied;

const NOT_RUN = { code: '1317', message: 'The command was not run: the client left or cancelled, or the session ended.' };

/**
 * Commands that wait for a person; at most one, since the client's direction stands still meanwhile. The protocol has no
 * message that could tell the client: it waits.
 *
 * Before anybody is asked the target says who the session is. Before the command runs it says it again: another answer
 * is another command.
 */
export class Holding {
  readonly #conversation: Conversation;
  #current: AbortController | undefined;

  constructor(conversation: Conversation) {
    this.#conversation = conversation;
    conversation.gone.signal.addEventListener('abort', () => this.cancel(), { once: true });
  }

  get active(): boolean {
    return this.#current !== undefined;
  }

  /** Takes the held command back: a KILL QUERY. False when nothing is held. */
  cancel(): boolean {
    this.#current?.abort();
    return this.#current !== undefined;
  }

  /** @param settle carries the verdict out. */
  async *carryOut(run: Run, hold: Hold, settle: (verdict: Verdict) => Step): AsyncGenerator<readonly Out[]> {
    const before = yield* this.#conversation.look();
    if (this.#gone) return run.finish('failed', NOT_RUN);
    const verdict = yield* this.#verdict(run, hold, before);
    if (this.#gone) return run.finish('failed', NOT_RUN);
    yield* each(settle(verdict));
  }

  async *#verdict(run: Run, hold: Hold, before: SessionContext | undefined): AsyncGenerator<readonly Out[], Verdict> {
    if (before === undefined) {
      const message = 'The command needs an approval, but the session at the target could not be examined.';
      return { action: 'deny', command: run.command, cause: 'denied', message };
    }
    const control = new AbortController();
    this.#current = control;
    try {
      const asked = hold.ask(this.#facts(before), control.signal);
      const verdict = await asked.outcome;
      if (verdict.action === 'deny') return verdict;
      const after = control.signal.aborted ? undefined : yield* this.#conversation.look();
      if (control.signal.aborted) return asked.cancel('The client cancelled the command, or left.');
      const changed = after === undefined ? 'state' : difference(before, after);
      if (changed === undefined) return verdict;
      return {
        ...asked.cancel(`The session's ${changed} changed while the command was held, so it is not what was approved.`),
        cause: 'denied',
      };
    } finally {
      this.#current = undefined;
    }
  }

  #facts({ database, currentUser, sqlMode }: SessionContext): HoldContext {
    return {
      database: database ?? '',
      transaction: this.#conversation.status & STATUS.IN_TRANSACTION ? 'open' : 'none',
      current_user: currentUser,
      sql_mode: sqlMode,
    };
  }

  get #gone(): boolean {
    return this.#conversation.gone.signal.aborted;
  }
}

/** What has changed between asking and running, as words for the client; undefined when nothing has. */
function difference(before: SessionContext, after: SessionContext): string | undefined {
  if (before.currentUser !== after.currentUser) return 'user';
  if (before.database !== after.database) return 'database';
  return before.sqlMode === after.sqlMode && before.characterSet === after.characterSet ? undefined : 'sql_mode';
}
