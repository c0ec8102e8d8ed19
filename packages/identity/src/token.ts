import { createHash, createHmac, randomBytes } from 'node:crypto';
import { type CommandClass, clientKey, GatewayError, glob, hi, isPattern, serverKey, storedKey, type TokenRow } from '@sallyport/core';
import type { Keys } from './keys.ts';
import { randomToken, tokenHash } from './token-text.ts';

/**
 * RFC 7677's minimum, on purpose: stretching slows the guessing of passwords that people choose.
 * These have 256 random bits, and clients pay the iterations at every sign-in.
 */
export const SCRAM_ITERATIONS = 4096;
const SALT_BYTES = 16;

/** What a new token is to be good for. */
export interface TokenRequest {
  readonly user: string;
  /** Milliseconds. Cut to what its parent has left. */
  readonly ttl: number;
  /** Target names or globs; none: every target that access rules allow. */
  readonly targets?: readonly string[];
  /** None: every class that rules allow. */
  readonly classes?: readonly CommandClass[];
  /** Sign-ins it is good for; absent: no bound. */
  readonly sessions?: number;
  /** The person an agent works for. */
  readonly actingFor?: string;
  /** `approve`: decides approvals, and opens no connection. */
  readonly can?: readonly 'approve'[];
  /** The token that mints this one. What the request leaves out is taken over from it. */
  readonly parent?: TokenRow;
}

/** A token as its owner gets it, once, and as the store keeps it. */
export interface MintedToken {
  readonly token: string;
  readonly row: TokenRow;
}

/**
 * Makes a token. The caller stores the row together with its log entry.
 *
 * @param now milliseconds since the epoch.
 * @throws GatewayError ERR_LIMIT for a lifetime or count that is none, ERR_ACCESS when a child
 * would exceed its parent.
 */
export async function mintToken(request: TokenRequest, keys: Pick<Keys, 'secret'>, now: number): Promise<MintedToken> {
  const scope = scopeOf(request, now);
  const token = randomToken();
  const salted = await hi(token, userSalt(keys, request.user), SCRAM_ITERATIONS);
  const row: TokenRow = {
    id: `tk_${randomBytes(6).toString('hex')}`,
    user: request.user,
    createdAt: now,
    revokedAt: null,
    sessions: 0,
    ...scope,
    sha256: tokenHash(token),
    scramStored: storedKey(clientKey(salted)),
    scramServer: serverKey(salted),
    sha1sha1: sha1(sha1(Buffer.from(token))),
  };
  return { token, row };
}

/** A user's SCRAM salt. Keyed, so that nobody else can tell a user's salt from one made up for a stranger. */
export function userSalt(keys: Pick<Keys, 'secret'>, user: string): Buffer {
  return createHmac('sha256', keys.secret('token-salt')).update(user).digest().subarray(0, SALT_BYTES);
}

type Scope = Pick<TokenRow, 'expiresAt' | 'parent' | 'targets' | 'classes' | 'maxSessions' | 'actingFor' | 'can'>;

function scopeOf(request: TokenRequest, now: number): Scope {
  const { ttl, sessions, parent } = request;
  if (!(ttl > 0) || !Number.isSafeInteger(now + ttl)) throw new GatewayError('ERR_LIMIT', 'A token needs a lifetime above zero.');
  if (sessions !== undefined && !(Number.isSafeInteger(sessions) && sessions > 0)) {
    throw new GatewayError('ERR_LIMIT', 'A token needs a number of sign-ins above zero, or no bound.');
  }
  const scope: Scope = {
    expiresAt: now + ttl,
    parent: parent?.id ?? null,
    targets: request.targets ?? [],
    classes: request.classes ?? [],
    maxSessions: sessions ?? null,
    actingFor: request.actingFor ?? null,
    can: request.can ?? parent?.can ?? [],
  };
  return parent === undefined ? scope : within(parent, scope, request.user, now);
}

/** Cuts a child's scope to its parent's where it asks for nothing of its own, and refuses what goes beyond. */
function within(parent: TokenRow, child: Scope, user: string, now: number): Scope {
  const exceeded = (what: string): GatewayError => new GatewayError('ERR_ACCESS', `A token cannot mint one that exceeds it: ${what}.`);
  if (parent.user !== user) throw exceeded(`it belongs to ${parent.user}`);
  if (parent.revokedAt !== null || parent.expiresAt <= now) throw exceeded('it has expired or was revoked');
  // The children's sign-ins are not the parent's, so a bound would be none.
  if (parent.maxSessions !== null) throw exceeded('its own sign-ins are bounded');
  if (child.actingFor !== null && child.actingFor !== parent.actingFor) throw exceeded(`it does not act for ${child.actingFor}`);
  if (child.can.join() !== parent.can.join())
    throw exceeded(parent.can.length > 0 ? 'it decides approvals and nothing else' : 'it decides no approvals');
  return {
    ...child,
    expiresAt: Math.min(child.expiresAt, parent.expiresAt),
    targets: narrowed(child.targets, parent.targets, coversTarget, exceeded),
    classes: narrowed(child.classes, parent.classes, (allowed, wanted) => allowed === wanted, exceeded),
    actingFor: parent.actingFor,
  };
}

function narrowed(
  wanted: readonly string[],
  allowed: readonly string[],
  covers: (allowed: string, wanted: string) => boolean,
  exceeded: (what: string) => GatewayError,
): readonly string[] {
  if (allowed.length === 0) return wanted;
  if (wanted.length === 0) return allowed;
  const beyond = wanted.find((one) => !allowed.some((other) => covers(other, one)));
  if (beyond !== undefined) throw exceeded(`it is not good for ${beyond}`);
  return wanted;
}

function coversTarget(pattern: string, wanted: string): boolean {
  return pattern === wanted || (!isPattern(wanted) && glob(pattern)(wanted));
}

function sha1(data: Buffer): Buffer {
  return createHash('sha1').update(data).digest();
}
