import { type ErrorCode, GatewayError, ProtocolError } from '@sallyport/core';

/** A request that is answered by the gateway itself, with a status of its own. */
export class RequestError extends GatewayError {
  readonly status: number;
  /** A connection of HTTP/1.1 ends with the answer. */
  readonly last: boolean;

  constructor(status: number, code: ErrorCode, message: string, options?: { readonly cause?: unknown; readonly last?: boolean }) {
    super(code, message, options);
    this.name = 'RequestError';
    this.status = status;
    this.last = options?.last ?? false;
  }
}

/** Nobody was let in: the answer challenges. */
export class Unauthorised extends RequestError {
  /**
   * @param last the connection has seen too many of these.
   * @param status 407: at the proxy that the gateway is, rather than at the target in whose place it is.
   */
  constructor(message: string, last: boolean, status: 401 | 407 = 401) {
    super(status, 'ERR_LOGIN', message, { last });
  }
}

/** Status codes: {@link https://www.rfc-editor.org/rfc/rfc9110#section-15 RFC 9110, section 15}. */
const STATUS: Readonly<Record<ErrorCode, number>> = {
  ERR_CONFIG: 500,
  ERR_LOGIN: 401,
  ERR_ACCESS: 403,
  ERR_TARGET_UNREACHABLE: 502,
  ERR_TARGET_CLOSED: 502,
  ERR_TARGET_AUTH: 502,
  ERR_PROTOCOL: 502,
  ERR_RECORDING: 503,
  ERR_LIMIT: 429,
  ERR_ENDED: 403,
};

/** What the client is told of what broke. */
export function statusOf(error: GatewayError): number {
  if (error instanceof RequestError) return error.status;
  return error instanceof ProtocolError && error.side === 'client' ? 400 : STATUS[error.code];
}

/** Anything that was thrown; what nobody expected is for the log and not for the client. */
export function asGatewayError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  return new RequestError(500, 'ERR_PROTOCOL', 'The gateway met an internal error.', { cause: error });
}

export function badRequest(message: string): RequestError {
  return new RequestError(400, 'ERR_PROTOCOL', message);
}

/** The reason of whatever a client's leaving ends. */
export function clientLeft(): GatewayError {
  return new GatewayError('ERR_ENDED', 'The client left.');
}
