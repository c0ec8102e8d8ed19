import type { Duplex } from 'node:stream';
import { createServer, type SecureContextOptions, type TLSSocket } from 'node:tls';
import { ProtocolError } from '@sallyport/core';
import { tolerateErrors } from './socket-reader.ts';

/** The protocol's name in TLS. https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-SSL */
export const ALPN_PROTOCOL = 'postgresql';

/**
 * The server's side of a TLS handshake on a socket that is already connected. A failed handshake
 * destroys the socket: after it nothing can be said.
 *
 * @param direct the client began with TLS, without asking; then it must name the protocol.
 * @throws ProtocolError, or the signal's reason
 */
export async function acceptTls(socket: Duplex, context: SecureContextOptions, direct: boolean, signal: AbortSignal): Promise<TLSSocket> {
  const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>();
  // A server that listens nowhere: the documented way to TLS on a socket of one's own.
  const server = createServer({ minVersion: 'TLSv1.2', ...context, ALPNProtocols: [ALPN_PROTOCOL] }, resolve);
  server.on('tlsClientError', reject);
  const abort = (): void => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  // TLS does not look for a FIN in its handshake: half open, a client that left would keep its place until the deadline.
  socket.allowHalfOpen = false;
  server.emit('connection', socket);
  try {
    const secured = await promise;
    socket.allowHalfOpen = true;
    tolerateErrors(secured);
    if (!direct || secured.alpnProtocol === ALPN_PROTOCOL) return secured;
  } catch (cause) {
    socket.destroy();
    signal.throwIfAborted();
    throw new ProtocolError('client', `The TLS handshake with the client failed: ${(cause as Error).message}`, { cause });
  } finally {
    signal.removeEventListener('abort', abort);
  }
  socket.destroy();
  throw new ProtocolError('client', `The client began with TLS and did not name the protocol "${ALPN_PROTOCOL}" in it.`);
}
