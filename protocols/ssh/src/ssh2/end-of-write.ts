import type { Channel, ClientChannel, Connection } from 'ssh2';
import { sendPayload } from './private-parts.ts';

/**
 * `eow@openssh.com`: a client reads no more of a program's output, as ssh's does in `ssh host yes | head`. Without it a
 * program runs on for nobody. https://github.com/openssh/openssh-portable/blob/master/PROTOCOL section 2.1
 */
const END_OF_WRITE = 'eow@openssh.com';
const CHANNEL_REQUEST = 98;

type OnRequest = (protocol: unknown, channel: number, type: string, ...rest: readonly unknown[]) => void;

interface Private {
  readonly _protocol: { readonly _handlers: { CHANNEL_REQUEST: OnRequest } };
  readonly _chanMgr: { get(channel: number): { readonly _channel?: NodeJS.EventEmitter } | undefined };
}

/** ssh2 drops such requests: the channels of this connection emit `eow` for them. */
export function emitEndOfWrite(connection: Connection): void {
  const { _protocol: protocol, _chanMgr: channels } = connection as unknown as Private;
  const known = protocol._handlers.CHANNEL_REQUEST;
  protocol._handlers.CHANNEL_REQUEST = (self, channel, type, ...rest) => {
    if (type === END_OF_WRITE) channels.get(channel)?._channel?.emit('eow');
    else known(self, channel, type, ...rest);
  };
}

/** Tells the other side of a channel that nobody reads what it writes. It may be ignored. */
export function sendEndOfWrite(channel: ClientChannel | Channel): void {
  const { _client: connection, outgoing } = channel as unknown as { readonly _client: Connection; readonly outgoing: { id: number } };
  const payload = Buffer.alloc(1 + 4 + 4 + END_OF_WRITE.length + 1); // the last byte: no answer is wanted
  payload.writeUInt8(CHANNEL_REQUEST);
  payload.writeUInt32BE(outgoing.id, 1);
  payload.writeUInt32BE(END_OF_WRITE.length, 5);
  payload.write(END_OF_WRITE, 9, 'latin1');
  sendPayload(connection, payload);
}
