import type { Side } from './frame.ts';
import { withoutTokens } from './token-shape.ts';

/** What broke. Each protocol maps these, in one table, to its own SQLSTATE, errno or status. */
export type ErrorCode =
  | 'ERR_CONFIG' // the configuration is wrong
  | 'ERR_LOGIN' // the client did not prove who it is
  | 'ERR_ACCESS' // known, but not allowed to reach this target
  | 'ERR_TARGET_UNREACHABLE' // no connection to the target
  | 'ERR_TARGET_CLOSED' // the target ended the session, or its connection was cut
  | 'ERR_TARGET_AUTH' // the target refused the gateway's own login
  | 'ERR_PROTOCOL' // bytes that are not the protocol
  | 'ERR_RECORDING' // the record could not be kept
  | 'ERR_LIMIT' // a bound was reached
  | 'ERR_ENDED'; // the session was ended: revoked, killed, shut down

/** Breakage. A denial is no error: it is a {@link Ruling}. */
export class GatewayError extends Error {
  readonly code: ErrorCode;

  /** @param message one sentence for the person at the client: what, where, how to mend. Gateway tokens in it are blanked. */
  constructor(code: ErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(withoutTokens(message), options);
    this.name = 'GatewayError';
    this.code = code;
  }
}

/** Bytes that break the protocol, and who sent them. The only error a decoder throws. */
export class ProtocolError extends GatewayError {
  readonly side: Side;

  constructor(side: Side, message: string, options?: { readonly cause?: unknown }) {
    super('ERR_PROTOCOL', message, options);
    this.name = 'ProtocolError';
    this.side = side;
  }
}

/** What was stored is no whole record any more: cut off, overwritten, or something else. */
export class DamageError extends GatewayError {
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super('ERR_RECORDING', message, options);
    this.name = 'DamageError';
  }
}
