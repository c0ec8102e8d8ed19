import type { SessionRow, Store } from '@sallyport/core';
import { CliError, EXIT } from './exit.ts';
import { parseDuration } from './output/duration.ts';

/** Fewer letters of an id could be anything. */
const SHORTEST_PREFIX = 6;
/** How many sessions a prefix is looked for in. */
const SEARCHED = 10_000;

/**
 * The session that is meant: by its id, the beginning of it, or `last`.
 *
 * @throws CliError when there is none, or more than one
 */
export async function findSession(store: Store, name: string): Promise<SessionRow> {
  if (name === 'last') {
    const [last] = await store.sessions.list({ limit: 1 });
    if (last === undefined) throw new CliError('Nothing is recorded yet.');
    return last;
  }
  const exact = await store.sessions.get(name);
  if (exact !== undefined) return exact;
  const found =
    name.length < SHORTEST_PREFIX ? [] : (await store.sessions.list({ limit: SEARCHED })).filter((row) => row.id.startsWith(name));
  const [only, another] = found;
  if (only === undefined) throw new CliError(`There is no session '${name}'.`);
  if (another !== undefined) throw new CliError(`'${name}' begins the ids of ${found.length} sessions. Write more of it.`);
  return only;
}

/**
 * A moment as RFC 3339, or as a duration that has passed since then.
 *
 * @returns milliseconds since the epoch
 */
export function parseMoment(text: string): number {
  if (/^[\d.]+[a-z]/.test(text)) return Date.now() - parseDuration(text);
  const moment = Date.parse(text);
  if (Number.isNaN(moment)) throw new CliError(`'${text}' is no time. Write 2026-11-20T21:40:00Z, or 2h for two hours ago.`, EXIT.usage);
  return moment;
}
