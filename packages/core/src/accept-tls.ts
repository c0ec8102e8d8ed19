import type { Duplex } from 'node:stream';
import { createServer, type SecureContextOptions, type TLSSocket } from 'node:tls';
import { ProtocolError } from './errors.ts';
import { tolerateErrors } from './socket-reader.ts';

/**
 * The server's side of a TLS handshake on a socket that is already connected. A failed handshake
 * destroys the socket: after it nothing can be said.
 *
 * @param alpn the protocol's name in TLS, where it has one; several, the preferred one first.
 * @throws ProtocolError, or the signal's reason
 */
export async function acceptTls(
  socket: Duplex,
  context: SecureContextOptions,
  signal: AbortSignal,
  alpn?: string | readonly string[],
): Promise<TLSSocket> {
  const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>();
  // A server that listens nowhere: the documented way to TLS on a socket of one's own.
  const server = createServer(
    { minVersion: 'TLSv1.2', ...context, ...(alpn !== undefined && { ALPNProtocols: typeof alpn === 'string' ? [alpn] : [...alpn] }) },
    resolve,
  );
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
    return secured;
  } catch (cause) {
    socket.destroy();
    signal.throwIfAborted();
    throw new ProtocolError('client', `The TLS handshake with the client failed: ${(cause as Error).message}`, { cause });
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
