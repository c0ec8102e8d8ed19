import { GatewayError, type TokenRow, type TokenStore } from '@sallyport/core';

/** Chains of tokens that minted tokens: longer ones are refused, so that following them stays cheap. */
const MAX_LINEAGE = 8;

/** Why a token is good for nothing more. */
export interface TokenEnd {
  readonly why: 'revoked' | 'expired';
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** A token and those it descends from, nearest first; undefined when one is missing. */
export async function lineageOf(row: TokenRow, tokens: Pick<TokenStore, 'get'>): Promise<readonly TokenRow[] | undefined> {
  const lineage = [row];
  for (let parent = row.parent; parent !== null; ) {
    const next = await tokens.get(parent);
    if (next === undefined || lineage.length === MAX_LINEAGE) return undefined;
    lineage.push(next);
    parent = next.parent;
  }
  return lineage;
}

/** Whether and how a token has ended. A revoked ancestor counts, also for children minted in the same instant. */
export function endOf(lineage: readonly TokenRow[], now: number): TokenEnd | undefined {
  const revoked = lineage.find((row) => row.revokedAt !== null);
  if (revoked !== undefined) return { why: 'revoked', at: revoked.revokedAt as number };
  const expiresAt = Math.min(...lineage.map((row) => row.expiresAt));
  return expiresAt <= now ? { why: 'expired', at: expiresAt } : undefined;
}

/**
 * The tokens that a session's life hangs on. One sign-in uses up what `connect` mints, within a
 * minute: such a ticket's expiry bounds the sign-in, and its session lives as long as its parent.
 */
export function sessionLineage(lineage: readonly TokenRow[]): readonly TokenRow[] {
  const [row, ...parents] = lineage;
  const isTicket = row?.maxSessions === 1 && row.revokedAt === null && parents.length > 0;
  return isTicket ? parents : lineage;
}

/** The sentence for who signed in with a token that has ended. */
export function endSentence(end: TokenEnd): string {
  const when = new Date(end.at).toISOString();
  return end.why === 'revoked'
    ? `This gateway token was revoked at ${when}: ask an administrator for another.`
    : `This gateway token expired at ${when}: make a new one with "sallyport token create" or "sallyport login".`;
}

/** What ends a session whose token has ended. */
export function endError(end: TokenEnd): GatewayError {
  return new GatewayError('ERR_ENDED', endSentence(end));
}
