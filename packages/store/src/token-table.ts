import type { NewEntry, TokenRow } from '@sallyport/core';
import type { Database } from 'better-sqlite3';
import type { LogWrites } from './log-table.ts';

type Raw = Omit<TokenRow, 'targets' | 'classes' | 'can'> & { readonly targets: string; readonly classes: string; readonly can: string };

const SELECT = `SELECT id, user, created_at AS createdAt, expires_at AS expiresAt, revoked_at AS revokedAt, parent, targets,
  classes, max_sessions AS maxSessions, sessions, acting_for AS actingFor, can, sha256, scram_stored AS scramStored,
  scram_server AS scramServer, sha1sha1 FROM tokens`;

export interface TokenWrites {
  insert(row: TokenRow, entry: NewEntry): void;
  revoke(id: string, at: number, entry: NewEntry): boolean;
  use(id: string, at: number): boolean;
}

export function tokenWrites(db: Database, log: LogWrites): TokenWrites {
  const insert = db.prepare(`INSERT INTO tokens VALUES (@id, @user, @createdAt, @expiresAt, @revokedAt, @parent, @targets,
    @classes, @maxSessions, @sessions, @actingFor, @can, @sha256, @scramStored, @scramServer, @sha1sha1)`);
  const live = db.prepare<[string, number]>('SELECT 1 FROM tokens WHERE id = ? AND revoked_at IS NULL AND expires_at > ?');
  const revoke = db.prepare<[string, number]>(`
    WITH RECURSIVE family (id) AS (VALUES (?) UNION SELECT tokens.id FROM tokens JOIN family ON tokens.parent = family.id)
    UPDATE tokens SET revoked_at = ? WHERE id IN family AND revoked_at IS NULL`);
  const use = db.prepare<[string, number]>(`UPDATE tokens SET sessions = sessions + 1
    WHERE id = ? AND revoked_at IS NULL AND expires_at > ? AND (max_sessions IS NULL OR sessions < max_sessions)`);
  const changed = db.prepare('UPDATE token_version SET version = version + 1');
  return {
    insert(row, entry) {
      const { targets, classes, can } = row;
      insert.run({ ...row, targets: JSON.stringify(targets), classes: JSON.stringify(classes), can: JSON.stringify(can) });
      changed.run();
      log.append(entry);
    },
    revoke(id, at, entry) {
      if (live.get(id, at) === undefined) return false;
      revoke.run(id, at);
      changed.run();
      log.append(entry);
      return true;
    },
    // No new version: whoever polls it would read the tokens of all live sessions again at every sign-in.
    use: (id, at) => use.run(id, at).changes === 1,
  };
}

export interface TokenReads {
  get(id: string): TokenRow | undefined;
  bySha256(hash: Buffer): TokenRow | undefined;
  byUser(user: string): TokenRow[];
  list(): TokenRow[];
  version(): number;
}

export function tokenReads(db: Database): TokenReads {
  const byId = db.prepare<[string], Raw>(`${SELECT} WHERE id = ?`);
  const byHash = db.prepare<[Buffer], Raw>(`${SELECT} WHERE sha256 = ?`);
  const byUser = db.prepare<[string], Raw>(`${SELECT} WHERE user = ? ORDER BY created_at, id`);
  const all = db.prepare<[], Raw>(`${SELECT} ORDER BY created_at, id`);
  const version = db.prepare<[], { version: number }>('SELECT version FROM token_version');
  return {
    get: (id) => fromRaw(byId.get(id)),
    bySha256: (hash) => fromRaw(byHash.get(hash)),
    byUser: (user) => byUser.all(user).map(parse),
    list: () => all.all().map(parse),
    version: () => version.get()?.version ?? 0,
  };
}

function fromRaw(raw: Raw | undefined): TokenRow | undefined {
  return raw && parse(raw);
}

function parse(raw: Raw): TokenRow {
  return {
    ...raw,
    targets: JSON.parse(raw.targets) as string[],
    classes: JSON.parse(raw.classes) as string[],
    can: JSON.parse(raw.can) as string[],
  };
}
