import { type DenialCause, type ErrorCode, GatewayError } from '@sallyport/core';
import { packets } from './codec/bytes.ts';
import { type Err, encodeErr } from './codec/responses.ts';

/**
 * The one table from what broke, or why a command does not run, to errno and SQLSTATE.
 * https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html
 */
const ERRNO: Readonly<Record<ErrorCode | DenialCause, readonly [code: number, sqlState: string]>> = {
  ERR_CONFIG: [1105, 'HY000'], // ER_UNKNOWN_ERROR
  ERR_LOGIN: [1045, '28000'], // ER_ACCESS_DENIED_ERROR
  ERR_ACCESS: [1045, '28000'],
  ERR_TARGET_UNREACHABLE: [1429, 'HY000'], // ER_CONNECT_TO_FOREIGN_DATA_SOURCE
  ERR_TARGET_AUTH: [1429, 'HY000'],
  ERR_TARGET_CLOSED: [1158, '08S01'], // ER_NET_READ_ERROR
  ERR_PROTOCOL: [1835, 'HY000'], // ER_MALFORMED_PACKET
  ERR_RECORDING: [1105, 'HY000'],
  ERR_LIMIT: [1226, '42000'], // ER_USER_LIMIT_REACHED
  ERR_ENDED: [1053, '08S01'], // ER_SERVER_SHUTDOWN
  denied: [1227, '42000'], // ER_SPECIFIC_ACCESS_DENIED_ERROR
  expired: [1227, '42000'],
  cancelled: [1317, '70100'], // ER_QUERY_INTERRUPTED
};

/** Breakage for which the target has a closer errno than the table. */
export class ErrnoError extends GatewayError {
  readonly err: Err;

  constructor(code: ErrorCode, err: Err, message: string, options?: { readonly cause?: unknown }) {
    super(code, message, options);
    this.name = 'ErrnoError';
    this.err = { ...err, message };
  }
}

/** What a client reads for it. */
export function errOf(code: ErrorCode | DenialCause, message: string): Err {
  const [errno, sqlState] = ERRNO[code];
  return { code: errno, sqlState, message };
}

/** The last words to a client, as wire bytes. */
export function farewell(error: GatewayError, sequence: number): Buffer {
  const err = error instanceof ErrnoError ? error.err : errOf(error.code, error.message);
  return packets(encodeErr(err), sequence);
}
