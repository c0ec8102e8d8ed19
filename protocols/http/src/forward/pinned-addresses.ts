import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { GatewayError } from '@sallyport/core';
import { addressKind } from './address-kind.ts';
import { type Authority, formatAuthority } from './authority.ts';

/** Resolvers ask several servers several times; a client's own patience is about as long. */
const LOOKUP_MS = 10_000;
const NEVER = new AbortController().signal;

export interface PinOptions {
  /** The configuration names this very host: then it may stand on a private network. */
  readonly exact: boolean;
  /** Aborted when nobody waits any more. */
  readonly signal: AbortSignal;
  /** Whether the gateway itself listens there. */
  isOwnAddress(address: string, port: number): boolean;
  /** The system's resolver, unless a test has its own. */
  readonly resolve?: (host: string) => Promise<readonly LookupAddress[]>;
}

/**
 * The addresses of a server, asked for once and looked at: what is dialled are these and no others. All must be ones
 * that may be reached, so that a name cannot lead elsewhere by turns.
 *
 * @throws GatewayError ERR_ACCESS for an address that clients may not reach, ERR_TARGET_UNREACHABLE for a name that has none
 */
export async function pinAddresses(authority: Authority, options: PinOptions): Promise<readonly LookupAddress[]> {
  const family = isIP(authority.host);
  const addresses = family === 0 ? await resolved(authority, options) : [{ address: authority.host, family }];
  for (const { address } of addresses) {
    const why = fault(address, authority, options);
    if (why !== undefined) throw new GatewayError('ERR_ACCESS', `${formatAuthority(authority)} ${why}`);
  }
  return addresses;
}

/**
 * A resolver for `net.connect`, and all that stands on it, whose answers have been looked at: what was asked for is what is
 * dialled. An address in place of a name is dialled without asking anybody: {@link pinAddresses} must have seen it before.
 */
export function guardedLookup(authority: Authority, options: Omit<PinOptions, 'signal'>): LookupFunction {
  return (_, { all, family }, done) => {
    const given = (addresses: readonly LookupAddress[]): void => {
      const wanted = addresses.filter((one) => (family === 4 || family === 6 ? one.family === family : true));
      const [first] = wanted;
      if (first === undefined) done(Object.assign(new Error('no address of this family'), { code: 'ENOTFOUND' }), []);
      else if (all === true) done(null, wanted);
      else done(null, first.address, first.family);
    };
    pinAddresses(authority, { ...options, signal: NEVER }).then(given, (error: NodeJS.ErrnoException) => done(error, []));
  };
}

function fault(address: string, { host, port }: Authority, { exact, isOwnAddress }: PinOptions): string | undefined {
  const kind = addressKind(address);
  if (kind === 'none') return `leads to ${address}, which is no server's address.`;
  if (isOwnAddress(address, port)) return `is the gateway itself (${address}).`;
  if (kind === 'metadata' && !(exact && host === address))
    return `leads to ${address}, where clouds tell credentials: only a target that lists this very address reaches it.`;
  if (kind === 'private' && !exact) return `leads to ${address}, a private address: only a target that lists this very host reaches it.`;
  return undefined;
}

async function resolved(authority: Authority, { signal, resolve = ask }: PinOptions): Promise<readonly LookupAddress[]> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(LOOKUP_MS)]);
  const over = Promise.withResolvers<never>();
  const abort = (): void => over.reject(limit.reason);
  limit.addEventListener('abort', abort, { once: true });
  try {
    signal.throwIfAborted();
    const found = await Promise.race([resolve(authority.host), over.promise]);
    if (found.length > 0) return found;
    throw new Error('it has no addresses');
  } catch (cause) {
    signal.throwIfAborted();
    const why = (cause as NodeJS.ErrnoException).code ?? (cause as Error).message;
    throw new GatewayError('ERR_TARGET_UNREACHABLE', `The name ${authority.host} cannot be resolved (${why}).`, { cause });
  } finally {
    limit.removeEventListener('abort', abort);
  }
}

function ask(host: string): Promise<readonly LookupAddress[]> {
  return lookup(host, { all: true });
}
