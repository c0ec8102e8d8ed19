import type { Duplex, Writable } from 'node:stream';
import type { Connection, Session } from 'ssh2';

/** What a peer may make the gateway keep, where ssh2 sets no bound. Private fields, as in private-parts.ts. */

/** Answers and notices that a peer has not read; above that nothing more is read from it. */
const MAX_UNREAD_BYTES = 4 * 1024 * 1024;

interface PrivateChannel {
  readonly incoming: { readonly id: number };
  readonly outgoing: { readonly id: number };
  readonly _client: PrivateConnection;
}

interface PrivateConnection {
  readonly _protocol: { readonly _queue: unknown; channelClose(id: number): void };
  readonly _chanMgr: { remove(id: number): void };
  once(event: 'handshake' | 'close', listener: () => void): void;
  off(event: 'handshake' | 'close', listener: () => void): void;
}

/** While keys change ssh2 queues what is written, without a bound. Resolves when they have. */
export function keysChanged(channel: Writable): Promise<void> | undefined {
  const { _client: client } = channel as unknown as Partial<PrivateChannel>;
  if (client === undefined || client._protocol._queue === undefined) return undefined;
  return new Promise((resolve) => {
    const done = (): void => {
      client.off('handshake', done);
      client.off('close', done);
      resolve();
    };
    client.once('handshake', done);
    client.once('close', done);
  });
}

/** Reads no further from a peer that does not read its answers. Call it when the connection reads already. */
export function boundUnread(socket: Duplex): void {
  socket.on('data', () => {
    if (socket.writableLength <= MAX_UNREAD_BYTES || socket.isPaused()) return;
    socket.pause();
    socket.once('drain', () => socket.resume());
  });
}

/** Answers the end of a channel that never ran anything, and forgets it: ssh2 does neither. */
export function forgetSession(connection: Connection, session: Session): void {
  const { _chanInfo: channel } = session as unknown as { readonly _chanInfo: Pick<PrivateChannel, 'incoming' | 'outgoing'> };
  const { _protocol: protocol, _chanMgr: channels } = connection as unknown as PrivateConnection;
  try {
    protocol.channelClose(channel.outgoing.id);
    channels.remove(channel.incoming.id);
  } catch {
    // The connection is gone, and its channels with it.
  }
}
