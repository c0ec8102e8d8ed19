import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { GatewayError } from '@sallyport/core';
import { PendingSignIns } from './pending-sign-ins.ts';

/** How long a client may take from its first byte to being signed in. */
const SIGN_IN_MS = 60_000;
/** How long a protocol has for its last words to a client whose sign-in was ended. */
const LAST_WORDS_MS = 3_000;
const KEEP_ALIVE_MS = 30_000;

/** A client that has connected and has not signed in. */
export interface Arrival {
  readonly socket: Socket;
  /** `127.0.0.1:53312` */
  readonly client: string;
  readonly address: string;
  /** Aborted when sign-in took too long, had to make room for newer ones, or the listener closes. */
  readonly signal: AbortSignal;
  /** Takes the connection out of the sign-in limits: it has become a session. */
  admitted(): void;
}

/**
 * One TCP address. A silent socket holds one of a bounded number of places for a bounded time and
 * nothing else, so it blocks nobody.
 */
export class Listener {
  readonly address: string;
  readonly #server: Server;
  readonly #pending = new PendingSignIns();
  readonly #closing = new AbortController();
  readonly #open = new Set<Promise<void>>();

  /** @param serve carries a connection to its end; what it rejects with is given to `failed`. */
  constructor(address: string, serve: (arrival: Arrival) => Promise<void>, failed: (error: unknown, client: string) => void) {
    this.address = address;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS }, (socket) => {
      const done = this.#carry(socket, serve, failed).finally(() => this.#open.delete(done));
      this.#open.add(done);
    });
  }

  /** @throws GatewayError ERR_CONFIG when the address cannot be had. */
  async listen(): Promise<void> {
    const { host, port } = splitAddress(this.address);
    this.#server.listen({ host, port });
    try {
      await once(this.#server, 'listening');
    } catch (cause) {
      const why = (cause as NodeJS.ErrnoException).code === 'EADDRINUSE' ? 'another program listens there' : (cause as Error).message;
      throw new GatewayError('ERR_CONFIG', `Cannot listen on ${this.address}: ${why}. Choose another address under \`listen\`.`, { cause });
    }
  }

  /** Takes no more clients and ends those that have not signed in. Sessions go on. */
  stop(): void {
    this.#closing.abort(new GatewayError('ERR_ENDED', 'The gateway is shutting down. Connect again in a moment.'));
    this.#server.close();
  }

  /** Resolves when the last connection has ended. */
  async ended(): Promise<void> {
    while (this.#open.size > 0) await Promise.allSettled(this.#open);
  }

  async #carry(
    socket: Socket,
    serve: (arrival: Arrival) => Promise<void>,
    failed: (error: unknown, client: string) => void,
  ): Promise<void> {
    const address = socket.remoteAddress ?? 'unknown';
    const client = `${address.includes(':') ? `[${address}]` : address}:${socket.remotePort ?? 0}`;
    // A reset may come at any time, also before the protocol listens.
    socket.on('error', () => undefined);
    const signIn = new AbortController();
    const place = this.#hold(socket, address, signIn);
    const closing = (): void => signIn.abort(this.#closing.signal.reason);
    this.#closing.signal.addEventListener('abort', closing, { once: true });
    const left = (): void => signIn.abort(new GatewayError('ERR_LOGIN', 'The client left before it had signed in.'));
    socket.once('end', left).once('close', left);
    signIn.signal.addEventListener('abort', () => setTimeout(() => socket.destroy(), LAST_WORDS_MS).unref());
    const admitted = (): void => {
      place();
      socket.off('end', left).off('close', left);
      this.#closing.signal.removeEventListener('abort', closing);
    };
    try {
      await serve({ socket, client, address, signal: signIn.signal, admitted });
    } catch (error) {
      failed(error, client);
    } finally {
      admitted();
      socket.destroy();
    }
  }

  /** Takes a place among the connections that have not signed in; the returned function gives it back. */
  #hold(socket: Socket, address: string, signIn: AbortController): () => void {
    const tooSlow = setTimeout(() => {
      signIn.abort(new GatewayError('ERR_LOGIN', `Sign-in took longer than ${SIGN_IN_MS / 1000} seconds. Connect again.`));
    }, SIGN_IN_MS);
    const leave = this.#pending.enter(address, (error) => {
      clearTimeout(tooSlow);
      signIn.abort(error);
      socket.destroy(); // without last words: its place is taken already
    });
    return () => {
      clearTimeout(tooSlow);
      leave();
    };
  }
}

/** `127.0.0.1:8420`, `[::1]:8420` → host and port. */
export function splitAddress(address: string): { readonly host: string; readonly port: number } {
  const colon = address.lastIndexOf(':');
  return { host: address.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(address.slice(colon + 1)) };
}
