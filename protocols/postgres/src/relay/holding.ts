import type { Allowed, Denied, Hold, HoldContext, Out, Step } from '@sallyport/core';
import { SYNC } from '../codec/extended-query.ts';
import { noticeResponse } from '../errors.ts';
import type { Request } from './asking.ts';
import type { Conversation } from './conversation.ts';
import type { HeldCopy } from './copy-in.ts';
import type { Run } from './run.ts';
import { difference, readContext, type SessionContext } from './session-context.ts';
import { each, toClient, toTarget } from './steps.ts';

type Verdict = Allowed | Denied;

const TRANSACTION = { I: 'none', T: 'open', E: 'failed' } as const;
const NOT_RUN = { code: '57014', message: 'The command was not run: the client left or cancelled, or the session ended.' };

/**
 * Commands that wait for a person; at most one, since the client's direction stands still meanwhile.
 *
 * Before anybody is asked, everything in flight is awaited and the target says who the session is.
 * Before the command runs, the target says it again: another answer is another command.
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

  /** Takes the held command back: a CancelRequest. False when nothing is held. */
  cancel(): boolean {
    this.#current?.abort();
    return this.#current !== undefined;
  }

  /** @param settle carries the verdict out. */
  async *carryOut(
    request: Request,
    run: Run,
    hold: Hold,
    settle: (verdict: Verdict, copy?: HeldCopy) => Step,
  ): AsyncGenerator<readonly Out[]> {
    yield* this.#conversation.drain(this.#conversation.gone.signal);
    const boundary = this.#boundary(request);
    if (boundary === 'rebind' && !this.#void()) yield* this.#closeGroup();
    const look = boundary === 'rebind' ? 'sync' : boundary;
    const before = this.#void() ? undefined : yield* this.#look(look);
    if (this.#void()) return run.finish('failed', NOT_RUN);

    const verdict = yield* this.#verdict(run, hold, before, look);
    if (this.#void()) return run.finish('failed', NOT_RUN);
    if (boundary === 'rebind' && verdict.action === 'allow' && request.rebind !== undefined) yield request.rebind();
    yield* each(settle(verdict, onlyCopyIn(run) && before !== undefined ? { hold, context: before } : undefined));
  }

  /** Asks about a COPY whose data has arrived: the target waits for the last word, and cannot be asked again. */
  askAboutCopy({ hold, context }: HeldCopy, facts: HoldContext): AsyncGenerator<readonly Out[], Verdict> {
    return this.#ask(hold, { ...this.#facts(context, true), ...facts });
  }

  async *#verdict(
    run: Run,
    hold: Hold,
    before: SessionContext | undefined,
    look: 'sync' | 'flush' | 'none',
  ): AsyncGenerator<readonly Out[], Verdict> {
    if (before === undefined && look !== 'none') {
      return {
        action: 'deny',
        command: run.command,
        cause: 'denied',
        message: 'The command needs an approval, but the session at the target could not be examined.',
      };
    }
    if (before !== undefined && onlyCopyIn(run)) return { action: 'allow', command: run.command }; // asked at CopyDone
    return yield* this.#ask(
      hold,
      this.#facts(before, look === 'flush'),
      async function* (this: Holding) {
        if (before === undefined) return undefined;
        const after = yield* this.#look(look);
        if (after === undefined) return 'The session at the target could not be examined again before running the approved command.';
        const changed = difference(before, after);
        return changed && `The session's ${changed} changed while the command was held, so it is not what was approved.`;
      }.bind(this),
    );
  }

  /** @param recheck gives the sentence why the approved command must not run after all. */
  async *#ask(
    hold: Hold,
    facts: HoldContext,
    recheck?: () => AsyncGenerator<readonly Out[], string | undefined>,
  ): AsyncGenerator<readonly Out[], Verdict> {
    const control = new AbortController();
    this.#current = control;
    try {
      const asked = hold.ask(facts, control.signal);
      if (asked.notice !== undefined) yield toClient(noticeResponse(asked.notice));
      const verdict = await asked.outcome;
      if (verdict.action === 'deny') return verdict;
      const reason = recheck && (yield* recheck());
      if (control.signal.aborted) return asked.cancel('The client cancelled the command, or left.');
      return reason ? { ...asked.cancel(reason), cause: 'denied' } : verdict;
    } finally {
      this.#current = undefined;
    }
  }

  /**
   * Where the gateway's own questions fit in. Inside an unfinished group only a Flush is harmless,
   * but its implicit transaction would then be more than the client's command, which some (VACUUM,
   * CREATE INDEX CONCURRENTLY) refuse. So a group that has only bound is closed and bound again.
   */
  #boundary(request: Request): 'sync' | 'flush' | 'rebind' | 'none' {
    const { status, open } = this.#conversation;
    if (status === 'E') return 'none';
    if (status === 'T' || open.messages === 0) return 'sync';
    return request.rebind !== undefined && open.binds === 1 && open.executes === 0 ? 'rebind' : 'flush';
  }

  async *#closeGroup(): AsyncGenerator<readonly Out[]> {
    const { replies, gone } = this.#conversation;
    replies.push({ kind: 'sync', own: true, exposed: false });
    yield toTarget(SYNC);
    await this.#conversation.unless(gone.signal, replies.idle());
  }

  async *#look(boundary: 'sync' | 'flush' | 'none'): AsyncGenerator<readonly Out[], SessionContext | undefined> {
    return boundary === 'none' ? undefined : yield* readContext(this.#conversation, boundary);
  }

  /** @param unfinished the command is part of an implicit transaction that has begun: it holds locks too. */
  #facts(context: SessionContext | undefined, unfinished: boolean): HoldContext {
    const { database, status } = this.#conversation;
    return {
      database,
      transaction: unfinished ? TRANSACTION.T : TRANSACTION[status],
      ...(context && { current_user: context.currentUser, session_user: context.sessionUser, search_path: context.searchPath }),
      ...(context?.locks && { locks: context.locks }),
    };
  }

  /** Nobody waits for the command any more, or the target would skip it. */
  #void(): boolean {
    return this.#conversation.gone.signal.aborted || this.#conversation.skipping;
  }
}

function onlyCopyIn({ meaning }: Run): boolean {
  return meaning.statements.length === 1 && meaning.statements[0]?.analysis.copy?.direction === 'in';
}
