import { GatewayError, type TokenRow, type TokenStore } from '@sallyport/core';
import { endError, endOf, lineageOf, sessionLineage } from './token-life.ts';

/** Sessions end within a second of a revocation: two polls and some work fit into it. */
const POLL_MS = 400;

export interface RevocationWatch {
  readonly tokens: Pick<TokenStore, 'get' | 'version'>;
  /** Ids of the tokens that live sessions signed in with. */
  live(): Iterable<string>;
  /** Called at each poll for as long as {@link live} names a token that has ended: no race loses it. */
  ended(token: string, error: GatewayError): void;
  /** The sentence when the token's user, or the person it acts for, is no longer configured. */
  orphaned(row: TokenRow, lineage: readonly TokenRow[]): string | undefined;
  /** Milliseconds since the epoch. */
  now(): number;
}

/**
 * Looks every 400 ms for tokens of live sessions that were revoked by any process, have expired, or
 * whose people are gone. When the store cannot answer, every live token counts as ended.
 *
 * @returns a function that stops it.
 */
export function watchRevocations(watch: RevocationWatch): () => void {
  let lineages = new Map<string, readonly TokenRow[]>();
  let seen: number | undefined;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  async function poll(): Promise<void> {
    const version = await watch.tokens.version();
    const known = version === seen ? lineages : new Map<string, readonly TokenRow[]>();
    const next = new Map<string, readonly TokenRow[]>();
    for (const id of new Set(watch.live())) {
      const lineage = known.get(id) ?? (await load(id, watch.tokens));
      next.set(id, lineage);
      const error = judge(lineage, watch);
      if (error !== undefined && !stopped) watch.ended(id, error);
    }
    lineages = next;
    seen = version;
  }

  async function run(): Promise<void> {
    try {
      await poll();
    } catch (cause) {
      if (stopped) return;
      const error = new GatewayError('ERR_ENDED', 'The gateway can no longer tell whether your token was revoked, and ended the session.', {
        cause,
      });
      for (const id of new Set(watch.live())) watch.ended(id, error);
    }
    if (!stopped) schedule();
  }

  function schedule(): void {
    timer = setTimeout(() => void run(), POLL_MS).unref();
  }

  schedule();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}

/** What a session hangs on; empty when it cannot be told, which ends the session. */
async function load(id: string, tokens: Pick<TokenStore, 'get'>): Promise<readonly TokenRow[]> {
  const row = await tokens.get(id);
  const lineage = row && (await lineageOf(row, tokens));
  return lineage === undefined ? [] : sessionLineage(lineage);
}

function judge(lineage: readonly TokenRow[], watch: RevocationWatch): GatewayError | undefined {
  const [row] = lineage;
  if (row === undefined) return new GatewayError('ERR_ENDED', 'The gateway token of this session exists no more.');
  const orphaned = watch.orphaned(row, lineage);
  if (orphaned !== undefined) return new GatewayError('ERR_ENDED', orphaned);
  const end = endOf(lineage, watch.now());
  return end && endError(end);
}
