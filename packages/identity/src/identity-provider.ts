import { GatewayError } from '@sallyport/core';
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { ProvenRefusal } from './proven-refusal.ts';

// OpenID Connect: https://openid.net/specs/openid-connect-discovery-1_0.html; JWT: RFC 7519, RFC 8725.

/** Whose word counts for people that the configuration does not list. */
export interface ProviderOptions {
  /** URL, exactly as its tokens name it. */
  readonly issuer: string;
  /** Whom its tokens must be meant for. */
  readonly audience: string;
  /** The claim that is the identity's name. */
  readonly userClaim: string;
  /** The claim that lists its groups. */
  readonly groupsClaim: string;
}

/** What the provider says of a person. */
export interface Vouched {
  readonly name: string;
  readonly groups: readonly string[];
  /** Milliseconds since the epoch: the token's `exp`. */
  readonly expiresAt: number;
}

/** Signed by a key that the provider publishes, and by nothing that the gateway could have made itself. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'];
const REQUEST_MS = 5_000;
/** Between two machines' clocks, in seconds. */
const CLOCK_TOLERANCE = 30;
const MAX_GROUPS = 500;
/** As the configuration has it for users, and what e-mail addresses need besides. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._+@-]{0,127}$/;

/** Whether a secret is a JWT by its form: three parts of base64url, the first of them a JSON object. */
export function isJwt(secret: string): boolean {
  return /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/.test(secret);
}

/** An OpenID Connect provider: its keys are fetched when the first token comes, and again when one is signed by a new key. */
export class IdentityProvider {
  readonly #options: ProviderOptions;
  readonly #now: () => number;
  #keys: Promise<JWTVerifyGetKey> | undefined;

  /** @param now milliseconds since the epoch. */
  constructor(options: ProviderOptions, now: () => number) {
    this.#options = options;
    this.#now = now;
  }

  /**
   * Who a JWT speaks of.
   *
   * @throws GatewayError ERR_LOGIN with one sentence; a {@link ProvenRefusal} when the provider did sign it.
   */
  async verify(jwt: string): Promise<Vouched> {
    const { issuer, audience } = this.#options;
    try {
      const { payload } = await jwtVerify(jwt, await this.#published(), {
        issuer,
        audience,
        algorithms: ALGORITHMS,
        requiredClaims: ['exp'],
        clockTolerance: CLOCK_TOLERANCE,
        currentDate: new Date(this.#now()),
      });
      return vouched(payload, this.#options);
    } catch (cause) {
      throw cause instanceof GatewayError ? cause : this.#refusal(cause);
    }
  }

  /** Asks the provider for its keys once; after a failure the next sign-in asks again. */
  #published(): Promise<JWTVerifyGetKey> {
    this.#keys ??= this.#discover().catch((cause: unknown) => {
      this.#keys = undefined;
      throw cause;
    });
    return this.#keys;
  }

  async #discover(): Promise<JWTVerifyGetKey> {
    const { issuer } = this.#options;
    const place = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
    const response = await fetch(place, { signal: AbortSignal.timeout(REQUEST_MS), redirect: 'error' });
    if (!response.ok) throw new Error(`${place} answers ${response.status}`);
    const { issuer: named, jwks_uri: keys } = (await response.json()) as { readonly issuer?: unknown; readonly jwks_uri?: unknown };
    if (named !== issuer) throw new Error(`${place} speaks for another issuer`);
    if (typeof keys !== 'string' || new URL(keys).protocol !== new URL(issuer).protocol)
      throw new Error(`${place} names no place for keys`);
    return createRemoteJWKSet(new URL(keys), { timeoutDuration: REQUEST_MS });
  }

  #refusal(cause: unknown): GatewayError {
    const { issuer, audience } = this.#options;
    if (cause instanceof errors.JWTExpired) {
      const when = new Date((cause.payload.exp ?? 0) * 1000).toISOString();
      return new ProvenRefusal(`This token of ${issuer} expired at ${when}: get a new one there.`);
    }
    if (cause instanceof errors.JWTClaimValidationFailed) {
      const wanted = { iss: ` It must be ${issuer}.`, aud: ` It must be "${audience}".` }[cause.claim] ?? '';
      return new GatewayError('ERR_LOGIN', `This token is not meant for this gateway: its claim "${cause.claim}" does not fit.${wanted}`, {
        cause,
      });
    }
    if (cause instanceof errors.JOSEError && !(cause instanceof errors.JWKSTimeout))
      return new GatewayError('ERR_LOGIN', `This token was not signed by ${issuer}, or it is cut.`, { cause });
    return new GatewayError('ERR_LOGIN', `The identity provider ${issuer} does not answer, so its tokens cannot be checked: try again.`, {
      cause,
    });
  }
}

/** @throws ProvenRefusal where the token is good and says too little. */
function vouched(payload: JWTPayload, { issuer, userClaim, groupsClaim }: ProviderOptions): Vouched {
  const name = payload[userClaim];
  if (typeof name !== 'string' || !NAME.test(name))
    throw new ProvenRefusal(`This token of ${issuer} has no claim "${userClaim}" that could be a user's name.`);
  // Somebody may have put another's address into an account of theirs.
  if (userClaim === 'email' && payload['email_verified'] === false)
    throw new ProvenRefusal(`${issuer} has not verified the address ${name}: have it verified there.`);
  const groups = payload[groupsClaim] ?? [];
  const listed = Array.isArray(groups) && groups.length <= MAX_GROUPS && groups.every((group) => typeof group === 'string');
  if (!listed) throw new ProvenRefusal(`The claim "${groupsClaim}" of this token of ${issuer} is no list of at most ${MAX_GROUPS} names.`);
  return { name, groups: groups as string[], expiresAt: (payload.exp ?? 0) * 1000 };
}
