import { randomBytes } from 'node:crypto';
import type { NewEntry, TokenRow, TokenStore } from '@sallyport/core';

/** What signs somebody in that the gateway did not make: a JWT, an SSH key. */
export interface OutsideToken {
  /** What its kind's ids begin with. */
  readonly prefix: string;
  readonly user: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  /** What it is found by. */
  readonly sha256: Buffer;
}

export interface OutsideTokenParts {
  readonly tokens: Pick<TokenStore, 'bySha256' | 'insert'>;
  /** Milliseconds since the epoch. */
  now(): number;
}

/**
 * The row that stands for it among the gateway's tokens, made when it first comes: so its sign-ins are counted, `token list`
 * shows it, and `token revoke` ends its sessions.
 *
 * @param entry the log entry for a row that is made.
 */
export async function outsideRow(
  token: OutsideToken,
  { tokens, now }: OutsideTokenParts,
  entry: (id: string) => NewEntry,
): Promise<TokenRow> {
  const known = await tokens.bySha256(token.sha256);
  if (known !== undefined) return known;
  const { prefix, user, expiresAt, sha256 } = token;
  const row: TokenRow = {
    id: `${prefix}${randomBytes(6).toString('hex')}`,
    ...{ user, expiresAt, sha256 },
    createdAt: now(),
    revokedAt: null,
    parent: null,
    targets: [],
    classes: [],
    maxSessions: null,
    sessions: 0,
    actingFor: null,
    can: [],
    // It is shown or signs, and is never proven as the gateway's own are: nothing fits these.
    scramStored: randomBytes(32),
    scramServer: randomBytes(32),
    sha1sha1: randomBytes(20),
  };
  try {
    await tokens.insert(row, entry(row.id));
    return row;
  } catch (cause) {
    const other = await tokens.bySha256(sha256); // another connection came first
    if (other === undefined) throw cause;
    return other;
  }
}
