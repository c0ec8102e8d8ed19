import type { Duplex } from 'node:stream';
import { type GatewayError, tolerateErrors } from '@sallyport/core';
import { packets } from '../codec/bytes.ts';
import { farewell } from '../errors.ts';
import { PacketReader } from './packet-reader.ts';

/** How long a client may take to close after the last words. */
const CLOSE_GRACE_MS = 3_000;
/** What a server takes while a client signs in: a JWT fits. */
const MAX_SIGN_IN_BYTES = 64 * 1024;

/** A client's socket while it signs in. */
export class ClientConnection {
  readonly socket: Duplex;
  readonly reader: PacketReader;
  /** TLS, with the gateway's own certificate. */
  readonly secure: boolean;
  /** Number of the next packet, whichever side sends it. */
  #sequence: number;

  constructor(socket: Duplex, secure: boolean, signal: AbortSignal, sequence = 0) {
    this.socket = socket;
    this.secure = secure;
    this.reader = new PacketReader(socket, 'client', signal);
    this.#sequence = sequence;
    tolerateErrors(socket);
  }

  send(payload: Buffer): void {
    if (this.socket.writable) this.socket.write(packets(payload, this.#sequence));
    this.#sequence += 1;
  }

  async receive(): Promise<Buffer> {
    const { sequence, payload } = await this.reader.packet(MAX_SIGN_IN_BYTES);
    this.#sequence = sequence + 1;
    return payload;
  }

  /** Says why, and closes. A client that does not close then is cut off. */
  refuse(error: GatewayError): void {
    const { socket } = this;
    if (!socket.writable) {
      socket.destroy();
      return;
    }
    socket.end(farewell(error, this.#sequence));
    socket.resume();
    const cut = setTimeout(() => socket.destroy(), CLOSE_GRACE_MS);
    socket.once('close', () => clearTimeout(cut));
  }
}
