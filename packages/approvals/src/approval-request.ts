import { createHash } from 'node:crypto';
import type { ApprovalRow, HoldContext, Identity } from '@sallyport/core';
import { showDuration, showLine, showText } from './approval-text.ts';

/** What waits for an approval. */
export type Subject =
  /** One command. `digest` is keyed and stands for the exact bytes; a grant holds in this session only. */
  | { readonly type: 'command'; readonly text: string; readonly shape: string; readonly digest: string }
  /** The connection itself, before a session has begun. A grant holds for the identity at the target. */
  | { readonly type: 'access'; readonly text: string };

/** Who must approve, and what a yes is worth. */
export interface ApprovalTerms {
  readonly groups: readonly string[];
  /** Distinct people who must say yes. */
  readonly count: number;
  /** How long it waits. The caller shortens it where waiting keeps locks. */
  readonly timeoutMs: number;
  readonly grant: ApprovalRow['grant'];
  /** How long a grant lasts, counted from the request: its end is known to who decides. */
  readonly forMs?: number;
}

export interface ApprovalRequest {
  readonly subject: Subject;
  /** The command's ordinal in its session, for the ruling. */
  readonly command: number;
  readonly session: string;
  readonly identity: Identity;
  readonly target: string;
  readonly rule: string;
  /** Facts of the moment, which the approval binds too; see HoldContext. */
  readonly context: HoldContext;
  readonly terms: ApprovalTerms;
  /** The client may ask again in another session: the approval is bound to the identity, and to no session. */
  readonly resendable?: boolean;
}

/** Context that says what is going on rather than how the command is understood: shown, not bound. */
const SHOWN_ONLY: ReadonlySet<string> = new Set(['locks']);

/** The row that stands for a request. */
export function rowOf(request: ApprovalRequest, id: string, now: number): ApprovalRow {
  const { subject, session, identity, target, rule, context, terms } = request;
  const bound = [
    boundSession(request),
    identity.name,
    identity.actingFor ?? null,
    target,
    subject.type === 'command' ? subject.digest : null,
  ];
  return {
    id,
    state: 'pending',
    session,
    identity: identity.name,
    actingFor: identity.actingFor ?? null,
    target,
    command: showText(subject.text),
    rule,
    digest: digest([...bound, boundContext(context)]),
    context: Object.fromEntries(Object.entries(context).map(([key, value]) => [showLine(key), showLine(value)])),
    requestedAt: now,
    expiresAt: now + terms.timeoutMs,
    groups: terms.groups,
    count: terms.count,
    grant: terms.grant,
    grantUntil: terms.grant === 'once' || terms.forMs === undefined ? null : now + terms.forMs,
    grantKey: grantKey(request),
    votes: [],
    settledAt: null,
    reason: null,
  };
}

/** What a grant covers: equal keys are covered by each other's approval. Other terms, other key. */
export function grantKey(request: ApprovalRequest): string {
  const { subject, identity, target, rule, context, terms } = request;
  const who = [identity.name, identity.actingFor ?? null, target, rule, terms.grant, terms.groups, terms.count];
  if (subject.type === 'access') return digest(['access', ...who]);
  const what = { once: subject.digest, exact: subject.digest, shape: subject.shape, rule: null }[terms.grant];
  return digest(['command', ...who, boundSession(request), what, boundContext(context)]);
}

function boundSession({ session, resendable }: ApprovalRequest): string | null {
  return resendable === true ? null : session;
}

/** One line for the client that waits. */
export function noticeOf(row: ApprovalRow): string {
  const who = (row.count > 1 ? `${row.count} of ` : '') + row.groups.map(showLine).join(', ');
  const wait = showDuration(row.expiresAt - row.requestedAt);
  return `approval ${row.id} asked of ${who}: waiting up to ${wait} (sallyport approvals approve ${row.id})`;
}

function boundContext(context: HoldContext): readonly (readonly [string, string])[] {
  return Object.entries(context)
    .filter(([key]) => !SHOWN_ONLY.has(key))
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

function digest(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
