import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider, { type Adapter } from 'oidc-provider';

/** Whom a token speaks of. */
interface OidcClaims {
  readonly email?: string;
  readonly email_verified?: boolean;
  readonly groups?: unknown;
}

/** A real OpenID Connect provider on 127.0.0.1. */
export interface OidcServer {
  readonly issuer: string;
  /** A JWT signed by it. @param lifetime in seconds. */
  token(claims: OidcClaims, options?: { readonly audience?: string; readonly lifetime?: number }): Promise<string>;
  stop(): Promise<void>;
}

const nothing = (): Promise<undefined> => Promise.resolve(undefined);
/** A JWT needs no place on the provider's side. */
const NOTHING_KEPT: Adapter = {
  upsert: nothing,
  find: nothing,
  findByUserCode: nothing,
  findByUid: nothing,
  consume: nothing,
  destroy: nothing,
  revokeByGrantId: nothing,
};

/** Starts one whose tokens are meant for `sallyport`. */
export async function startOidc(): Promise<OidcServer> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const secret = randomBytes(16).toString('hex');
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  let asked: { readonly claims: OidcClaims; readonly audience: string; readonly lifetime: number } | undefined;
  const provider = new Provider(issuer, {
    adapter: () => NOTHING_KEPT,
    ttl: { ClientCredentials: () => asked?.lifetime ?? 1 },
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kty: 'EC', kid: 'one', alg: 'ES256', use: 'sig' }] },
    clients: [
      {
        client_id: 'sallyport',
        client_secret: secret,
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
        id_token_signed_response_alg: 'ES256',
      },
    ],
    extraTokenClaims: () => ({ ...asked?.claims }),
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => 'urn:sallyport',
        getResourceServerInfo: () => ({
          scope: '',
          audience: asked?.audience ?? '',
          accessTokenFormat: 'jwt',
          accessTokenTTL: asked?.lifetime ?? 1,
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
  });
  const answer = provider.callback();
  server.on('request', (request, response) => void answer(request, response));
  return {
    issuer,
    async token(claims, { audience = 'sallyport', lifetime = 3600 } = {}) {
      asked = { claims, audience, lifetime };
      const response = await fetch(`${issuer}/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${Buffer.from(`sallyport:${secret}`).toString('base64')}` },
        body: new URLSearchParams({ grant_type: 'client_credentials' }),
      });
      const body = (await response.json()) as { readonly access_token?: string };
      if (body.access_token === undefined) throw new Error(`The provider made no token: ${JSON.stringify(body)}`);
      return body.access_token;
    },
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
