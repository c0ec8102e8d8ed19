import type { Duplex } from 'node:stream';
import { type Host, ProtocolError } from '@sallyport/core';
import type { BackendKey } from '../codec/session-messages.ts';
import { decodeStartupPacket, MAX_STARTUP_BYTES, type StartupMessage, type StartupPacket } from '../codec/startup-packets.ts';
import { ClientConnection } from './client-connection.ts';
import { startTls } from './client-tls.ts';
import type { MessageReader } from './message-reader.ts';

/** The first byte of a TLS handshake record: a client that does not ask before it begins TLS. */
const TLS_HANDSHAKE = 0x16;
/** Length and code. */
const SMALLEST_PACKET_BYTES = 8;

/** What a client turned out to want. */
export type Opening = { readonly client: ClientConnection; readonly startup: StartupMessage } | { readonly cancel: BackendKey };

/**
 * Talks with a client until it says what it wants: encryption is asked for, in either order and
 * each at most once, then comes a StartupMessage or a CancelRequest, plain or inside TLS.
 *
 * @param onConnection told of the connection, and again once it is inside TLS: where to say errors.
 * @throws ProtocolError
 */
export async function openConversation(socket: Duplex, host: Host, onConnection: (client: ClientConnection) => void): Promise<Opening> {
  let client = new ClientConnection(socket, false, host.signal);
  onConnection(client);
  const secure = async (direct: boolean): Promise<void> => {
    client = new ClientConnection(await startTls(socket, host.tls.context, direct, host.signal), true, host.signal);
    onConnection(client);
  };

  if ((await client.reader.peek()) === TLS_HANDSHAKE) await secure(true);
  for (let gssAsked = false; ; ) {
    const packet = await readStartupPacket(client.reader);
    if (packet.type === 'StartupMessage') return { client, startup: packet };
    if (packet.type === 'CancelRequest') return { cancel: packet };
    if (client.secure || (gssAsked && packet.type === 'GSSENCRequest'))
      throw new ProtocolError('client', `The client sent an ${packet.type} out of turn.`);
    if (packet.type === 'GSSENCRequest') {
      gssAsked = true;
      client.write(Buffer.from('N'));
    } else {
      // Whatever is behind the request was sent before TLS and could be anybody's (CVE-2021-23214).
      if (client.reader.waiting > 0) throw new ProtocolError('client', 'The client sent unencrypted bytes behind its SSLRequest.');
      client.write(Buffer.from('S'));
      await secure(false);
    }
  }
}

async function readStartupPacket(reader: MessageReader): Promise<StartupPacket> {
  const head = await reader.bytes(4);
  const length = head.readInt32BE(0);
  if (length < SMALLEST_PACKET_BYTES || length > MAX_STARTUP_BYTES) {
    throw new ProtocolError(
      'client',
      `The client's first packet claims a length of ${length}: this port speaks PostgreSQL, where it is ${SMALLEST_PACKET_BYTES} to ${MAX_STARTUP_BYTES}.`,
    );
  }
  return decodeStartupPacket(Buffer.concat([head, await reader.bytes(length - 4)]));
}
