import { randomBytes } from 'node:crypto';
import type { Out } from '@sallyport/core';
import type { CopyStatement } from '../classify/analysis.ts';
import { encodeClose, encodeDescribe, encodeParse, FLUSH, SYNC } from '../codec/extended-query.ts';
import type { Field } from '../codec/rows.ts';
import type { Conversation } from './conversation.ts';

/** What a COPY TO STDOUT will give. */
export type CopyLook =
  | { readonly fields: readonly Field[] }
  /** It will fail with this. `told`: the client has been told so, and the target skips to the next Sync. */
  | { readonly error: { readonly code: string; readonly message: string }; readonly told: boolean };

/** A name that no client has. */
const NAME = `sallyport-copy-${randomBytes(8).toString('hex')}`;

/**
 * COPY describes no columns. So the target is asked on the session's own connection, where names
 * mean what they will mean to the COPY, about the query that gives the same rows.
 *
 * @returns undefined when the session is ending.
 */
export async function* lookAtCopy(
  conversation: Conversation,
  copy: CopyStatement,
  exposed: boolean,
): AsyncGenerator<readonly Out[], CopyLook | undefined> {
  yield* conversation.drain();
  const { replies, status, open, over } = conversation;
  // A Sync inside a group would commit what the client has not finished.
  const whole = status === 'T' || open.messages === 0;
  let fields: readonly Field[] | undefined;
  let error = { code: '08P01', message: 'The columns of the COPY could not be told.' };
  const own = {
    described: (found: readonly Field[]) => {
      fields = found;
    },
    failed: (reason: typeof error) => {
      error = reason;
    },
  };
  replies.push({ kind: 'parse', own, exposed });
  replies.push({ kind: 'describe', own, exposed });
  replies.push({ kind: 'close', own: true, exposed: false });
  if (whole) replies.push({ kind: 'sync', own: true, exposed: false });
  const parse = encodeParse({ statement: NAME, sql: queryOf(copy), parameterTypes: [] });
  yield [{ to: 'target', data: Buffer.concat([parse, encodeDescribe('S', NAME), encodeClose('S', NAME), whole ? SYNC : FLUSH]) }];
  await conversation.unless(over.signal, replies.idle());
  if (over.signal.aborted) return undefined;
  return fields === undefined ? { error, told: !whole } : { fields };
}

/** A SELECT with the columns of the COPY, in its order. */
function queryOf({ query, relation, columns }: CopyStatement): string {
  if (query !== undefined) return query;
  const list = columns?.map(quoted).join() ?? '*';
  const path = [relation?.schema, relation?.name].filter((part) => part !== undefined).map(quoted);
  return `SELECT ${list} FROM ${path.join('.')}`;
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
