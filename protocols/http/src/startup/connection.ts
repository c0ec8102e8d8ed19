import type { Duplex } from 'node:stream';
import { GatewayError, type Host, type Target } from '@sallyport/core';
import { RequestError, Unauthorised } from '../errors.ts';
import type { ProxyClient } from '../forward/proxy-client.ts';
import type { ClientRequest } from '../message/client-request.ts';
import { field } from '../message/fields.ts';
import type { TargetOptions } from '../target-schema.ts';
import { chooseTarget } from './destination.ts';
import { type ShownToken, shownToken } from './shown-token.ts';
import { Visit } from './visit.ts';

/** Wrong proofs on one connection, after which it is closed. */
const MOST_FAILURES = 6;
/** Identities and targets that one connection may be used for: a proxy before us may carry several people. */
const MOST_VISITS = 32;

/** A visit, and what it was opened with. */
interface Opened {
  readonly user: string;
  readonly secret: string;
  readonly target: Target;
  readonly visit: Visit;
}

/** One client's connection: who was let in over it. */
export class Connection {
  readonly host: Host;
  readonly socket: Duplex;
  /** The client speaks TLS with the gateway. */
  readonly secure: boolean;
  /** A client of the forward proxy asked for this server. */
  readonly through: ProxyClient | undefined;
  readonly facts: Readonly<Record<string, string>>;
  readonly #visits = new Map<string, Promise<Visit>>();
  readonly #parts = new Map<string, Connection>();
  readonly #left = new AbortController();
  readonly #tokenHeaders: readonly string[];
  #latest: Opened | undefined;
  #failures = 0;

  constructor(host: Host, socket: Duplex, facts: Readonly<Record<string, string>>, through?: Connection['through']) {
    this.host = host;
    this.socket = socket;
    this.secure = facts['tls'] !== undefined;
    this.through = through;
    this.facts = facts;
    this.#tokenHeaders = tokenHeaders(host);
    socket.once('close', () => this.#left.abort());
  }

  /**
   * The session that a request belongs to: who shows the same proof on the same connection goes on in the same one.
   *
   * @throws RequestError 401 without a proof or with a wrong one; GatewayError ERR_ACCESS and what opening the record throws
   */
  async visit(request: ClientRequest): Promise<Visit> {
    const shown = this.through?.shown ?? shownToken(request.fields, this.#tokenHeaders);
    if (shown === undefined && this.host.signedIn === undefined)
      throw new Unauthorised(
        'Sign in with a gateway token: "Authorization: Bearer sp_…", or your user name and the token as a password.',
        false,
      );
    const token: ShownToken = shown ?? { user: '', proof: { method: 'bearer', secret: '' }, header: 'authorization' };
    const { user, target } =
      this.through === undefined
        ? chooseTarget(request, token, this.host.targets)
        : { user: token.user, target: this.through.server.configured };
    const { secret } = token.proof;
    const latest = this.#latest; // mostly it is one and the same, and is found without a key
    if (latest !== undefined && latest.secret === secret && latest.user === user && latest.target === target && !isOver(latest.visit))
      return latest.visit;
    const key = JSON.stringify([target.name, user, secret]);
    const opening = this.#visits.get(key);
    const visit = await (opening ?? this.#open(key, user, target, token, request));
    if (opening !== undefined && isOver(visit)) return this.visit(request); // it is forgotten by now
    this.#latest = { user, secret, target, visit };
    return visit;
  }

  /** What of this connection is one server's, where each request names its own. Ends with it. */
  part(client: ProxyClient): Connection {
    const key = JSON.stringify([client.server.configured.name, client.server.name, client.shown.user, client.shown.proof.secret]);
    const known = this.#parts.get(key);
    if (known !== undefined) return known;
    if (this.#parts.size >= MOST_VISITS) throw new RequestError(429, 'ERR_LIMIT', `More than ${MOST_VISITS} servers on one connection.`);
    this.socket.setMaxListeners(2 * MOST_VISITS);
    const part = new Connection(this.host, this.socket, { ...this.facts, forward: client.server.name }, client);
    this.#parts.set(key, part);
    return part;
  }

  /** Ends all sessions. What they still do must have been told to end. */
  async close(): Promise<void> {
    this.#left.abort();
    await Promise.all([...this.#parts.values()].map((part) => part.close()));
    const visits = await Promise.allSettled(this.#visits.values());
    for (const visit of visits) if (visit.status === 'fulfilled') await this.#seal(visit.value);
  }

  #open(key: string, user: string, target: Target, token: ShownToken, request: ClientRequest): Promise<Visit> {
    if (this.#visits.size >= MOST_VISITS) throw new RequestError(429, 'ERR_LIMIT', `More than ${MOST_VISITS} sign-ins on one connection.`);
    const opening = this.#admit(user, target, token, request);
    this.#visits.set(key, opening);
    opening.then(
      (visit) => {
        const { signal } = visit.session;
        const forget = (): void => {
          if (this.#visits.get(key) === opening) this.#visits.delete(key);
          void this.#seal(visit).then(() => this.#hangUp());
        };
        if (signal.aborted) forget();
        else signal.addEventListener('abort', forget, { once: true });
      },
      () => this.#visits.delete(key),
    );
    return opening;
  }

  async #admit(user: string, target: Target, token: ShownToken, request: ClientRequest): Promise<Visit> {
    const proof = this.host.signedIn === undefined ? token.proof : ({ method: 'tunnel' } as const);
    const agent = field(request.fields, 'user-agent');
    const facts = { ...this.facts, protocol: `HTTP/${request.version}`, ...(agent !== undefined && { user_agent: agent.slice(0, 256) }) };
    try {
      const session = await this.host.admit({ user, target, proof, facts, left: this.#left.signal });
      return new Visit(session, token.header);
    } catch (error) {
      if (!(error instanceof GatewayError) || error.code !== 'ERR_LOGIN') throw error;
      this.#failures += 1;
      throw new Unauthorised(error.message, this.#failures >= MOST_FAILURES, this.through === undefined ? 401 : 407);
    }
  }

  /** An idle client would stay for as long as it likes, and with it a gateway that is to stop. */
  #hangUp(): void {
    if (this.#visits.size > 0) return;
    if (this.socket.destroySoon === undefined) this.socket.destroy();
    else this.socket.destroySoon(); // what was answered last goes out first
  }

  async #seal(visit: Visit): Promise<void> {
    await visit.end().catch((cause: unknown) => this.host.log('error', 'A session could not be sealed.', { err: cause }));
  }
}

function tokenHeaders({ targets }: Host): readonly string[] {
  const headers = targets.flatMap(({ options }) => (options as TargetOptions).token_header?.toLowerCase() ?? []);
  return [...new Set(headers)];
}

function isOver({ session }: Visit): boolean {
  return session.signal.aborted;
}
