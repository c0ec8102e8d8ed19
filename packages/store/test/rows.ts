import type { ApprovalRow, NewEntry, SessionRow, TokenRow } from '@sallyport/core';

/** Rows with everything in them, for tests that care about little of it. */
export function sessionRow(id: string, more: Partial<SessionRow> = {}): SessionRow {
  return {
    id,
    target: 'shop',
    protocol: 'postgres',
    identity: 'alice',
    kind: 'person',
    actingFor: null,
    client: '127.0.0.1:5000',
    token: 'tk1',
    facts: { application: 'psql' },
    startedAt: 1_000,
    endedAt: null,
    state: 'live',
    commands: 0,
    sealed: false,
    ...more,
  };
}

export function newEntry(type: string, session: string | null = null): NewEntry {
  return { type, at: 1_000, session, body: JSON.stringify({ at: 1_000, type, session }), signature: Buffer.alloc(0) };
}

export function tokenRow(id: string, more: Partial<TokenRow> = {}): TokenRow {
  return {
    id,
    user: 'alice',
    createdAt: 1,
    expiresAt: 10_000,
    revokedAt: null,
    parent: null,
    targets: [],
    classes: [],
    maxSessions: null,
    sessions: 0,
    actingFor: null,
    can: [],
    sha256: Buffer.alloc(32, id),
    scramStored: Buffer.alloc(32, 1),
    scramServer: Buffer.alloc(32, 2),
    sha1sha1: Buffer.alloc(20, 3),
    ...more,
  };
}

export function approvalRow(id: string, more: Partial<ApprovalRow> = {}): ApprovalRow {
  return {
    id,
    state: 'pending',
    session: 's',
    identity: 'alice',
    actingFor: null,
    target: 'shop',
    command: 'DROP TABLE t',
    rule: 'ddl',
    digest: 'd',
    context: { database: 'shop' },
    requestedAt: 1,
    expiresAt: 2,
    groups: ['dba'],
    count: 1,
    grant: 'once',
    grantUntil: null,
    grantKey: 'g',
    votes: [],
    settledAt: null,
    reason: null,
    ...more,
  };
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
