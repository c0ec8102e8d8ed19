import type { RecordKind } from './chain.ts';
import type { FactStore } from './protocol.ts';

/** What `durable()` promises: `strict` = fsynced, `fast` = written, survives the process's death. */
export type Durability = 'strict' | 'fast';

/**
 * - `serve`: the one gateway of a data_dir; takes the lock, migrates, writes everything.
 * - `admin`: a command beside it (or without it); writes tokens, log entries and prunes.
 * - `read`: changes nothing.
 */
export type StoreMode = 'serve' | 'admin' | 'read';

export type SessionState = 'live' | 'ended' | 'interrupted' | 'failed';

/** A session's row. Times are milliseconds since the epoch everywhere in the store. */
export interface SessionRow {
  readonly id: string;
  readonly target: string;
  readonly protocol: string;
  readonly identity: string;
  readonly kind: 'person' | 'agent';
  readonly actingFor: string | null;
  readonly client: string;
  /** The token the client signed in with: revoking it ends the session. */
  readonly token: string;
  readonly facts: Readonly<Record<string, string>>;
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly state: SessionState;
  /** Commands noted so far. */
  readonly commands: number;
  readonly sealed: boolean;
}

/** One entry of a session's record as stored, in the order it was written. */
export interface StoredRecord {
  readonly seq: number;
  readonly at: number;
  readonly kind: RecordKind;
  readonly body: Buffer;
  /** The chain's hash after this record, where the store keeps one: it tells where an edit begins. */
  readonly hash?: Buffer;
}

/** Where a session's chain stands. */
export interface RecordHead {
  /** Number of records, and the last one's seq (they count from 1). */
  readonly seq: number;
  /** SHA-256, 32 bytes; {@link CHAIN_START} when seq is 0. */
  readonly hash: Buffer;
  readonly events: number;
  /** Bytes of frames recorded from each side. */
  readonly clientBytes: number;
  readonly targetBytes: number;
}

/** A log entry to be chained. `body` is JSON text with at least `at` and `type`. */
export interface NewEntry {
  readonly type: string;
  readonly at: number;
  /** The session it speaks of, if any. */
  readonly session: string | null;
  readonly body: string;
  /** Ed25519 over `body`; empty for entries that are only chained. */
  readonly signature: Buffer;
}

export interface LogEntry extends NewEntry {
  readonly seq: number;
  readonly hash: Buffer;
}

/** Appends to one session's record. Calls keep their order; nothing waits. */
export interface RecordWriter {
  /** @param body of an event: JSON text whose first field is its `type`. */
  append(kind: RecordKind, at: number, body: Buffer | string): void;
  /** undefined when everything appended is durable; else resolves when it is, rejects if it cannot be. */
  durable(): Promise<void> | undefined;
  /** undefined while the store keeps up; else resolves when it does again. */
  ready(): Promise<void> | undefined;
  /** Flushes and tells where the chain stands, once all that was appended is stored. */
  head(): Promise<RecordHead>;
}

export interface SessionFilter {
  readonly limit?: number;
  readonly state?: SessionState;
  readonly target?: string;
  readonly identity?: string;
  readonly since?: number;
  readonly before?: number;
  readonly sealed?: boolean;
}

export interface SessionStore {
  /** Stores the row and its log entry in one durable transaction and gives the record's writer. */
  open(row: SessionRow, entry: NewEntry, durability: Durability): Promise<RecordWriter>;
  /** State, end and log entry in one durable transaction, after everything appended. */
  seal(id: string, state: SessionState, endedAt: number, entry: NewEntry): Promise<void>;
  /** Calls every session `interrupted` that is still live: for the one gateway of the data_dir, before it serves. */
  interrupt(): Promise<void>;
  /** Where an interrupted session's chain stands, and when its last record was written: null where there is none. */
  left(id: string): Promise<RecordHead & { readonly lastAt: number | null }>;
  get(id: string): Promise<SessionRow | undefined>;
  /** Newest first. */
  list(filter: SessionFilter): Promise<readonly SessionRow[]>;
  /** The record in order, also while it is being written. Frames are decompressed. */
  records(id: string): AsyncIterable<StoredRecord>;
  /** The events alone, which is cheap. */
  events(id: string): AsyncIterable<StoredRecord>;
  /** Sessions with an event whose JSON text contains `text` (case-insensitive), newest first. */
  search(text: string, filter: SessionFilter): Promise<readonly { readonly session: string; readonly record: StoredRecord }[]>;
  /** Removes the sealed sessions' records that are named and writes the log entry, at once. */
  prune(ids: readonly string[], entry: NewEntry): Promise<void>;
}

/** The gateway's own log, one chain for the whole data_dir. Safe for several processes. */
export interface LogStore {
  /** Chains and stores the entry durably. */
  append(entry: NewEntry): Promise<LogEntry>;
  entries(from?: number): AsyncIterable<LogEntry>;
  last(): Promise<LogEntry | undefined>;
}

export interface TokenRow {
  readonly id: string;
  readonly user: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly revokedAt: number | null;
  /** The token that minted it: it lives no longer than that one. */
  readonly parent: string | null;
  /** Empty: every target that access rules allow. Names or globs. */
  readonly targets: readonly string[];
  /** Empty: every class that rules allow. */
  readonly classes: readonly string[];
  /** How many sign-ins it is good for, and how many it has had. null: no bound. */
  readonly maxSessions: number | null;
  readonly sessions: number;
  readonly actingFor: string | null;
  /** `approve` where it may decide approvals. A token that can approve is no connection token. */
  readonly can: readonly string[];
  readonly sha256: Buffer;
  /** RFC 5802 StoredKey and ServerKey; salt and iterations are the user's, not the token's. */
  readonly scramStored: Buffer;
  readonly scramServer: Buffer;
  /** SHA1(SHA1(token)): MySQL's native password. */
  readonly sha1sha1: Buffer;
}

export interface TokenStore {
  insert(row: TokenRow, entry: NewEntry): Promise<void>;
  get(id: string): Promise<TokenRow | undefined>;
  bySha256(hash: Buffer): Promise<TokenRow | undefined>;
  byUser(user: string): Promise<readonly TokenRow[]>;
  list(): Promise<readonly TokenRow[]>;
  /** Revokes it and every token it minted. False when it was not live. */
  revoke(id: string, at: number, entry: NewEntry): Promise<boolean>;
  /** Counts one sign-in. False when that would exceed `maxSessions`, or the token is not live. */
  use(id: string, at: number): Promise<boolean>;
  /** A number that changes whenever any process made or revoked a token, and not when one was used: cheap enough to poll. */
  version(): Promise<number>;
}

export type ApprovalState = 'pending' | 'approved' | 'denied' | 'expired' | 'cancelled';

export interface ApprovalVote {
  readonly approver: string;
  readonly verdict: 'approve' | 'deny';
  readonly reason: string | null;
  readonly at: number;
}

export interface ApprovalRow {
  readonly id: string;
  readonly state: ApprovalState;
  readonly session: string;
  readonly identity: string;
  readonly actingFor: string | null;
  readonly target: string;
  /** Recordable text as the approver sees it. */
  readonly command: string;
  readonly rule: string;
  /** What is approved, as one keyed digest. */
  readonly digest: string;
  readonly context: Readonly<Record<string, string>>;
  readonly requestedAt: number;
  readonly expiresAt: number;
  /** Groups that may decide; distinct approvers needed. */
  readonly groups: readonly string[];
  readonly count: number;
  readonly grant: 'once' | 'exact' | 'shape' | 'rule';
  /** Absolute end of the grant; null for `once`. */
  readonly grantUntil: number | null;
  /** What a grant is looked up by. */
  readonly grantKey: string;
  readonly votes: readonly ApprovalVote[];
  readonly settledAt: number | null;
  readonly reason: string | null;
}

export interface ApprovalStore {
  insert(row: ApprovalRow, entry: NewEntry): Promise<void>;
  get(id: string): Promise<ApprovalRow | undefined>;
  list(filter: { readonly state?: ApprovalState; readonly limit?: number }): Promise<readonly ApprovalRow[]>;
  /** Adds a vote to a pending approval. False when it is not pending or this person voted before. */
  vote(id: string, vote: ApprovalVote, entry: NewEntry): Promise<boolean>;
  /** Moves it on from `from`, exactly once under races: false when it stood elsewhere. */
  settle(id: string, from: ApprovalState, to: ApprovalState, at: number, reason: string | null, entry: NewEntry): Promise<boolean>;
  /** Approved approvals whose grant covers `key` and has not ended at `at`. */
  grants(key: string, at: number): Promise<readonly ApprovalRow[]>;
}

/**
 * The gateway's memory: one interface, so that SQLite can be replaced. Every promise rejects with
 * GatewayError ERR_RECORDING once a write has failed: a failed fsync is never retried.
 */
export interface Store {
  readonly sessions: SessionStore;
  readonly log: LogStore;
  readonly tokens: TokenStore;
  readonly approvals: ApprovalStore;
  readonly facts: FactStore;
  /** Bytes that a crash cut off at the end of what was being written: no record that was durable is among them. */
  readonly cutBytes: number;
  /** Resolves with the failure that closed the store for good; pending while all is well. */
  readonly failed: Promise<Error>;
  close(): Promise<void>;
}
