import { createHash } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { SecureContextOptions } from 'node:tls';
import {
  type FactStore,
  GatewayError,
  type Host,
  type Identity,
  type ScramMaterial,
  type Session,
  type SignIn,
  type Target,
} from '@sallyport/core';
import { type Backoff, type ForwardAuthority, type IdentityService, ProvenRefusal, type SignedIn } from '@sallyport/identity';
import type { Arrival } from './listener.ts';
import type { Logger } from './log.ts';
import type { Metrics } from './metrics.ts';

/** What of a connection the host needs: it may have come through a tunnel. */
export type Caller = Omit<Arrival, 'socket'>;

export interface ConnectionHostParts {
  readonly arrival: Caller;
  /** Whose session the tunnel belongs to that the client came through. */
  readonly through?: SignedIn;
  readonly listener: string;
  readonly targets: readonly Target[];
  readonly tls: Host['tls'];
  readonly identity: IdentityService;
  sshHostKeys(): Promise<readonly string[]>;
  readonly forward: ForwardAuthority | undefined;
  readonly backoff: Backoff;
  readonly facts: FactStore;
  readonly scratch: string;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Checks access, asks for an approval where it needs one, and opens the record. */
  open(signIn: SignIn, signedIn: SignedIn, arrival: Caller): Promise<Session>;
  targetAt(host: string, port: number): Target | undefined;
  isOwnAddress(address: string, port: number): boolean;
  /** Serves a stream of a session as a connection to another target. */
  tunnel(target: string, stream: Duplex, session: Session): Promise<void>;
}

/** What one client connection may ask before it is a session. */
export class ConnectionHost implements Host {
  readonly targets: readonly Target[];
  readonly client: string;
  readonly signal: AbortSignal;
  readonly tls: Host['tls'];
  readonly facts: FactStore;
  readonly scratch: string;
  readonly #parts: ConnectionHostParts;

  constructor(parts: ConnectionHostParts) {
    this.#parts = parts;
    this.targets = parts.targets;
    this.client = parts.arrival.client;
    this.signal = parts.arrival.signal;
    this.tls = parts.tls;
    this.facts = parts.facts;
    this.scratch = parts.scratch;
  }

  async scram(user: string): Promise<ScramMaterial> {
    await this.#parts.backoff.wait(this.client, user, this.signal);
    return this.#parts.identity.scram(user);
  }

  sshHostKeys(): Promise<readonly string[]> {
    return this.#parts.sshHostKeys();
  }

  async forwardCertificate(host: string): Promise<SecureContextOptions> {
    const { forward } = this.#parts;
    if (forward === undefined) throw new GatewayError('ERR_CONFIG', `No target ends the TLS of ${host}.`);
    return forward.certificate(host);
  }

  isOwnAddress(address: string, port: number): boolean {
    return this.#parts.isOwnAddress(address, port);
  }

  provable(user: string, key: Buffer): Buffer {
    return this.#parts.identity.provable({ user, key, address: this.#parts.arrival.address });
  }

  refused(user: string, why: string): void {
    this.#parts.backoff.failed(this.client, user);
    this.#report(user, why);
  }

  async admit(signIn: SignIn): Promise<Session> {
    const { backoff, arrival, through } = this.#parts;
    if (through !== undefined) return this.#enter(signIn, through);
    const guess = guessOf(signIn);
    if (signIn.proof.method === 'password' || signIn.proof.method === 'bearer') await backoff.wait(this.client, guess, this.signal);
    const signedIn = await this.#signIn(signIn);
    backoff.succeeded(this.client, guess);
    arrival.admitted();
    return this.#parts.open(signIn, signedIn, arrival);
  }

  get signedIn(): Identity | undefined {
    return this.#parts.through?.identity;
  }

  targetAt(host: string, port: number): Target | undefined {
    return this.#parts.targetAt(host, port);
  }

  open(target: string, stream: Duplex, session: Session): Promise<void> {
    return this.#parts.tunnel(target, stream, session);
  }

  log(level: 'debug' | 'info' | 'warn' | 'error', message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    this.#parts.log[level]({ client: this.client, ...fields }, message);
  }

  /** Whatever name the client gives: it is who the tunnel belongs to. */
  async #enter(signIn: SignIn, through: SignedIn): Promise<Session> {
    const { identity, arrival } = this.#parts;
    await identity.mayTunnel(through.token, signIn.target.name);
    arrival.admitted();
    return this.#parts.open(signIn, through, arrival);
  }

  /** Tells operators of a refused sign-in. */
  #report(user: string, why: string): void {
    const { log, metrics, listener } = this.#parts;
    metrics.signInsRefused.inc({ listener });
    log.warn({ client: this.client, user: user.slice(0, 128), listener, why }, 'sign-in refused');
  }

  async #signIn(signIn: SignIn): Promise<SignedIn> {
    const { user, proof } = signIn;
    try {
      return await this.#parts.identity.signIn({ user, target: signIn.target.name, proof, address: this.#parts.arrival.address });
    } catch (error) {
      // Who knows the secret of a token that has ended guesses nothing, and must not slow its neighbours.
      if (error instanceof ProvenRefusal) this.#report(user, error.message);
      else if (error instanceof GatewayError && error.code === 'ERR_LOGIN') {
        this.#parts.backoff.failed(this.client, guessOf(signIn));
        this.#report(user, error.message);
      }
      throw error;
    }
  }
}

/**
 * By what attempts of one client are told apart. A bearer token comes without a name: whoever guesses is slowed by address,
 * and whoever shows a good one from the same address is not.
 */
function guessOf({ user, proof }: SignIn): string {
  return proof.method === 'bearer' ? createHash('sha256').update(proof.secret).digest('hex') : user;
}
