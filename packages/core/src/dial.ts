import { connect as connectTcp, isIP, type LookupFunction, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import { GatewayError } from './errors.ts';
import { LentMemory } from './lent-memory.ts';
import type { Target } from './protocol.ts';

import { tolerateErrors } from './socket-reader.ts';

const KEEP_ALIVE_MS = 30_000;
/** The most that one read of a target's socket brings. */
export const READ_BYTES = 256 * 1024;
/**
 * What all sockets of targets are read into, before it is copied out at once. Left to itself Node.js
 * allocates 64 KiB for each read, however little comes, and reads no more than that.
 */
const arrived = Buffer.allocUnsafeSlow(READ_BYTES);

/**
 * A TCP connection to a target.
 *
 * @param options `allowHalfOpen`: a target that has ended may still be written to. `lookup`: who is asked for its address.
 * `kept`: what is read is kept for longer than the pump needs it, and never given back.
 * @throws GatewayError ERR_TARGET_UNREACHABLE or what `lookup` failed with; the signal's reason
 */
export async function reach(
  target: Target,
  signal: AbortSignal,
  options: { readonly allowHalfOpen?: boolean; readonly lookup?: LookupFunction | undefined; readonly kept?: boolean } = {},
): Promise<Socket> {
  signal.throwIfAborted();
  const { host, port } = target;
  const { kept = false, ...tcp } = options;
  const memory = new LentMemory();
  const onread = {
    buffer: arrived,
    callback: (length: number): boolean => {
      const read = arrived.subarray(0, length);
      return socket.push(kept ? Buffer.from(read) : memory.copy(read, READ_BYTES));
    },
  };
  const socket = connectTcp({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS, onread, ...tcp });
  try {
    await settled(socket, 'connect', signal);
    return socket;
  } catch (cause) {
    socket.destroy();
    signal.throwIfAborted();
    if (cause instanceof GatewayError) throw cause;
    const why = (cause as NodeJS.ErrnoException).code ?? (cause as Error).message;
    throw unreachable(target, `cannot be reached at ${host}:${port} (${why}): check that it runs, and the target's "address"`, cause);
  }
}

/**
 * TLS on a connection to a target that has agreed to it, checked as the target's configuration says.
 *
 * @throws GatewayError ERR_TARGET_UNREACHABLE, or the signal's reason
 */
export async function secureTarget(socket: Duplex, target: Target, signal: AbortSignal, alpn?: string): Promise<TLSSocket> {
  const tls = connectTls({ socket, ...tlsOptions(target, alpn) });
  try {
    await settled(tls, 'secureConnect', signal);
    return tls;
  } catch (cause) {
    signal.throwIfAborted();
    throw unreachable(
      target,
      `did not pass the TLS check (${(cause as Error).message}): check its certificate, and "tls" and "ca" of the target`,
      cause,
    );
  }
}

/** TLS towards a target as its configuration says. @param alpn the protocol's name in TLS, where it has one */
export function tlsOptions({ host, tls, credentials }: Target, alpn?: string): ConnectionOptions {
  const verify = tls.mode === 'verify-full';
  return {
    host,
    // A server name is a name: TLS has no place for an address.
    ...(isIP(host) === 0 && { servername: host }),
    ...(alpn !== undefined && { ALPNProtocols: [alpn] }),
    minVersion: 'TLSv1.2',
    rejectUnauthorized: verify || tls.ca !== undefined,
    ...(!verify && { checkServerIdentity: () => undefined }),
    ...(tls.ca !== undefined && { ca: tls.ca }),
    ...(credentials.certificate !== undefined && { cert: credentials.certificate }),
    ...(credentials.key !== undefined && { key: credentials.key }),
  };
}

/** Waits for `event`. @throws what the socket failed with, or the signal's reason */
export function settled(socket: Duplex, event: 'connect' | 'secureConnect', signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const abort = (): void => reject(signal.reason);
  tolerateErrors(socket);
  socket.once(event, resolve);
  socket.once('error', reject);
  socket.once('close', () => reject(new Error('the connection was closed')));
  signal.addEventListener('abort', abort, { once: true });
  return promise.finally(() => signal.removeEventListener('abort', abort));
}

/** What stands between the gateway and the target, as one sentence. */
export function unreachable(target: Target, what: string, cause?: unknown): GatewayError {
  return new GatewayError('ERR_TARGET_UNREACHABLE', `The target ${target.name} ${what}.`, { cause });
}
