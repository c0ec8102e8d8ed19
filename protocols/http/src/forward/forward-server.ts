import { isIP } from 'node:net';
import { GatewayError, type Host, type Target } from '@sallyport/core';
import type { ReachedTarget } from '../upstream/reached-target.ts';
import { type Authority, formatAuthority, parseAuthority } from './authority.ts';
import type { ForwardChoice } from './choose-forward.ts';
import { guardedLookup, pinAddresses } from './pinned-addresses.ts';

/** The port that a Host field means which names none. */
const USUAL_PORT = { https: 443, http: 80 } as const;

/** A server that a client of the forward proxy has asked for, and that a target stands for. */
export class ForwardServer {
  readonly authority: Authority;
  /** As the configuration has it: what access, rules and credentials go by. */
  readonly configured: Target;
  /** The same at the server's own address: what is dialled, and verified. */
  readonly target: ReachedTarget;
  readonly tunnel: boolean;
  readonly #host: Host;
  readonly #exact: boolean;
  #sni: string | undefined;

  constructor(authority: Authority, { target, tunnel, exact }: ForwardChoice, host: Host) {
    this.authority = authority;
    this.configured = target;
    this.tunnel = tunnel;
    this.#host = host;
    this.#exact = exact;
    this.target = {
      ...target,
      ...authority,
      lookup: guardedLookup(authority, { exact, isOwnAddress: (...at) => host.isOwnAddress(...at) }),
    };
  }

  /** `api.github.com:443` */
  get name(): string {
    return formatAuthority(this.authority);
  }

  /** Looks at where the server stands before anything is done for it. @throws as {@link pinAddresses} */
  async check(signal: AbortSignal): Promise<void> {
    const { host, port } = this.authority;
    const known = this.tunnel && !this.#exact ? this.#host.targetAt(host, port) : undefined;
    // Bytes that nobody sees must not be a way round another target's rules and masks.
    if (known !== undefined && known.name !== this.configured.name)
      throw new GatewayError('ERR_ACCESS', `${this.name} is the target ${known.name}, which has rules of its own: reach it there.`);
    await pinAddresses(this.authority, { exact: this.#exact, signal, isOwnAddress: (...at) => this.#host.isOwnAddress(...at) });
  }

  /** The client spoke TLS in the tunnel. @param sni the server that it named there; false: none */
  secured(sni: string | false | null | undefined): void {
    this.#sni = typeof sni === 'string' ? sni.toLowerCase() : '';
  }

  /**
   * Why a request does not belong on a connection to this server: whoever signed in for one host asks it for another, and
   * what was decided for the one would be done at the other. RFC 9110 section 15.5.20
   *
   * @param authority of the request: `Host` or `:authority`.
   */
  misdirected(authority: string): string | undefined {
    const { host, port } = this.authority;
    const wanted = isIP(host) === 0 ? host : '';
    if (this.#sni !== undefined && this.#sni !== wanted)
      return `CONNECT asked for ${this.name}, and TLS for ${this.#sni === '' ? 'no host' : this.#sni}.`;
    const asked = parseAuthority(authority, USUAL_PORT[this.target.tls.mode === 'disable' ? 'http' : 'https']);
    if (asked?.host === host && asked.port === port) return undefined;
    return `The connection is to ${this.name}, and the request is for ${asked === undefined ? 'no host' : formatAuthority(asked)}.`;
  }
}
