import type { ApprovalRow, ApprovalState, ApprovalVote, NewEntry } from '@sallyport/core';
import type { Database } from 'better-sqlite3';
import type { LogWrites } from './log-table.ts';
import { dayOf } from './schema.ts';

type Raw = Omit<ApprovalRow, 'context' | 'groups' | 'votes'> & {
  readonly context: string;
  readonly groups: string;
  readonly votes: string;
};

const SELECT = `SELECT id, state, session, identity, acting_for AS actingFor, target, command, rule, digest, context,
  requested_at AS requestedAt, expires_at AS expiresAt, groups, count, "grant", grant_until AS grantUntil, grant_key AS grantKey,
  votes, settled_at AS settledAt, reason FROM approvals`;

export interface ApprovalWrites {
  insert(row: ApprovalRow, entry: NewEntry): void;
  vote(id: string, vote: ApprovalVote, entry: NewEntry): boolean;
  settle(id: string, from: ApprovalState, to: ApprovalState, at: number, reason: string | null, entry: NewEntry): boolean;
}

export function approvalWrites(db: Database, log: LogWrites): ApprovalWrites {
  const insert = db.prepare(`INSERT INTO approvals VALUES (@id, @state, @session, @identity, @actingFor, @target, @command,
    @rule, @digest, @context, @requestedAt, @expiresAt, @groups, @count, @grant, @grantUntil, @grantKey, @votes, @settledAt,
    @reason, NULL, @day)`);
  const votes = db.prepare<[string], { votes: string }>("SELECT votes FROM approvals WHERE id = ? AND state = 'pending'");
  const setVotes = db.prepare<[string, string]>('UPDATE approvals SET votes = ? WHERE id = ?');
  const settle = db.prepare<[ApprovalState, number, string | null, string, ApprovalState]>(
    'UPDATE approvals SET state = ?, settled_at = ?, reason = ? WHERE id = ? AND state = ?',
  );
  return {
    insert(row, entry) {
      const { context, groups, votes: given, requestedAt } = row;
      const json = { context: JSON.stringify(context), groups: JSON.stringify(groups), votes: JSON.stringify(given) };
      insert.run({ ...row, ...json, day: dayOf(requestedAt) });
      log.append(entry);
    },
    vote(id, vote, entry) {
      const row = votes.get(id);
      if (row === undefined) return false;
      const given = JSON.parse(row.votes) as ApprovalVote[];
      if (given.some(({ approver }) => approver === vote.approver)) return false;
      setVotes.run(JSON.stringify([...given, vote]), id);
      log.append(entry);
      return true;
    },
    settle(id, from, to, at, reason, entry) {
      if (settle.run(to, at, reason, id, from).changes !== 1) return false;
      log.append(entry);
      return true;
    },
  };
}

export interface ApprovalReads {
  get(id: string): ApprovalRow | undefined;
  list(filter: { readonly state?: ApprovalState; readonly limit?: number }): ApprovalRow[];
  grants(key: string, at: number): ApprovalRow[];
}

export function approvalReads(db: Database): ApprovalReads {
  const byId = db.prepare<[string], Raw>(`${SELECT} WHERE id = ?`);
  const list = db.prepare<[{ state: ApprovalState | null; limit: number }], Raw>(
    `${SELECT} WHERE (@state IS NULL OR state = @state) ORDER BY requested_at DESC, id LIMIT @limit`,
  );
  const grants = db.prepare<[string, number], Raw>(
    `${SELECT} WHERE grant_key = ? AND grant_until > ? AND state = 'approved' AND "grant" <> 'once' ORDER BY settled_at`,
  );
  return {
    get: (id) => {
      const raw = byId.get(id);
      return raw && parse(raw);
    },
    list: ({ state = null, limit = -1 }) => list.all({ state, limit }).map(parse),
    grants: (key, at) => grants.all(key, at).map(parse),
  };
}

function parse(raw: Raw): ApprovalRow {
  return {
    ...raw,
    context: JSON.parse(raw.context) as Record<string, string>,
    groups: JSON.parse(raw.groups) as string[],
    votes: JSON.parse(raw.votes) as ApprovalVote[],
  };
}
