import { anyOf, GatewayError, type Identity, type Proof, type ScramMaterial, type Store, type TokenRow } from '@sallyport/core';
import type { Keys } from './keys.ts';
import { ProvenRefusal } from './proven-refusal.ts';
import { watchRevocations } from './revocation-watch.ts';
import { SCRAM_ITERATIONS, userSalt } from './token.ts';
import { endOf, endSentence, lineageOf, sessionLineage } from './token-life.ts';
import { tokenFault, tokenHash } from './token-text.ts';

/** Tokens of one user that a proof is tried against, live ones first, then the newest. */
const MAX_TRIED = 256;

const UNKNOWN =
  'The gateway does not know this user with this token. An administrator makes tokens with "sallyport token create --user NAME".';

/** A user from the configuration. */
export interface LocalUser {
  readonly name: string;
  readonly kind: 'person' | 'agent';
  readonly groups: readonly string[];
  /** Public keys in OpenSSH's one-line form. */
  readonly sshKeys: readonly string[];
}

export interface IdentityOptions {
  readonly users: readonly LocalUser[];
  readonly store: Pick<Store, 'tokens'>;
  readonly keys: Pick<Keys, 'secret'>;
  /** Milliseconds since the epoch. */
  now(): number;
}

/** Who signed in, and with which token. */
export interface SignedIn {
  readonly identity: Identity;
  readonly token: TokenRow;
}

/** Who is asking. */
export interface IdentityService {
  /** What a SCRAM proof is tried against. Takes the same work whether the user exists or not. */
  scram(user: string): Promise<ScramMaterial>;
  /**
   * Turns a proof into an identity and counts the sign-in.
   *
   * @param attempt `target` is the target's name.
   * @throws GatewayError ERR_LOGIN with one sentence for the client; the same one for an unknown
   * user and a wrong token. A {@link ProvenRefusal} when the token is right and good for this no more.
   */
  signIn(attempt: { readonly user: string; readonly target: string; readonly proof: Proof }): Promise<SignedIn>;
  /** Who sends this bearer token to the admin API. Counts nothing. @throws GatewayError ERR_LOGIN */
  bearer(token: string): Promise<SignedIn>;
  /** Whether a session that signed in with this token may go on. */
  alive(token: string): Promise<boolean>;
  /**
   * Polls for tokens of live sessions that have ended; see RevocationWatch.
   *
   * @param ended called at each poll for as long as `live` names such a token.
   * @param live ids of the tokens that live sessions signed in with.
   * @returns a function that stops it.
   */
  watchRevocations(ended: (token: string, error: GatewayError) => void, live: () => Iterable<string>): () => void;
  /** A configured user as an identity; undefined when it, or the person it acts for, is not configured. */
  identify(user: string, actingFor?: string | null): Identity | undefined;
  /** Takes the users of a reloaded configuration. */
  reload(users: readonly LocalUser[]): void;
}

export function createIdentity(options: IdentityOptions): IdentityService {
  const { keys, now } = options;
  const tokens = options.store.tokens;
  let users = byName(options.users);

  const isPerson = (name: string): boolean => users.get(name)?.kind === 'person';

  /** Why nobody may use this token, though it has not ended: the configuration no longer has its people. */
  function orphaned(row: TokenRow): string | undefined {
    if (!users.has(row.user)) return `${row.user} is no longer a user of this gateway.`;
    if (row.actingFor === null || isPerson(row.actingFor)) return undefined;
    return `This gateway token acts for ${row.actingFor}, who is not a person in the gateway's configuration.`;
  }

  function identify(name: string, actingFor?: string | null): Identity | undefined {
    const user = users.get(name);
    if (actingFor && !isPerson(actingFor)) return undefined;
    return user && { name, kind: user.kind, groups: user.groups, ...(actingFor && { actingFor }) };
  }

  /** The identity behind a token that exists, if both it and its lineage still hold. */
  async function vouch(row: TokenRow | undefined, user = row?.user): Promise<SignedIn> {
    if (row === undefined || row.user !== user || !users.has(user)) throw refusal(UNKNOWN);
    const lineage = await lineageOf(row, tokens);
    if (lineage === undefined) throw refusal(UNKNOWN);
    const end = endOf(lineage, now());
    if (end !== undefined) throw new ProvenRefusal(endSentence(end));
    const identity = identify(row.user, row.actingFor);
    if (identity === undefined) throw new ProvenRefusal(orphaned(row) ?? UNKNOWN);
    return { identity, token: row };
  }

  return {
    identify,

    async scram(user) {
      const tried = keysToTry(await tokens.byUser(user), now());
      return { salt: userSalt(keys, user), iterations: SCRAM_ITERATIONS, keys: users.has(user) ? tried : [] };
    },

    async signIn({ user, target, proof }) {
      const row = await (proof.method === 'password' ? bySecret(proof.secret, tokens) : tokens.get(proof.token));
      const { identity, token } = await vouch(row, user);
      requireScope(token, target);
      if (!(await tokens.use(token.id, now()))) {
        await vouch(await tokens.get(token.id), user); // it may have ended a moment ago: say so then
        throw new ProvenRefusal(usedUp(token));
      }
      return { identity, token };
    },

    async bearer(secret) {
      const { identity, token } = await vouch(await bySecret(secret, tokens));
      if (token.maxSessions !== null && token.sessions >= token.maxSessions) throw new ProvenRefusal(usedUp(token));
      return { identity, token };
    },

    async alive(id) {
      const row = await tokens.get(id);
      const lineage = row && (await lineageOf(row, tokens));
      return (
        row !== undefined && lineage !== undefined && orphaned(row) === undefined && endOf(sessionLineage(lineage), now()) === undefined
      );
    },

    watchRevocations: (ended, live) => watchRevocations({ tokens, ended, live, now, orphaned }),

    reload(next) {
      users = byName(next);
    },
  };
}

function byName(users: readonly LocalUser[]): ReadonlyMap<string, LocalUser> {
  return new Map(users.map((user) => [user.name, user]));
}

async function bySecret(secret: string, tokens: Store['tokens']): Promise<TokenRow | undefined> {
  const fault = tokenFault(secret);
  if (fault !== undefined) throw refusal(fault);
  return tokens.bySha256(tokenHash(secret));
}

/** Tokens that have ended are tried as well, last: their owner should read why, not that they are unknown. */
function keysToTry(rows: readonly TokenRow[], now: number): ScramMaterial['keys'] {
  const usable = (row: TokenRow): boolean =>
    row.revokedAt === null && row.expiresAt > now && row.can.length === 0 && (row.maxSessions === null || row.sessions < row.maxSessions);
  return [...rows]
    .sort((a, b) => Number(usable(b)) - Number(usable(a)) || b.createdAt - a.createdAt)
    .slice(0, MAX_TRIED)
    .map((row) => ({ token: row.id, storedKey: row.scramStored, serverKey: row.scramServer, sha1sha1: row.sha1sha1 }));
}

/** @throws GatewayError when the token opens no connection, or none to this target. */
function requireScope(token: TokenRow, target: string): void {
  if (token.can.length > 0) {
    throw new ProvenRefusal('This gateway token decides approvals and opens no connection: sign in with one made without "--can approve".');
  }
  if (token.targets.length > 0 && !anyOf(token.targets)(target)) {
    throw new ProvenRefusal(`This gateway token is not good for target ${target}, only for ${token.targets.join(', ')}.`);
  }
}

function usedUp(row: TokenRow): string {
  return row.maxSessions === 1
    ? 'This gateway token was good for one sign-in, which has been used.'
    : `This gateway token was good for ${row.maxSessions} sign-ins, which have been used.`;
}

function refusal(sentence: string): GatewayError {
  return new GatewayError('ERR_LOGIN', sentence);
}
