import type { Duplex } from 'node:stream';
import { GatewayError } from './errors.ts';
import type { Side } from './frame.ts';

/**
 * Reads a socket piece by piece, for the part of a session that is a script: sign-in, login, the
 * gateway's own queries. What nobody asked for stays in the socket, where the next reader, or TLS,
 * finds it; so there are no left-over bytes to hand on.
 */
export class SocketReader {
  readonly #socket: Duplex;
  readonly side: Side;
  readonly #signal: AbortSignal;

  /** @param signal ends every wait with its reason. */
  constructor(socket: Duplex, side: Side, signal: AbortSignal) {
    this.#socket = socket;
    this.side = side;
    this.#signal = signal;
  }

  /** Bytes that have arrived and that nobody has read. */
  get waiting(): number {
    return this.#socket.readableLength;
  }

  /** @throws GatewayError ERR_ENDED when the peer ends first, or the signal's reason */
  async bytes(length: number): Promise<Buffer> {
    const socket = this.#socket;
    const parts: Buffer[] = [];
    for (let missing = length; missing > 0; ) {
      this.#signal.throwIfAborted();
      // Taking what there is, and never more, leaves the socket empty before each wait: with bytes
      // in it, it would call itself readable again and again.
      const part = socket.read(Math.min(missing, socket.readableLength)) as Buffer | null;
      if (part !== null) {
        parts.push(part);
        missing -= part.length;
      } else if (socket.readableEnded || socket.destroyed) throw this.#ended();
      else await this.#change();
    }
    return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
  }

  /** The next byte, left in place. */
  async peek(): Promise<number> {
    const byte = await this.bytes(1);
    this.#socket.unshift(byte);
    return byte[0] as number;
  }

  /** Notices the peer's end while nobody reads. `stop` it before anybody does. */
  watchEnd(): { readonly left: AbortSignal; stop(): void } {
    const socket = this.#socket;
    const control = new AbortController();
    const ended = (): void => control.abort(this.#ended());
    const look = (): void => undefined; // a socket that nobody listens to does not look for its end
    socket.on('readable', look).on('end', ended).on('close', ended);
    return {
      left: control.signal,
      stop: () => void socket.off('readable', look).off('end', ended).off('close', ended),
    };
  }

  #ended(): GatewayError {
    return new GatewayError('ERR_ENDED', `The ${this.side} closed the connection.`, { cause: this.#socket.errored });
  }

  /** Waits until the socket has more to read or will never have. */
  #change(): Promise<void> {
    const socket = this.#socket;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const wake = (): void => resolve();
    const abort = (): void => reject(this.#signal.reason);
    const events = ['readable', 'end', 'error', 'close'] as const;
    for (const event of events) socket.on(event, wake);
    this.#signal.addEventListener('abort', abort, { once: true });
    return promise.finally(() => {
      for (const event of events) socket.off(event, wake);
      this.#signal.removeEventListener('abort', abort);
    });
  }
}

/** What arrives from now on is noise: a socket must not fail the process when its peer resets it. */
export function tolerateErrors(socket: Duplex): void {
  socket.on('error', () => undefined);
}
