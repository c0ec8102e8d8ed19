import type { Duplex } from 'node:stream';
import { type GatewayError, tolerateErrors } from '@sallyport/core';
import { farewell } from '../errors.ts';
import { MessageReader } from './message-reader.ts';

/** How long a client may take to close after the last words. */
const CLOSE_GRACE_MS = 3_000;

/** A client's socket while it signs in. */
export class ClientConnection {
  readonly socket: Duplex;
  readonly reader: MessageReader;
  /** TLS, with the gateway's own certificate. */
  readonly secure: boolean;

  constructor(socket: Duplex, secure: boolean, signal: AbortSignal) {
    this.socket = socket;
    this.secure = secure;
    this.reader = new MessageReader(socket, 'client', signal);
    tolerateErrors(socket);
  }

  write(data: Buffer): void {
    if (this.socket.writable) this.socket.write(data);
  }

  /** Says why, and closes. A client that does not close then is cut off. */
  refuse(error: GatewayError): void {
    this.close(farewell(error));
  }

  /** Closes in peace, after the last words if there are any. */
  close(words: Buffer = Buffer.alloc(0)): void {
    const { socket } = this;
    if (!socket.writable) {
      socket.destroy();
      return;
    }
    socket.end(words);
    socket.resume();
    const cut = setTimeout(() => socket.destroy(), CLOSE_GRACE_MS);
    socket.once('close', () => clearTimeout(cut));
  }
}
