import type { Target } from '@sallyport/core';
import { narrowed } from '../body/content-coding.ts';
import { isPathOverride } from '../classify/override.ts';
import type { ClientRequest } from '../message/client-request.ts';
import { endToEnd, type Fields, field, type Line, listed, without } from '../message/fields.ts';
import { holdsToken } from '../startup/shown-token.ts';
import { authorityOf } from '../upstream/http1-upstream.ts';

/** The gateway writes these itself, or answers them. */
const OWN: readonly string[] = ['host', 'expect', 'content-length'];
/** Who the client is and where it came from is for the gateway to say; a client could say anything. */
const ORIGIN_CLAIMS: readonly string[] = [
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-forwarded-port',
  'x-real-ip',
];
const DROPPED: ReadonlySet<string> = new Set([...OWN, ...ORIGIN_CLAIMS]);

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
  const sent: Line[] = [['host', authorityOf(target)]];
  for (const line of endToEnd(fields)) {
    const [name, value] = line;
    if (name === tokenHeader || name === signsIn || DROPPED.has(name) || isPathOverride(name)) continue;
    // Whoever shows it twice: libraries send a key in every header that might be the one.
    if (!holdsToken(value)) sent.push(line);
  }
  if (length !== undefined && (length > 0 || field(fields, 'content-length') !== undefined)) sent.push(['content-length', String(length)]);
  if (listed(fields, 'te').includes('trailers')) sent.push(['te', 'trailers']);
  if (credential !== undefined) sent.push(credential);
  return sent;
}

/**
 * The fields for a body of another length, or for an answer that must be readable here.
 *
 * @param length undefined: not known.
 */
export function reframed(fields: Fields, length: number | undefined, plain: boolean): Fields {
  const said = field(fields, 'content-length');
  const sized = said !== undefined || (length ?? 0) > 0;
  if (!plain && said === (length !== undefined && sized ? String(length) : undefined)) return fields;
  const sent: Line[] = [...without(fields, ...(plain ? ['accept-encoding'] : []), 'content-length')];
  if (plain) sent.push(['accept-encoding', narrowed(field(fields, 'accept-encoding'))]);
  if (length !== undefined && sized) sent.push(['content-length', String(length)]);
  return sent;
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
