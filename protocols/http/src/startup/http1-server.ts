import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { clientLeft } from '../errors.ts';
import type { ClientRequest, Reply } from '../message/client-request.ts';
import { type Fields, fieldsOf, flat } from '../message/fields.ts';
import { drained } from './drained.ts';
import { SocketReply } from './socket-reply.ts';

/** What a connection does with what its client sends. */
export interface Http1Handlers {
  request(request: ClientRequest, reply: Reply): Promise<void>;
  /** The connection becomes something else. `head` is what came behind the request. */
  upgrade(request: ClientRequest, reply: Reply, socket: Duplex, head: Buffer): Promise<void>;
  connect(request: ClientRequest, reply: Reply, socket: Duplex, head: Buffer): Promise<void>;
  /** What came is not HTTP, or came too slowly. */
  broken(error: NodeJS.ErrnoException): { readonly status: number; readonly text: string };
}

const LIMITS = {
  maxHeaderSize: 64 * 1024,
  /** For the head of a request, once its first byte is there. */
  headersTimeout: 30_000,
  /** Bodies have an idle limit of their own: large ones take as long as they take. */
  requestTimeout: 0,
  /** Between two requests. A client's own limit is mostly lower: the longer one loses no request to a connection that just closes. */
  keepAliveTimeout: 120_000,
  keepAliveTimeoutBuffer: 5_000,
  connectionsCheckingInterval: 5_000,
} as const;

/** HTTP/1.1 ({@link https://www.rfc-editor.org/rfc/rfc9112 RFC 9112}) for sockets that somebody else accepted. */
export class Http1Server {
  readonly #server: Server;
  readonly #handlers = new WeakMap<Duplex, { readonly handlers: Http1Handlers; last: Promise<void> }>();

  constructor() {
    this.#server = createServer({
      ...LIMITS,
      insecureHTTPParser: false,
      requireHostHeader: true,
      shouldUpgradeCallback: isWebSocket,
    } as Parameters<typeof createServer>[0] & object);
    // It listens nowhere; Node.js watches its time limits from this event on.
    this.#server.emit('listening');
    this.#server.on('request', (message, response) => this.#request(message, response, false));
    this.#server.on('checkContinue', (message, response) => this.#request(message, response, true));
    this.#server.on('checkExpectation', (_message, response) => response.writeHead(417, { connection: 'close' }).end());
    this.#server.on('upgrade', (message, socket, head) => this.#detached(message, socket, head, 'upgrade'));
    this.#server.on('connect', (message, socket, head) => this.#detached(message, socket, head, 'connect'));
    this.#server.on('clientError', (error, socket) => this.#broken(error, socket));
  }

  /** Serves a connection until it closes. */
  async serve(socket: Duplex, handlers: Http1Handlers): Promise<void> {
    const closed = new Promise<void>((resolve) => socket.once('close', resolve));
    const entry = { handlers, last: Promise.resolve() };
    this.#handlers.set(socket, entry);
    this.#server.emit('connection', socket);
    await closed;
    await entry.last;
  }

  close(): void {
    this.#server.close();
  }

  /** One after the other: what a client pipelines must reach the target in its order. */
  #request(message: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void {
    const entry = this.#handlers.get(message.socket);
    if (entry === undefined) return void message.socket.destroy();
    const reply = new Http1Reply(response);
    entry.last = entry.last.then(() => entry.handlers.request(requestOf(message, expectsContinue), reply));
  }

  #detached(message: IncomingMessage, socket: Duplex, head: Buffer, how: 'upgrade' | 'connect'): void {
    const entry = this.#handlers.get(message.socket);
    if (entry === undefined) return void socket.destroy();
    const reply = new SocketReply(socket);
    entry.last = entry.last.then(() => entry.handlers[how](requestOf(message, false), reply, socket, head));
  }

  #broken(error: NodeJS.ErrnoException, socket: Duplex): void {
    const { status, text } = this.#handlers.get(socket)?.handlers.broken(error) ?? { status: 400, text: '' };
    const answering = (socket as { readonly _httpMessage?: ServerResponse })._httpMessage?.headersSent === true;
    if (socket.writable && !answering && error.code !== 'ECONNRESET') {
      const body = Buffer.from(text);
      socket.end(
        `HTTP/1.1 ${status} ${status === 408 ? 'Request Timeout' : 'Bad Request'}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${text}`,
      );
    }
    socket.destroySoon?.();
    if (socket.destroySoon === undefined) socket.destroy();
  }
}

declare module 'node:stream' {
  interface Duplex {
    /** Of sockets: destroys once what was written is out. */
    destroySoon?(): void;
  }
}

/** Everything else that asks for an upgrade is served as if it had not: RFC 9110 section 7.8. */
function isWebSocket({ method, headers }: IncomingMessage): boolean {
  return method === 'GET' && headers.upgrade?.trim().toLowerCase() === 'websocket';
}

function requestOf(message: IncomingMessage, expectsContinue: boolean): ClientRequest {
  const fields = fieldsOf(message.rawHeaders);
  const { 'content-length': length, 'transfer-encoding': coding } = message.headers;
  return {
    version: message.httpVersion === '1.0' ? '1.0' : '1.1',
    method: message.method ?? '',
    target: message.url ?? '',
    authority: message.headers.host ?? '',
    fields,
    length: coding !== undefined ? undefined : Number(length ?? 0),
    body: message,
    expectsContinue,
  };
}

class Http1Reply implements Reply {
  readonly left: AbortSignal;
  readonly #response: ServerResponse;
  readonly #gone = new AbortController();

  constructor(response: ServerResponse) {
    this.#response = response;
    this.left = this.#gone.signal;
    response.once('close', () => {
      if (!response.writableFinished) this.#gone.abort(clientLeft());
    });
  }

  get started(): boolean {
    return this.#response.headersSent;
  }

  continue(): void {
    this.#response.writeContinue();
  }

  head(status: number, fields: Fields, end = false): void {
    if (this.#response.destroyed) return;
    this.#response.sendDate = !fields.some(([name]) => name === 'date');
    this.#response.writeHead(status, flat(fields));
    if (end) this.#response.end();
  }

  flush(): void {
    this.#response.flushHeaders();
  }

  write(chunk: Buffer): boolean {
    return this.#response.write(chunk);
  }

  drained(): Promise<void> {
    return drained(this.#response, this.left);
  }

  end(last?: Buffer, trailers: Fields = []): void {
    if (trailers.length > 0) this.#response.addTrailers(trailers.map(([name, value]): [string, string] => [name, value]));
    if (last === undefined) this.#response.end();
    else this.#response.end(last);
  }

  destroy(): void {
    this.#response.destroy();
  }
}
