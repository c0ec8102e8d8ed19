import { setTimeout as delay } from 'node:timers/promises';
import { GatewayError } from '@sallyport/core';
import { addressOf } from './client-address.ts';
import { RecentTable } from './recent-table.ts';

/** Failures that cost nothing: people mistype, and many people share one address behind a NAT. */
const FREE = { pair: 3, address: 20 } as const;
const FIRST_DELAY_MS = 250;
/** What one attempt costs at most. An address may be many people's, so it only slows. */
const MAX_DELAY_MS = { pair: 8_000, address: 2_000 } as const;
/** Sign-ins have a deadline: who would wait longer than this is refused at once. */
const MAX_WAIT_MS = 16_000;
const FORGET_MS = 10 * 60_000;
/** How long a sign-in shows that a user belongs at an address. */
const TRUST_MS = 60 * 60_000;
const MAX_ENTRIES = 10_000;

interface Failures {
  readonly count: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** When waiting attempts may begin, ascending: attempts made at once queue up behind each other. */
  turns: readonly number[];
}

/** Slows the guessing of tokens. */
export interface Backoff {
  /**
   * Waits as long as this client has to before its next attempt.
   *
   * @param client address, with or without port.
   * @throws GatewayError ERR_LIMIT when too many attempts of this user wait at this address already;
   * the signal's reason when aborted, which gives the turn to somebody else.
   */
  wait(client: string, user: string, signal: AbortSignal): Promise<void>;
  /** Counts a guess: a secret that was not this user's. */
  failed(client: string, user: string): void;
  succeeded(client: string, user: string): void;
}

/**
 * Delays that double with each failure, counted by (address, user name) and, more generously, by
 * address. Never by name alone: that would let a stranger lock somebody out. For the same reason an
 * address alone never refuses, and does not slow those who signed in from it within the last hour.
 *
 * @param now milliseconds since the epoch.
 */
export function createBackoff(now: () => number): Backoff {
  const failures = new RecentTable<Failures>(MAX_ENTRIES, FORGET_MS, now);
  const trusted = new RecentTable<true>(MAX_ENTRIES, TRUST_MS, now);

  function count(key: string): void {
    const before = failures.get(key);
    failures.set(key, { count: (before?.count ?? 0) + 1, at: now(), turns: before?.turns ?? [] });
  }

  /** Takes the first turn that is free for this pair; undefined when it need not wait. */
  function takeTurn(key: string): number | undefined {
    const entry = failures.get(key);
    const pause = pauseAfter(entry, 'pair');
    if (entry === undefined || pause === 0) return undefined;
    const taken = entry.turns.filter((turn) => turn + pause > now());
    let start = Math.max(now(), entry.at + pause);
    for (const turn of taken) if (Math.abs(turn - start) < pause) start = turn + pause;
    if (start - now() > MAX_WAIT_MS) throw tooMany(start - now());
    entry.turns = [...taken, start].sort((a, b) => a - b);
    return start;
  }

  function returnTurn(key: string, turn: number): void {
    const entry = failures.get(key);
    if (entry !== undefined) entry.turns = entry.turns.filter((other) => other !== turn);
  }

  return {
    async wait(client, user, signal) {
      const address = addressOf(client);
      const pair = pairKey(address, user);
      const turn = takeTurn(pair);
      const crowd = trusted.get(pair) ? undefined : failures.get(address);
      const start = Math.max(turn ?? 0, crowd === undefined ? 0 : crowd.at + pauseAfter(crowd, 'address'));
      if (start <= now()) return;
      await delay(start - now(), undefined, { signal }).catch(() => {
        if (turn !== undefined) returnTurn(pair, turn);
        throw signal.reason;
      });
    },
    failed(client, user) {
      const address = addressOf(client);
      count(pairKey(address, user));
      count(address);
    },
    succeeded(client, user) {
      const pair = pairKey(addressOf(client), user);
      failures.delete(pair);
      trusted.set(pair, true);
    },
  };
}

/** Milliseconds that the next attempt costs. */
function pauseAfter(failures: Failures | undefined, kind: 'pair' | 'address'): number {
  const excess = (failures?.count ?? 0) - FREE[kind];
  return excess < 0 ? 0 : Math.min(FIRST_DELAY_MS * 2 ** excess, MAX_DELAY_MS[kind]);
}

function tooMany(wait: number): GatewayError {
  return new GatewayError(
    'ERR_LIMIT',
    `Too many sign-ins of this user failed from your address, and others wait before you: try again in ${Math.ceil(wait / 1000)} seconds.`,
  );
}

function pairKey(address: string, user: string): string {
  return `${address} ${user.slice(0, 128)}`;
}
