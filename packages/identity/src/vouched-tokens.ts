import { GatewayError, type Identity, type NewEntry, type TokenRow } from '@sallyport/core';
import type { IdentityProvider } from './identity-provider.ts';
import { type OutsideTokenParts, outsideRow } from './outside-token.ts';
import { tokenHash } from './token-text.ts';

const ID_PREFIX = 'jwt_';

/** Whether a row stands for a JWT: then only a provider's word says whose it is. */
export function isVouched({ id }: Pick<TokenRow, 'id'>): boolean {
  return id.startsWith(ID_PREFIX);
}

/** So many of the provider's tokens may be in use at a time. */
const MAX_TOKENS = 100_000;

export interface VouchedTokensParts extends OutsideTokenParts {
  readonly provider: IdentityProvider;
  /** A log entry of the gateway's. */
  entry(type: string, body: Readonly<Record<string, unknown>>): NewEntry;
  /** Names of the configuration's own users: nobody else vouches for them. */
  isLocal(name: string): boolean;
  /** Takes everybody who is vouched for. */
  readonly identities: WeakSet<Identity>;
}

/**
 * The JWTs of an identity provider as tokens of the gateway: a row each, so that their sign-ins are counted, `token list`
 * shows them, `token revoke` ends their sessions, and their sessions end when they do.
 */
export class VouchedTokens {
  readonly #parts: VouchedTokensParts;
  /** By the row's id. */
  readonly #remembered = new Map<string, { readonly identity: Identity; readonly expiresAt: number }>();

  constructor(parts: VouchedTokensParts) {
    this.#parts = parts;
  }

  /** Whom the provider vouched for with this token, since the gateway runs. */
  identity(token: string): Identity | undefined {
    return this.#remembered.get(token)?.identity;
  }

  /** The row of a JWT, made when it first comes. @throws GatewayError ERR_LOGIN when the JWT is not good here */
  async row(jwt: string): Promise<TokenRow> {
    const { provider, entry, isLocal } = this.#parts;
    const { name, groups, expiresAt } = await provider.verify(jwt);
    if (isLocal(name))
      throw new GatewayError('ERR_LOGIN', `${name} is a user of this gateway's own configuration: sign in with a gateway token.`);
    const sha256 = tokenHash(jwt);
    const row = await outsideRow({ prefix: ID_PREFIX, user: name, expiresAt, sha256 }, this.#parts, (id) =>
      entry('token.vouched', { token: id, user: name, by: 'identity provider' }),
    );
    this.#remember(row.id, { identity: { name, kind: 'person', groups }, expiresAt });
    return row;
  }

  /** What has expired is forgotten when it gets crowded: sessions are not, before their token is. */
  #remember(token: string, vouched: { readonly identity: Identity; readonly expiresAt: number }): void {
    if (this.#remembered.size >= MAX_TOKENS) {
      for (const [other, { expiresAt }] of this.#remembered) if (expiresAt <= this.#parts.now()) this.#remembered.delete(other);
      if (this.#remembered.size >= MAX_TOKENS)
        throw new GatewayError('ERR_LIMIT', 'Too many tokens of the identity provider are in use: try again later.');
    }
    this.#parts.identities.add(vouched.identity);
    this.#remembered.set(token, vouched);
  }
}
