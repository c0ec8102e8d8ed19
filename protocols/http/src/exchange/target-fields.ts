import type { Target } from '@sallyport/core';
import { narrowed } from '../body/content-coding.ts';
import { isPathOverride } from '../classify/override.ts';
import type { ClientRequest } from '../message/client-request.ts';
import { endToEnd, type Fields, field, listed, without } from '../message/fields.ts';
import { holdsToken } from '../startup/shown-token.ts';
import { authorityOf } from '../upstream/http1-upstream.ts';

/** Who the client is and where it came from is for the gateway to say; a client could say anything. */
const ORIGIN_CLAIMS: readonly string[] = [
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-forwarded-port',
  'x-real-ip',
];

/**
 * The fields of a request as they go to the target: nothing of the client's connection, no gateway token, the target's own
 * credential in place.
 *
 * @param tokenHeader where the client showed its token, in lower case.
 */
export function targetFields(request: ClientRequest, target: Target, tokenHeader: string): Fields {
  const { fields, length } = request;
  const credential = credentialField(target);
  const signsIn = credential?.[0];
  const kept = endToEnd(fields).filter(
    ([name, value]) =>
      name !== 'host' &&
      name !== 'expect' &&
      name !== 'content-length' &&
      name !== tokenHeader &&
      name !== signsIn &&
      !isPathOverride(name) &&
      !holdsToken(value), // whoever shows it twice: libraries send a key in every header that might be the one
  );
  const trailers = listed(fields, 'te').includes('trailers');
  return [
    ['host', authorityOf(target)],
    ...without(kept, ...ORIGIN_CLAIMS),
    ...(length !== undefined && (length > 0 || field(fields, 'content-length') !== undefined)
      ? [['content-length', String(length)] as const]
      : []),
    ...(trailers ? [['te', 'trailers'] as const] : []),
    ...(credential === undefined ? [] : [credential]),
  ];
}

/**
 * The fields for a body of another length, or for an answer that must be readable here.
 *
 * @param length undefined: not known.
 */
export function reframed(fields: Fields, length: number | undefined, plain: boolean): Fields {
  const kept = without(fields, ...(plain ? ['accept-encoding'] : []), 'content-length');
  const sized = field(fields, 'content-length') !== undefined || (length ?? 0) > 0;
  return [
    ...kept,
    ...(plain ? [['accept-encoding', narrowed(field(fields, 'accept-encoding'))] as const] : []),
    ...(length !== undefined && sized ? [['content-length', String(length)] as const] : []),
  ];
}

/** What signs the gateway in at the target. */
export function credentialField({ credentials }: Target): readonly [name: string, value: string] | undefined {
  const { username, password = '', token, header } = credentials;
  if (token !== undefined) return header === undefined ? ['authorization', `Bearer ${token}`] : [header.toLowerCase(), token];
  return username === '' ? undefined : basicField(username, password);
}

/** {@link https://www.rfc-editor.org/rfc/rfc7617 RFC 7617} */
export function basicField(user: string, password: string): readonly [name: string, value: string] {
  return ['authorization', `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`];
}
