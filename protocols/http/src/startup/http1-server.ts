import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ClientRequest, Reply } from '../message/client-request.ts';
import { type Fields, field, fieldsOf, flat } from '../message/fields.ts';
import { Departing } from './departing.ts';
import { drained } from './drained.ts';
import { Http1Connection } from './http1-connection.ts';
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
  readonly #connections = new WeakMap<Duplex, Http1Connection<Http1Handlers>>();

  constructor() {
    this.#server = createServer({
      ...LIMITS,
      insecureHTTPParser: false,
      requireHostHeader: false, // framing says so, in its turn
      shouldUpgradeCallback: isWebSocket,
    } as Parameters<typeof createServer>[0] & object);
    // It listens nowhere; Node.js watches its time limits from this event on.
    this.#server.emit('listening');
    this.#server.on('request', (message, response) => this.#request(message, response, false));
    this.#server.on('checkContinue', (message, response) => this.#request(message, response, true));
    this.#server.on('checkExpectation', (message, response) => this.#request(message, response, false));
    this.#server.on('upgrade', (message, socket, head) => this.#detached(message, socket, head, 'upgrade'));
    this.#server.on('connect', (message, socket, head) => this.#detached(message, socket, head, 'connect'));
    this.#server.on('clientError', (error, socket) => this.#broken(error, socket));
  }

  /** Serves a connection until it closes. */
  async serve(socket: Duplex, handlers: Http1Handlers): Promise<void> {
    const closed = new Promise<void>((resolve) => socket.once('close', resolve));
    const connection = new Http1Connection(handlers, socket);
    this.#connections.set(socket, connection);
    this.#server.emit('connection', socket);
    await closed;
    await connection.idle;
  }

  close(): void {
    this.#server.close();
  }

  #request(message: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void {
    const connection = this.#connections.get(message.socket);
    if (connection?.expect(response) !== true) return void message.socket.destroy();
    // Behind an upgrade that is not followed the parser has lost its place.
    if (message.headers.upgrade !== undefined) response.shouldKeepAlive = false;
    const reply = new Http1Reply(response, connection);
    connection.run(message, () => connection.handlers.request(requestOf(message, expectsContinue), reply));
  }

  #detached(message: IncomingMessage, socket: Duplex, head: Buffer, how: 'upgrade' | 'connect'): void {
    const connection = this.#connections.get(message.socket);
    if (connection === undefined) return void socket.destroy();
    const reply = new SocketReply(socket);
    connection.run(message, () => connection.handlers[how](requestOf(message, false), reply, socket, head));
  }

  #broken(error: NodeJS.ErrnoException, socket: Duplex): void {
    const connection = this.#connections.get(socket);
    if (connection === undefined) return void socket.destroy();
    const { status, text } = connection.handlers.broken(error);
    const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\nconnection: close\r\n\r\n`;
    void connection.break(error.code === 'ECONNRESET' ? undefined : Buffer.from(head + text));
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
    version: VERSIONS.find((version) => version === message.httpVersion) ?? 'other',
    method: message.method ?? '',
    target: message.url ?? '',
    authority: message.headers.host ?? '',
    fields,
    length: coding !== undefined ? undefined : Number(length ?? 0),
    body: message,
    expectsContinue,
  };
}

const VERSIONS = ['1.0', '1.1'] as const;

class Http1Reply extends Departing implements Reply {
  readonly #response: ServerResponse;
  readonly #connection: Http1Connection<Http1Handlers>;
  /** The body has begun, and the head has left with it. */
  #begun = false;

  constructor(response: ServerResponse, connection: Http1Connection<Http1Handlers>) {
    super();
    this.#response = response;
    this.#connection = connection;
    response.once('close', () => {
      connection.answered(response);
      if (!response.writableFinished) this.leave();
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
    this.#response.sendDate = field(fields, 'date') === undefined;
    if (field(fields, 'connection')?.toLowerCase() === 'close') this.#response.shouldKeepAlive = false;
    if (!this.#response.shouldKeepAlive) this.#connection.end(); // it closes behind this answer
    this.#response.writeHead(status, flat(fields));
    this.#begun = end;
    if (end) this.#response.end();
  }

  flush(): void {
    if (!this.#begun && !this.#response.destroyed) this.#response.flushHeaders();
  }

  write(chunk: Buffer): boolean {
    this.#begun = true;
    return this.#response.write(chunk);
  }

  drained(): Promise<void> {
    return drained(this.#response);
  }

  end(last?: Buffer, trailers: Fields = []): void {
    if (trailers.length > 0) this.#response.addTrailers(trailers.map(([name, value]): [string, string] => [name, value]));
    this.#begun = true;
    if (last === undefined) this.#response.end();
    else this.#response.end(last);
  }

  destroy(): void {
    this.#response.destroy();
  }
}
