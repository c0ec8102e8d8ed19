import type { Duplex } from 'node:stream';
import type { SecureContextOptions, TLSSocket } from 'node:tls';
import { acceptTls, ProtocolError } from '@sallyport/core';

/** The protocol's name in TLS. https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-SSL */
export const ALPN_PROTOCOL = 'postgresql';

/**
 * TLS with a client, on a socket that is already connected.
 *
 * @param direct the client began with TLS, without asking; then it must name the protocol.
 * @throws ProtocolError, or the signal's reason
 */
export async function startTls(socket: Duplex, context: SecureContextOptions, direct: boolean, signal: AbortSignal): Promise<TLSSocket> {
  const secured = await acceptTls(socket, context, signal, ALPN_PROTOCOL);
  if (!direct || secured.alpnProtocol === ALPN_PROTOCOL) return secured;
  socket.destroy();
  throw new ProtocolError('client', `The client began with TLS and did not name the protocol "${ALPN_PROTOCOL}" in it.`);
}
