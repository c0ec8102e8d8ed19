import { randomBytes } from 'node:crypto';
import { type Denied, ProtocolError } from '@sallyport/core';
import { encodeBind, encodeExecute, encodeParse } from '../codec/extended-query.ts';
import { encodeQuery } from '../codec/query.ts';
import { errorResponse, SQLSTATE } from '../errors.ts';

/** What the client gets in place of a command's result. */
export interface Denial {
  readonly sqlState: string;
  readonly message: string;
  readonly hint?: string;
}

export function denialOf(ruling: Denied): Denial {
  return { sqlState: SQLSTATE[ruling.cause], message: ruling.message };
}

export function denialResponse(denial: Denial): Buffer {
  return errorResponse('ERROR', denial.sqlState, denial.message, denial.hint);
}

/** Nobody can have made a portal or statement of this name: it is this process's secret. */
const NOTHING = `sallyport-denied-${randomBytes(12).toString('hex')}`;
const NO_SQL = `sallyport denied this command ${randomBytes(12).toString('hex')}`;

/**
 * Messages that are sure to fail at the target. Sent in place of a denied one, they leave
 * transaction state, ordering and skip-until-Sync to the target itself; its error is swapped for
 * ours on the way back. ✗ A local ReadyForQuery lies about the transaction.
 */
export const FAILING_QUERY: Buffer = encodeQuery(NO_SQL);
export const FAILING_PARSE: Buffer = encodeParse({ statement: '', sql: NO_SQL, parameterTypes: [] });
export const FAILING_BIND: Buffer = encodeBind({ portal: '', statement: NOTHING, parameterFormats: [], parameters: [], resultFormats: [] });
export const FAILING_EXECUTE: Buffer = encodeExecute(NOTHING, 0);

/** A message that was sure to fail did not: nothing is sure any more. */
export function survivedDenial(): ProtocolError {
  return new ProtocolError('target', 'The target answered a denied command as if it had run; the session was closed.');
}
