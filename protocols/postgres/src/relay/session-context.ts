import { randomBytes } from 'node:crypto';
import type { Out } from '@sallyport/core';
import { encodeBind, encodeClose, encodeExecute, encodeParse, FLUSH, SYNC } from '../codec/extended-query.ts';
import { decodeDataRow } from '../codec/rows.ts';
import type { Conversation } from './conversation.ts';

/** Who the session is at the target at this moment, read on its own connection. */
export interface SessionContext {
  readonly currentUser: string;
  readonly sessionUser: string;
  readonly searchPath: string;
  /** Relations that the session's transaction has locked, with the modes. */
  readonly locks: string;
}

/** A name that no client has: replacing the client's own statement or portal would change what it runs. */
const NAME = `sallyport-context-${randomBytes(8).toString('hex')}`;

/** Every name is qualified: the session's search_path must not decide what this runs. */
const CONTEXT_SQL = `SELECT current_user, session_user, pg_catalog.current_setting('search_path'),
  (SELECT pg_catalog.string_agg(DISTINCT pg_catalog.format('%s %s', l.relation::pg_catalog.regclass, l.mode), ', ')
     FROM pg_catalog.pg_locks l
    WHERE l.pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid()
      AND l.relation OPERATOR(pg_catalog.>=) '16384'::pg_catalog.oid)`;

/**
 * Asks the target's own connection. Nothing else may be in flight.
 *
 * @param boundary `sync` between the client's groups of messages, `flush` inside one: a Sync there
 *   would commit what the client has not finished.
 * @returns undefined when the target refused, or the session is ending.
 */
export async function* readContext(
  conversation: Conversation,
  boundary: 'sync' | 'flush',
): AsyncGenerator<readonly Out[], SessionContext | undefined> {
  const { replies, gone } = conversation;
  let cells: readonly string[] | undefined;
  const answer = Promise.withResolvers<boolean>();
  const query = {
    row: (raw: Buffer) => {
      cells = decodeDataRow(raw).cells.map((cell) => cell?.toString() ?? '');
    },
    done: () => answer.resolve(true),
    failed: () => answer.resolve(false),
  };
  const own = { own: true, exposed: false } as const;
  replies.push({ kind: 'parse', ...own });
  replies.push({ kind: 'bind', ...own });
  replies.push({ kind: 'execute', own: query, exposed: false });
  replies.push({ kind: 'close', ...own });
  replies.push({ kind: 'close', ...own });
  if (boundary === 'sync') replies.push({ kind: 'sync', ...own });
  yield [{ to: 'target', data: boundary === 'sync' ? Buffer.concat([MESSAGES, SYNC]) : Buffer.concat([MESSAGES, FLUSH]) }];
  const answered = await conversation.unless(gone.signal, answer.promise);
  await conversation.unless(gone.signal, replies.idle());
  if (answered !== true || cells === undefined) return undefined;
  const [currentUser = '', sessionUser = '', searchPath = '', locks = ''] = cells;
  return { currentUser, sessionUser, searchPath, locks };
}

const MESSAGES = Buffer.concat([
  encodeParse({ statement: NAME, sql: CONTEXT_SQL, parameterTypes: [] }),
  encodeBind({ portal: NAME, statement: NAME, parameterFormats: [], parameters: [], resultFormats: [] }),
  encodeExecute(NAME, 0),
  encodeClose('P', NAME),
  encodeClose('S', NAME),
]);

/** What has changed between asking and running, as words for the client; undefined when nothing has. */
export function difference(before: SessionContext, after: SessionContext): string | undefined {
  if (before.currentUser !== after.currentUser) return 'current_user';
  if (before.sessionUser !== after.sessionUser) return 'session_user';
  return before.searchPath === after.searchPath ? undefined : 'search_path';
}
