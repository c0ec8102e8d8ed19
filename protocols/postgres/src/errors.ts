import { type DenialCause, type ErrorCode, GatewayError } from '@sallyport/core';
import { encodeErrorOrNotice } from './codec/error-fields.ts';

/**
 * The one table from what broke, or why a command does not run, to SQLSTATE.
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
export const SQLSTATE: Readonly<Record<ErrorCode | DenialCause, string>> = {
  ERR_CONFIG: 'F0000', // config_file_error
  ERR_LOGIN: '28P01', // invalid_password
  ERR_ACCESS: '28000', // invalid_authorization_specification
  ERR_TARGET_UNREACHABLE: '08001', // sqlclient_unable_to_establish_sqlconnection
  ERR_TARGET_CLOSED: '08006', // connection_failure
  ERR_TARGET_AUTH: '08004', // sqlserver_rejected_establishment_of_sqlconnection
  ERR_PROTOCOL: '08P01', // protocol_violation
  ERR_RECORDING: '58030', // io_error
  ERR_LIMIT: '53400', // configuration_limit_exceeded
  ERR_ENDED: '57P01', // admin_shutdown
  denied: '42501', // insufficient_privilege
  expired: '42501',
  cancelled: '57014', // query_canceled
};

/** Breakage for which PostgreSQL has a closer SQLSTATE than the table: another database, an unknown setting. */
export class SqlStateError extends GatewayError {
  readonly sqlState: string;

  constructor(code: ErrorCode, sqlState: string, message: string, options?: { readonly cause?: unknown }) {
    super(code, message, options);
    this.name = 'SqlStateError';
    this.sqlState = sqlState;
  }
}

/** The target ended the session with a FATAL of its own, which the client has read. */
export class TargetFatal extends SqlStateError {
  constructor({ code, message }: { readonly code: string; readonly message: string }) {
    super('ERR_TARGET_CLOSED', code, `The target ended the session: ${message} (${code}).`);
    this.name = 'TargetFatal';
  }
}

function sqlStateOf(error: GatewayError): string {
  return error instanceof SqlStateError ? error.sqlState : SQLSTATE[error.code];
}

/** An ErrorResponse as wire bytes. ERROR fails the command, FATAL ends the session. */
export function errorResponse(severity: 'ERROR' | 'FATAL', sqlState: string, message: string, hint?: string, detail?: string): Buffer {
  return encodeErrorOrNotice({ type: 'ErrorResponse', fields: fieldsOf(severity, sqlState, message, hint, detail) });
}

/** A NoticeResponse as wire bytes: legal at any time after AuthenticationOk. */
export function noticeResponse(message: string, hint?: string, detail?: string): Buffer {
  return encodeErrorOrNotice({ type: 'NoticeResponse', fields: fieldsOf('NOTICE', '00000', message, hint, detail) });
}

/** The last words to a client: FATAL, with the error's own sentence; none behind the target's own. */
export function farewell(error: GatewayError): Buffer {
  if (error instanceof TargetFatal) return Buffer.alloc(0);
  return errorResponse('FATAL', sqlStateOf(error), error.message);
}

function fieldsOf(severity: string, sqlState: string, message: string, hint?: string, detail?: string): Map<string, string> {
  const fields = new Map([
    ['S', severity],
    ['V', severity],
    ['C', sqlState],
    ['M', message],
  ]);
  if (detail !== undefined) fields.set('D', detail);
  if (hint !== undefined) fields.set('H', hint);
  // A zero byte would end the field: a rule's message or a driver's text may hold one.
  for (const [field, value] of fields) fields.set(field, value.replaceAll('\0', '\uFFFD'));
  return fields;
}
