import type { CommandResult } from '@sallyport/core';

/** What the record says of how a request ended. */
export function resultOf(command: number, status: number, bytes: number, masked: Readonly<Record<string, number>>): CommandResult {
  const failed = status >= 400;
  return {
    type: 'result',
    command,
    state: failed ? 'failed' : 'completed',
    rows: 0,
    bytes,
    status,
    ...(failed && { error: { code: String(status), message: `the target answered ${status}` } }),
    masked,
  };
}
