/**
 * The database's shape as a list of steps: entry n brings `PRAGMA user_version` from n to n + 1.
 * Steps that were released are never edited, only followed by others.
 *
 * `day` (days since 1970-01-01 UTC) is what retention removes by. `key_id` names the key that a
 * row's contents are encrypted with; NULL is clear text.
 */
export const MIGRATIONS: readonly string[] = [
  '', // to UNRELEASED
  `
  CREATE TABLE sessions (
    handle INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    target TEXT NOT NULL,
    protocol TEXT NOT NULL,
    identity TEXT NOT NULL,
    kind TEXT NOT NULL,
    acting_for TEXT,
    client TEXT NOT NULL,
    token TEXT NOT NULL,
    facts TEXT NOT NULL,
    started_at REAL NOT NULL,
    ended_at REAL,
    state TEXT NOT NULL,
    commands INTEGER NOT NULL,
    -- Where its chain stands: the last record, its hash, when it was written, and what was counted on the way.
    seq INTEGER NOT NULL,
    hash BLOB NOT NULL,
    last_at REAL,
    events INTEGER NOT NULL,
    client_bytes INTEGER NOT NULL,
    target_bytes INTEGER NOT NULL,
    seal INTEGER,               -- seq of the log entry that sealed it
    key_id TEXT,
    day INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX sessions_started ON sessions (started_at);

  -- With rowids: without, a look-up would read whole segments, which would be part of the key's tree.
  CREATE TABLE segments (
    session INTEGER NOT NULL,
    track TEXT NOT NULL,        -- 'events' | 'frames'
    first_seq INTEGER NOT NULL,
    last_seq INTEGER NOT NULL,
    codec TEXT NOT NULL,        -- 'raw' | 'zstd'
    data BLOB NOT NULL,         -- records, packed: see packing.ts
    key_id TEXT,
    day INTEGER NOT NULL,
    PRIMARY KEY (session, track, first_seq)
  ) STRICT;

  -- The links of the sessions' chains.
  CREATE TABLE links (
    session INTEGER NOT NULL,
    seq INTEGER NOT NULL,       -- the last record in it
    hash BLOB NOT NULL,
    PRIMARY KEY (session, seq)
  ) STRICT, WITHOUT ROWID;

  -- Up to where the journal has been moved into these tables.
  CREATE TABLE journal (one INTEGER PRIMARY KEY CHECK (one = 1), file INTEGER NOT NULL, "offset" INTEGER NOT NULL) STRICT;
  INSERT INTO journal VALUES (1, 1, 0);

  -- Sessions that were pruned while their records still await removal.
  CREATE TABLE pruned (handle INTEGER PRIMARY KEY) STRICT;

  CREATE TABLE log (
    seq INTEGER PRIMARY KEY,
    type TEXT NOT NULL,
    at REAL NOT NULL,
    session TEXT,
    body TEXT NOT NULL,
    signature BLOB NOT NULL,
    hash BLOB NOT NULL,
    key_id TEXT,
    day INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX log_session ON log (session) WHERE session IS NOT NULL;

  -- A copy of the entry appended last. The chain goes on from here, so that entries removed from
  -- the log's end leave a gap instead of nothing.
  CREATE TABLE log_last (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    seq INTEGER NOT NULL,
    type TEXT NOT NULL,
    at REAL NOT NULL,
    session TEXT,
    body TEXT NOT NULL,
    signature BLOB NOT NULL,
    hash BLOB NOT NULL
  ) STRICT;

  CREATE TABLE tokens (
    id TEXT PRIMARY KEY,
    user TEXT NOT NULL,
    created_at REAL NOT NULL,
    expires_at REAL NOT NULL,
    revoked_at REAL,
    parent TEXT,
    targets TEXT NOT NULL,
    classes TEXT NOT NULL,
    max_sessions INTEGER,
    sessions INTEGER NOT NULL,
    acting_for TEXT,
    can TEXT NOT NULL,
    sha256 BLOB NOT NULL UNIQUE,
    scram_stored BLOB NOT NULL,
    scram_server BLOB NOT NULL,
    sha1sha1 BLOB NOT NULL
  ) STRICT;
  CREATE INDEX tokens_user ON tokens (user);
  CREATE INDEX tokens_parent ON tokens (parent) WHERE parent IS NOT NULL;
  CREATE TABLE token_version (one INTEGER PRIMARY KEY CHECK (one = 1), version INTEGER NOT NULL) STRICT;
  INSERT INTO token_version VALUES (1, 0);

  CREATE TABLE approvals (
    id TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    session TEXT NOT NULL,
    identity TEXT NOT NULL,
    acting_for TEXT,
    target TEXT NOT NULL,
    command TEXT NOT NULL,
    rule TEXT NOT NULL,
    digest TEXT NOT NULL,
    context TEXT NOT NULL,
    requested_at REAL NOT NULL,
    expires_at REAL NOT NULL,
    groups TEXT NOT NULL,
    count INTEGER NOT NULL,
    "grant" TEXT NOT NULL,
    grant_until REAL,
    grant_key TEXT NOT NULL,
    votes TEXT NOT NULL,
    settled_at REAL,
    reason TEXT,
    key_id TEXT,
    day INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX approvals_state ON approvals (state, requested_at);
  CREATE INDEX approvals_grant ON approvals (grant_key) WHERE grant_until IS NOT NULL;

  CREATE TABLE facts (
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (scope, key)
  ) STRICT, WITHOUT ROWID;
  `,
];

/** A shape that no release had, and none reads. */
export const UNRELEASED = 1;

/** The UTC day of a time, counted from 1970-01-01. */
export function dayOf(at: number): number {
  return Math.floor(at / 86_400_000);
}
