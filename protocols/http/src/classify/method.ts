import type { CommandClass } from '@sallyport/core';

const READS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
const WRITES: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

/**
 * RFC 9110 section 9 and RFC 5789; CONNECT leads anywhere. What others do hangs on the server; TRACE would show the
 * client the target's credential.
 */
export function classOfMethod(method: string): CommandClass {
  if (READS.has(method)) return 'read';
  if (WRITES.has(method)) return 'write';
  return method === 'CONNECT' ? 'admin' : 'unknown';
}

/** Only writes are more than reading to the APIs that are known. */
export function isRead(method: string): boolean {
  return READS.has(method);
}
