import { createHash, timingSafeEqual } from 'node:crypto';
import { GatewayError, type Identity, type TokenRow } from '@sallyport/core';
import { type Backoff, type IdentityService, ProvenRefusal } from '@sallyport/identity';
import type { FastifyRequest } from 'fastify';
import { ApiError } from './error.ts';

/** Who calls: somebody with a gateway token, or who may write data_dir. */
export type Caller = { readonly kind: 'token'; readonly identity: Identity; readonly token: TokenRow } | { readonly kind: 'administrator' };

/** Tells who calls from `Authorization: Bearer`. */
export class Callers {
  readonly #identity: IdentityService;
  readonly #backoff: Backoff;
  readonly #adminHash: Buffer;

  /** @param adminToken from data_dir/admin.token: made anew at each start. */
  constructor(identity: IdentityService, backoff: Backoff, adminToken: string) {
    this.#identity = identity;
    this.#backoff = backoff;
    this.#adminHash = sha256(adminToken);
  }

  /** @throws ApiError unauthenticated */
  async of(request: FastifyRequest): Promise<Caller> {
    const [, bearer] = /^Bearer ([\x21-\x7e]+)$/i.exec(request.headers.authorization ?? '') ?? [];
    if (bearer === undefined) throw new ApiError('unauthenticated', 'Send a gateway token as "Authorization: Bearer sp_…".');
    if (timingSafeEqual(sha256(bearer), this.#adminHash)) return { kind: 'administrator' };
    // No name comes with a bearer: its hash stands for one, so that neighbours do not slow each other.
    const name = sha256(bearer).toString('hex');
    try {
      await this.#backoff.wait(request.ip, name, AbortSignal.timeout(10_000));
      const { identity, token } = await this.#identity.bearer(bearer);
      this.#backoff.succeeded(request.ip, name);
      return { kind: 'token', identity, token };
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      if (error.code === 'ERR_RECORDING') throw new ApiError('unavailable', error.message);
      if (error.code === 'ERR_LOGIN' && !(error instanceof ProvenRefusal)) this.#backoff.failed(request.ip, name);
      throw new ApiError('unauthenticated', error.message);
    }
  }

  /** @throws ApiError where the administrator's own token is no identity. */
  async person(request: FastifyRequest): Promise<Extract<Caller, { kind: 'token' }>> {
    const caller = await this.of(request);
    if (caller.kind === 'token') return caller;
    throw new ApiError('forbidden', 'This acts as somebody: send that person’s gateway token, not the administrator’s.');
  }

  async administrator(request: FastifyRequest): Promise<void> {
    const caller = await this.of(request);
    if (caller.kind !== 'administrator') throw new ApiError('forbidden', 'Only who may read data_dir/admin.token may do this.');
  }
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
