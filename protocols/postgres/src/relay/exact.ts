import { GatewayError } from '@sallyport/core';

/** NAMEDATALEN - 1: the target cuts longer names of statements and portals, so two could be one. */
const MAX_NAME_BYTES = 63;

/**
 * A text that was decoded must be the bytes that are forwarded. Bytes that are no UTF-8 become
 * U+FFFD, and two different names or texts would look alike.
 *
 * @throws GatewayError when `raw` is not what `encode` makes of the decoded message
 */
export function requireExact(text: string, encode: () => Buffer, raw: Buffer): void {
  if (!text.includes('\uFFFD') || encode().equals(raw)) return;
  throw new GatewayError('ERR_PROTOCOL', 'The client sent a text that is not valid UTF-8: set client_encoding to UTF8.');
}

/** @throws GatewayError for a statement or portal name that the target could take for another one */
export function requireName(name: string): void {
  if (name.includes('\uFFFD')) throw new GatewayError('ERR_PROTOCOL', 'The client sent a name that is not valid UTF-8.');
  if (Buffer.byteLength(name) <= MAX_NAME_BYTES) return;
  throw new GatewayError('ERR_LIMIT', `A prepared statement or portal has a name of more than ${MAX_NAME_BYTES} bytes: use shorter names.`);
}
