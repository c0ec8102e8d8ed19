import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { CheckResult, TokenRow } from '@sallyport/core';
import { counted } from '../output/count.ts';
import { type Site, withStore } from '../site.ts';

const DAY_MS = 24 * 3_600_000;
/** A token that lasts longer is a password by another name. */
const LONG_DAYS = 90;
/** One that decides approvals should be at hand for a working day, and no longer. */
const LONG_APPROVER_DAYS = 7;
const IDLE_DAYS = 14;
/** So many tokens of a kind are named. */
const NAMED = 3;

/** Whether the record can be read, and whether tokens lie about that nobody needs. */
export async function checkTokens(site: Site, now: number): Promise<readonly CheckResult[]> {
  if (!existsSync(join(site.config.dataDir, 'sallyport.db'))) return [];
  try {
    const rows = await withStore(site, 'read', (store) => store.tokens.list());
    return judgeTokens(
      rows,
      site.config.users.map(({ name }) => name),
      now,
    );
  } catch (error) {
    return [
      {
        check: 'record',
        level: 'problem',
        message: (error as Error).message,
        mend: 'what the sentence says; if a native binding is missing, npm run setup',
      },
    ];
  }
}

/** @param users names that the configuration has. */
export function judgeTokens(rows: readonly TokenRow[], users: readonly string[], now: number): readonly CheckResult[] {
  // What `connect` mints lives for a minute and goes with its parent.
  const live = rows.filter((row) => row.revokedAt === null && row.expiresAt > now && row.parent === null);
  const lasting = (row: TokenRow): number => (row.expiresAt - now) / DAY_MS;
  const approver = (row: TokenRow): boolean => row.can.includes('approve');
  const results = [
    about(
      live.filter((row) => !users.includes(row.user)),
      'for nobody whom the configuration knows',
    ),
    about(
      live.filter((row) => !approver(row) && lasting(row) > LONG_DAYS),
      `good for longer than ${LONG_DAYS} days`,
    ),
    about(
      live.filter((row) => approver(row) && lasting(row) > LONG_APPROVER_DAYS),
      `for approving and good for longer than ${LONG_APPROVER_DAYS} days`,
    ),
    about(
      live.filter((row) => !approver(row) && row.sessions === 0 && now - row.createdAt > IDLE_DAYS * DAY_MS),
      `unused since made, ${IDLE_DAYS} days ago or more`,
    ),
  ].flat();
  return results.length > 0
    ? results
    : [{ check: 'tokens', level: 'ok', message: `${counted(live.length, 'live token')}, none of them idle or without a near end.` }];
}

function about(rows: readonly TokenRow[], what: string): readonly CheckResult[] {
  const [first] = rows;
  if (first === undefined) return [];
  const named = rows.slice(0, NAMED).map((row) => `${row.id} (${row.user})`);
  const more = rows.length > NAMED ? ` and ${rows.length - NAMED} more` : '';
  return [
    {
      check: 'tokens',
      level: 'warning',
      message: `${rows.length === 1 ? 'A token is' : 'Tokens are'} ${what}: ${named.join(', ')}${more}.`,
      mend: `sallyport token revoke ${first.id}`,
    },
  ];
}
