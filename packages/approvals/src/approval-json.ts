import type { ApprovalRow, ApprovalState } from '@sallyport/core';

/** One approval in a listing. Times are RFC 3339 in UTC. Stable. */
export interface ApprovalJson {
  readonly id: string;
  readonly state: ApprovalState;
  readonly identity: string;
  readonly target: string;
  readonly session: string;
  readonly command: string;
  readonly rule: string;
  readonly requested_at: string;
  readonly expires_at: string;
  readonly approvals: readonly {
    readonly approver: string;
    readonly verdict: 'approve' | 'deny';
    readonly reason: string | null;
    readonly at: string;
  }[];
}

/** All there is to know of one approval. Stable. */
export interface ApprovalDetailJson extends ApprovalJson {
  readonly acting_for: string | null;
  readonly context: Readonly<Record<string, string>>;
  readonly digest: string;
  readonly groups: readonly string[];
  readonly count: number;
  readonly grant: ApprovalRow['grant'];
  readonly grant_until: string | null;
  readonly settled_at: string | null;
  readonly reason: string | null;
}

export function approvalJson(row: ApprovalRow): ApprovalJson {
  const { id, state, identity, target, session, command, rule } = row;
  return {
    id,
    state,
    identity,
    target,
    session,
    command,
    rule,
    requested_at: time(row.requestedAt),
    expires_at: time(row.expiresAt),
    approvals: row.votes.map((vote) => ({ ...vote, at: time(vote.at) })),
  };
}

export function approvalDetailJson(row: ApprovalRow): ApprovalDetailJson {
  const { context, digest, groups, count, grant, reason } = row;
  const times = { grant_until: optionalTime(row.grantUntil), settled_at: optionalTime(row.settledAt) };
  return { ...approvalJson(row), acting_for: row.actingFor, context, digest, groups, count, grant, reason, ...times };
}

function time(at: number): string {
  return new Date(at).toISOString();
}

function optionalTime(at: number | null): string | null {
  return at === null ? null : time(at);
}
