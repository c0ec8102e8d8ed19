import { connect as connectTcp, isIP, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import { GatewayError, type Target } from '@sallyport/core';
import { SSL_REQUEST_PACKET } from '../codec/startup-packets.ts';
import { ALPN_PROTOCOL } from './client-tls.ts';
import { SocketReader, tolerateErrors } from './socket-reader.ts';

const KEEP_ALIVE_MS = 30_000;

/** A connection to a target, inside TLS where the target's configuration says so. */
export interface TargetConnection {
  readonly socket: Duplex;
  /** The TLS socket, when there is one: what a channel binding binds to. */
  readonly tls: TLSSocket | undefined;
}

/**
 * Connects, and secures the connection as configured. Nothing falls back to plain text.
 *
 * @throws GatewayError ERR_TARGET_UNREACHABLE, or the signal's reason
 */
export async function connectTarget(target: Target, signal: AbortSignal): Promise<TargetConnection> {
  const socket = await reach(target, signal);
  if (target.tls.mode === 'disable') return { socket, tls: undefined };
  try {
    const tls = await secure(socket, target, signal);
    return { socket: tls, tls };
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** The TCP connection alone. @throws as {@link connectTarget} */
export async function reach(target: Target, signal: AbortSignal): Promise<Socket> {
  signal.throwIfAborted();
  const { host, port } = target;
  const socket = connectTcp({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS });
  try {
    await settled(socket, 'connect', signal);
    return socket;
  } catch (cause) {
    socket.destroy();
    signal.throwIfAborted();
    const why = (cause as NodeJS.ErrnoException).code ?? (cause as Error).message;
    throw unreachable(target, `cannot be reached at ${host}:${port} (${why}): check that it runs, and the target's "address"`, cause);
  }
}

async function secure(socket: Duplex, target: Target, signal: AbortSignal): Promise<TLSSocket> {
  const reader = new SocketReader(socket, 'target', signal);
  socket.write(SSL_REQUEST_PACKET);
  const answer = String.fromCharCode((await reader.bytes(1))[0] as number);
  if (answer !== 'S') throw unreachable(target, 'does not offer TLS: turn it on there, or set its "tls" to disable');
  // Whatever is behind the answer was sent before TLS and could be anybody's (CVE-2021-23222).
  if (reader.waiting > 0) throw unreachable(target, 'sent unencrypted bytes behind its agreement to TLS');
  const tls = connectTls({ socket, ...tlsOptions(target) });
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

export function tlsOptions({ host, tls, credentials }: Target): ConnectionOptions {
  const verify = tls.mode === 'verify-full';
  return {
    host,
    // A server name is a name: TLS has no place for an address.
    ...(isIP(host) === 0 && { servername: host }),
    ALPNProtocols: [ALPN_PROTOCOL],
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
