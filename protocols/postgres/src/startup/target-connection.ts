import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { reach, SocketReader, secureTarget, type Target, unreachable } from '@sallyport/core';
import { SSL_REQUEST_PACKET } from '../codec/startup-packets.ts';
import { ALPN_PROTOCOL } from './client-tls.ts';

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

async function secure(socket: Duplex, target: Target, signal: AbortSignal): Promise<TLSSocket> {
  const reader = new SocketReader(socket, 'target', signal);
  socket.write(SSL_REQUEST_PACKET);
  const answer = String.fromCharCode((await reader.bytes(1))[0] as number);
  if (answer !== 'S') throw unreachable(target, 'does not offer TLS: turn it on there, or set its "tls" to disable');
  // Whatever is behind the answer was sent before TLS and could be anybody's (CVE-2021-23222).
  if (reader.waiting > 0) throw unreachable(target, 'sent unencrypted bytes behind its agreement to TLS');
  return secureTarget(socket, target, signal, ALPN_PROTOCOL);
}
