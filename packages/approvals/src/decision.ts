import type { ApprovalRow, ApprovalState, Identity } from '@sallyport/core';

export type Verdict = 'approve' | 'deny';

/** What came of somebody's verdict. */
export type Decision =
  /** It counts. `missing` more people must approve while the state is pending. */
  | { readonly result: 'ok'; readonly state: ApprovalState; readonly missing: number }
  | { readonly result: Objection; readonly message: string };

export type Objection = 'unknown' | 'settled' | 'agent' | 'self-approval' | 'not-in-groups' | 'voted';

/**
 * Why this verdict may not count; undefined when it may. Pure.
 *
 * Nobody approves for themselves: not who asks, not the person that an agent works for, and not
 * somebody who works for either. Saying no to oneself is no such thing.
 */
export function objectionTo(row: ApprovalRow, approver: Identity, verdict: Verdict): Extract<Decision, { message: string }> | undefined {
  if (row.state !== 'pending') return settled(row);
  if (approver.kind === 'agent') return { result: 'agent', message: 'Agents do not decide approvals: a person must.' };
  if (verdict === 'approve' && isSelf(row, approver)) {
    return {
      result: 'self-approval',
      message: `${approver.name} asked for ${row.id}, or stands behind who did: somebody else must approve it.`,
    };
  }
  if (!approver.groups.some((group) => row.groups.includes(group))) {
    return {
      result: 'not-in-groups',
      message: `${row.id} is decided by ${row.groups.join(', ') || 'nobody'}: ${approver.name} is in none of these groups.`,
    };
  }
  if (row.votes.some((vote) => vote.approver === approver.name)) {
    return { result: 'voted', message: `${approver.name} has decided ${row.id} before: ${missing(row)} more must approve it.` };
  }
  return undefined;
}

/** What to say about an approval that has been decided. */
export function settled(row: ApprovalRow): Extract<Decision, { message: string }> {
  const verdict = row.state === 'denied' ? 'deny' : 'approve';
  const people = row.votes.filter((vote) => vote.verdict === verdict).map((vote) => vote.approver);
  const by = (row.state === 'approved' || row.state === 'denied') && people.length > 0 ? ` by ${people.join(', ')}` : '';
  const when = row.settledAt === null ? '' : ` at ${new Date(row.settledAt).toISOString()}`;
  const why = row.state === 'cancelled' && row.reason !== null ? `: ${row.reason}` : '';
  return { result: 'settled', message: `${row.id} was ${row.state}${by}${when}${why}.` };
}

/** People who must still say yes. */
export function missing(row: ApprovalRow): number {
  return Math.max(0, row.count - row.votes.filter((vote) => vote.verdict === 'approve').length);
}

function isSelf(row: ApprovalRow, approver: Identity): boolean {
  const asking = [row.identity, row.actingFor].filter((name) => name !== null);
  return asking.includes(approver.name) || (approver.actingFor !== undefined && asking.includes(approver.actingFor));
}
