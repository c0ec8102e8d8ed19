import {
  anyOf,
  GatewayError,
  type Identity,
  type NewEntry,
  type Proof,
  type ScramMaterial,
  type Store,
  type TokenRow,
} from '@sallyport/core';
import type { Keys } from './keys.ts';
import { type Known, People } from './people.ts';
import { ProvenRefusal } from './proven-refusal.ts';
import { watchRevocations } from './revocation-watch.ts';
import type { OfferedKey } from './ssh/public-keys.ts';
import { SCRAM_ITERATIONS, userSalt } from './token.ts';
import { endOf, endSentence, lineageOf, sessionLineage } from './token-life.ts';
import { tokenFault, tokenHash } from './token-text.ts';

/** Tokens of one user that a proof is tried against, live ones first, then the newest. */
const MAX_TRIED = 256;

const UNKNOWN =
  'The gateway does not know this user with this token. An administrator makes tokens with "sallyport token create --user NAME".';

export interface IdentityOptions extends Known {
  readonly store: Pick<Store, 'tokens'>;
  readonly keys: Pick<Keys, 'secret'>;
  /** A log entry of the gateway's. */
  entry(type: string, body: Readonly<Record<string, unknown>>): NewEntry;
  /** Milliseconds since the epoch. */
  now(): number;
}

/** Who signed in, and with which token. */
export interface SignedIn {
  readonly identity: Identity;
  readonly token: TokenRow;
}

interface Attempt {
  readonly user: string;
  /** The target's name. */
  readonly target: string;
  readonly proof: Proof;
  /** The client's IP address. */
  readonly address: string;
}

/** Who is asking. */
export interface IdentityService {
  /** What a SCRAM proof is tried against. Takes the same work whether the user exists or not. */
  scram(user: string): Promise<ScramMaterial>;
  /**
   * Turns a proof into an identity and counts the sign-in.
   *
   * @throws GatewayError ERR_LOGIN with one sentence for the client; the same one for an unknown
   * user and a wrong token. A {@link ProvenRefusal} when the token is right and good for this no more.
   */
  signIn(attempt: Attempt): Promise<SignedIn>;
  /** Whether a session that signed in with this token may tunnel to a target. @throws GatewayError ERR_LOGIN */
  mayTunnel(token: TokenRow, target: string): Promise<void>;
  /** The SSH key that this user, who shows this key or certificate, has to prove. @throws GatewayError ERR_LOGIN */
  provable(offered: OfferedKey): Buffer;
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
  /** Somebody who signed in, as things stand; undefined when it, or the person it acts for, is there no more. */
  identify(identity: Identity): Identity | undefined;
  /** Takes the users and the provider of a reloaded configuration. */
  reload(next: Known): void;
}

export function createIdentity(options: IdentityOptions): IdentityService {
  const { keys, now, entry } = options;
  const tokens = options.store.tokens;
  const people = new People(options, { tokens, entry, now });

  /** The identity behind a token that exists, if both it and its lineage still hold. */
  async function vouch(row: TokenRow | undefined, user = row?.user): Promise<SignedIn> {
    if (row === undefined || row.user !== user) throw refusal(UNKNOWN);
    const lineage = await lineageOf(row, tokens);
    const identity = lineage && people.identityOf(row, lineage);
    if (lineage === undefined || (identity === undefined && !people.isLocal(user))) throw refusal(UNKNOWN);
    const end = endOf(lineage, now());
    if (end !== undefined) throw new ProvenRefusal(endSentence(end));
    if (identity === undefined) throw new ProvenRefusal(people.orphaned(row, lineage) ?? UNKNOWN);
    return { identity, token: row };
  }

  async function alive(id: string): Promise<boolean> {
    const row = await tokens.get(id);
    const lineage = row && (await lineageOf(row, tokens));
    if (row === undefined || lineage === undefined || people.orphaned(row, lineage) !== undefined) return false;
    return endOf(sessionLineage(lineage), now()) === undefined;
  }

  const rowOf = (proof: Proof, user: string, address: string): Promise<TokenRow | undefined> => {
    if (proof.method === 'password' || proof.method === 'bearer') return bySecret(proof.secret);
    return proof.method === 'publickey' ? people.publicKeys.row({ user, key: proof.key, address }) : byProof(proof);
  };
  const byProof = (proof: Exclude<Proof, { method: 'password' | 'bearer' | 'publickey' }>): Promise<TokenRow | undefined> => {
    if (proof.method === 'tunnel') throw refusal('Only a session that is signed in opens a tunnel.');
    return tokens.get(proof.token);
  };
  const bySecret = (secret: string): Promise<TokenRow | undefined> => people.rowOf(secret) ?? byToken(secret, tokens);

  return {
    identify: (identity) => people.current(identity),

    async scram(user) {
      const tried = keysToTry(await tokens.byUser(user), now());
      return {
        salt: userSalt(keys, user),
        iterations: SCRAM_ITERATIONS,
        keys: people.isLocal(user) ? tried : [],
        vouched: people.mayBeVouched(user),
      };
    },

    provable: (offered) => people.publicKeys.provable(offered),

    async signIn({ user, target, proof, address }) {
      const row = await rowOf(proof, user, address);
      const { identity, token } = await vouch(row, proof.method === 'bearer' ? row?.user : user);
      requireScope(token, target);
      const counted = tokens.use(token.id, now());
      // One without a bound is counted in the same write as its session's start; should it have been revoked since it was
      // read, the watch ends the session, as it does a moment later.
      if (token.maxSessions === null) counted.catch(() => undefined);
      else if (!(await counted)) {
        await vouch(await tokens.get(token.id), token.user); // it may have ended a moment ago: say so then
        throw new ProvenRefusal(usedUp(token));
      }
      return { identity, token };
    },

    async mayTunnel(token, target) {
      requireScope(token, target);
      if (!(await alive(token.id))) throw refusal('The token of the session that the tunnel belongs to has ended.');
    },

    async bearer(secret) {
      const { identity, token } = await vouch(await bySecret(secret));
      if (token.maxSessions !== null && token.sessions >= token.maxSessions) throw new ProvenRefusal(usedUp(token));
      return { identity, token };
    },

    alive,

    watchRevocations: (ended, live) =>
      watchRevocations({ tokens, ended, live, now, orphaned: (row, lineage) => people.orphaned(row, lineage) }),

    reload: (next) => people.reload(next),
  };
}

async function byToken(secret: string, tokens: Store['tokens']): Promise<TokenRow | undefined> {
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
