import { type Fields, field } from './fields.ts';

/** By which a client names the target where several share a listener. */
export const TARGET_HEADER = 'sallyport-target';
/** How many seconds a client would wait at most for an approval before it is told to come back. */
export const WAIT_HEADER = 'sallyport-wait';
/** On an answer: it is the gateway's own, and of this session. */
export const SESSION_HEADER = 'sallyport-session';

/** Milliseconds that a client would wait for an approval; Infinity where it says nothing. */
export function waitOf(fields: Fields): number {
  const seconds = field(fields, WAIT_HEADER);
  return seconds !== undefined && /^\d{1,6}$/.test(seconds) ? Number(seconds) * 1_000 : Number.POSITIVE_INFINITY;
}
