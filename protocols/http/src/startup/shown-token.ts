import { type Proof, withoutWholeTokens } from '@sallyport/core';
import { type Fields, field } from '../message/fields.ts';

/** How a client proves who it is, with the header that it did so in. */
export interface ShownToken {
  /** Empty where the token alone says whose it is. */
  readonly user: string;
  readonly proof: Extract<Proof, { readonly method: 'password' | 'bearer' }>;
  /** In lower case: never passed on. */
  readonly header: string;
}

/** User names of Basic that stand for nobody: what tools write where only the password counts. */
const NOBODY: ReadonlySet<string> = new Set(['', 'token', 'x-access-token', 'x-token-auth', 'oauth2', 'git']);
const BASIC = /^basic +([A-Za-z0-9+/_-]+={0,2})$/i;
const BEARER = /^(?:bearer|token) +([!-~]+)$/i;

/**
 * The first proof that a request's headers hold. A header of the target's own choice comes first and `Authorization` last:
 * with another one in place it may be meant for the target.
 * {@link https://www.rfc-editor.org/rfc/rfc7617 RFC 7617}, {@link https://www.rfc-editor.org/rfc/rfc6750 RFC 6750}
 *
 * @param headers in lower case, that hold a bare token.
 */
export function shownToken(fields: Fields, headers: readonly string[]): ShownToken | undefined {
  for (const header of headers) {
    const secret = field(fields, header);
    if (secret !== undefined) return { user: '', proof: { method: 'bearer', secret: secret.replace(BEARER, '$1') }, header };
  }
  for (const header of ['proxy-authorization', 'authorization']) {
    const value = field(fields, header);
    const shown = value === undefined ? undefined : credentialsOf(value, header);
    if (shown !== undefined) return shown;
  }
  return undefined;
}

/** A gateway token stands in the value, as it is or within a password of Basic: it is for nobody but the gateway. */
export function holdsToken(value: string): boolean {
  if (withoutWholeTokens(value) !== value) return true;
  const encoded = BASIC.exec(value)?.[1];
  if (encoded === undefined) return false;
  const pair = Buffer.from(encoded, 'base64').toString();
  return withoutWholeTokens(pair) !== pair;
}

function credentialsOf(value: string, header: string): ShownToken | undefined {
  const [, token] = BEARER.exec(value) ?? [];
  if (token !== undefined) return { user: '', proof: { method: 'bearer', secret: token }, header };
  const [, encoded] = BASIC.exec(value) ?? [];
  if (encoded === undefined) return undefined;
  const pair = Buffer.from(encoded, 'base64').toString();
  const colon = pair.indexOf(':');
  if (colon < 0) return undefined;
  const [user, secret] = [pair.slice(0, colon), pair.slice(colon + 1)];
  if (NOBODY.has(user)) return { user: '', proof: { method: 'bearer', secret: secret === '' ? user : secret }, header };
  // curl -u TOKEN: and libraries that know API keys only.
  return secret === ''
    ? { user: '', proof: { method: 'bearer', secret: user }, header }
    : { user, proof: { method: 'password', secret }, header };
}
