import { GatewayError } from '@sallyport/core';

/** Exit statuses by which a program that did not run can be told: the shells' for "cannot execute", and the one below it. */
export const EXIT = { denied: 126, failed: 125 } as const;

/** A line of the gateway's own on a program's stderr; a terminal needs the carriage return. */
export function gatewayLine(text: string, terminal: boolean): Buffer {
  return Buffer.from(terminal ? `\r\nsallyport: ${text}\r\n` : `sallyport: ${text}\n`);
}

/** @returns a GatewayError as it is; anything else is a bug, and its client reads that. */
export function asGatewayError(cause: unknown): GatewayError {
  if (cause instanceof GatewayError) return cause;
  return new GatewayError('ERR_PROTOCOL', 'The session met an internal error and was closed.', { cause });
}
