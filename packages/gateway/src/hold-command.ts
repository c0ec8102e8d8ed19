import type { Approvals } from '@sallyport/approvals';
import type { Asked, Command, Denied, Hold, HoldContext, HoldOptions, Ruling } from '@sallyport/core';
import type { Judgement } from '@sallyport/policy';
import type { GateSession } from './gate-session.ts';
import type { Logger } from './log.ts';
import type { Metrics } from './metrics.ts';

export interface HoldRequest {
  readonly session: GateSession;
  readonly ordinal: number;
  readonly command: Command;
  readonly judgement: Judgement;
  readonly approvals: Approvals;
  readonly metrics: Metrics;
  readonly log: Logger;
  alive(): Promise<boolean>;
  /** The same command under the configuration that is in force by then. */
  judgeAgain(): Judgement;
}

/**
 * A command that waits. What is approved is one digest over who asks, where, as which role and in
 * which state of the connection, and the exact command: none of it can change under the approval.
 */
export function holdCommand(request: HoldRequest): Hold {
  return { action: 'hold', command: request.ordinal, ask: (context, signal, options = {}) => ask(request, context, signal, options) };
}

/** The text with what is bound to it, as far as that may be shown: nobody approves blindly. */
function withParameters({ text, parameters }: Command): string {
  return [text, ...parameters.map((value, index) => `-- $${index + 1} = ${value === null ? 'NULL' : JSON.stringify(value)}`)].join('\n');
}

function ask(request: HoldRequest, context: HoldContext, signal: AbortSignal, { resendable = false }: HoldOptions): Asked {
  const { session, ordinal, command, judgement, approvals, metrics } = request;
  const { approval: spec, rules } = judgement;
  if (spec === undefined) throw new Error('a judgement that holds names its approval');
  const locked = context.transaction !== undefined && context.transaction !== 'none';
  const asked = approvals.request(
    {
      subject: { type: 'command', text: withParameters(command), shape: command.shape, digest: command.digest },
      command: ordinal,
      session: session.id,
      identity: session.identity,
      target: session.target.name,
      rule: rules.length > 0 ? rules.join(', ') : 'by default',
      context,
      terms: { ...spec, timeoutMs: locked ? spec.transactionTimeoutMs : spec.timeoutMs },
      resendable,
    },
    AbortSignal.any([signal, session.signal]),
  );
  const approval = asked.approval ?? asked.grantedBy;
  session.note({ type: 'held', command: ordinal, ...(approval !== undefined && { approval }), context });
  metrics.held.inc({ target: session.target.name });
  let deferred = false;
  const outcome = settle(request, asked, approval, () => deferred).finally(() => metrics.held.dec({ target: session.target.name }));
  return {
    ...asked,
    outcome,
    cancel: (reason) => refuse(request, asked.cancel(reason), approval),
    ...(asked.defer !== undefined && {
      defer: () => {
        deferred = true;
        asked.defer?.();
      },
    }),
  };
}

/** The outcome as the session's own ruling, noted before the relay learns of it. */
async function settle(request: HoldRequest, asked: Asked, approval: string | undefined, deferred: () => boolean): Promise<Ruling> {
  const { session, ordinal: command } = request;
  const outcome = await asked.outcome;
  if (outcome.action === 'deny') {
    if (!deferred()) return refuse(request, outcome, approval);
    session.note({ type: 'deferred', command, ...(approval !== undefined && { approval }) });
    return outcome;
  }
  const fault = (await request.alive()) ? changed(request) : 'the token that asked has ended while the command waited';
  if (fault !== undefined) return refuse(request, asked.cancel(fault), approval);
  session.note({ type: 'released', command, ...(approval !== undefined && { approval }) });
  return { action: 'allow', command };
}

/** A reload may have forbidden meanwhile what waited, or have others decide about it. */
function changed({ judgement, judgeAgain }: HoldRequest): string | undefined {
  const { action, approval } = judgeAgain();
  const stands = action === 'allow' || (action === 'hold' && JSON.stringify(approval) === JSON.stringify(judgement.approval));
  return stands ? undefined : 'the rules have changed while the command waited';
}

function refuse({ session, ordinal: command, log }: HoldRequest, denied: Denied, approval: string | undefined): Denied {
  log.warn({ command, approval }, `${denied.cause}: ${denied.message}`);
  session.note({ type: denied.cause, command, reason: denied.message, ...(approval !== undefined && { approval }) });
  return denied;
}
