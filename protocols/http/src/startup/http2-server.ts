import { constants, type IncomingHttpHeaders, performServerHandshake, type ServerHttp2Stream } from 'node:http2';
import type { Duplex } from 'node:stream';
import type { ClientRequest, Reply } from '../message/client-request.ts';
import type { Fields } from '../message/fields.ts';
import { Departing } from './departing.ts';
import { drained } from './drained.ts';

/** Streams that a client may have open at once. */
const MOST_STREAMS = 128;
/** Streams that a client took back before their answer was complete, less those that it saw to their end: CVE-2023-44487. */
const MOST_RESETS = 200;
const CONNECTION_WINDOW = 4 << 20;

const OPTIONS = {
  settings: { maxConcurrentStreams: MOST_STREAMS, initialWindowSize: 1 << 20, maxHeaderListSize: 64 * 1024, enablePush: false },
  maxSessionMemory: 32,
  maxHeaderListPairs: 256,
  maxOutstandingPings: 10,
  maxSettings: 32,
  maxSessionInvalidFrames: 100,
  maxSessionRejectedStreams: 100,
};

/** Serves HTTP/2 ({@link https://www.rfc-editor.org/rfc/rfc9113 RFC 9113}) on a connected socket until it closes. */
export async function serveHttp2(socket: Duplex, handle: (request: ClientRequest, reply: Reply) => Promise<void>): Promise<void> {
  const closed = new Promise<void>((resolve) => socket.once('close', resolve));
  const running = new Set<Promise<void>>();
  const session = performServerHandshake(socket, OPTIONS);
  let resets = 0;
  session.setLocalWindowSize(CONNECTION_WINDOW);
  session.on('error', () => undefined); // it closes the socket
  socket.once('end', () => session.destroy()); // who has ended a connection of HTTP/2 has left
  session.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, _flags: number, raw: readonly string[]) => {
    stream.on('error', () => undefined); // whoever answers learns of it by the close
    const reply = new Http2Reply(stream);
    stream.once('close', () => {
      resets = reply.ended ? Math.max(0, resets - 1) : resets + 1;
      if (resets > MOST_RESETS) session.destroy(undefined, constants.NGHTTP2_ENHANCE_YOUR_CALM);
    });
    const done = handle(requestOf(stream, headers, raw), reply)
      .catch(() => reply.destroy())
      .finally(() => running.delete(done));
    running.add(done);
  });
  await closed;
  session.destroy();
  await Promise.all(running);
}

function requestOf(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, raw: readonly string[]): ClientRequest {
  const fields: [string, string][] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at] as string;
    if (!name.startsWith(':')) fields.push([name, raw[at + 1] as string]);
  }
  const length = headers['content-length'];
  return {
    version: '2',
    method: headers[':method'] ?? '',
    target: headers[':path'] ?? '',
    authority: headers[':authority'] ?? headers.host ?? '',
    fields: joinCookies(fields),
    length: stream.endAfterHeaders ? 0 : length === undefined ? undefined : Number(length),
    body: stream,
    expectsContinue: headers.expect?.toLowerCase() === '100-continue',
  };
}

/** HTTP/2 may split Cookie into crumbs, HTTP/1.1 must not: {@link https://www.rfc-editor.org/rfc/rfc9113#section-8.2.3 RFC 9113, section 8.2.3}. */
function joinCookies(fields: Fields): Fields {
  const crumbs = fields.filter(([name]) => name === 'cookie');
  if (crumbs.length < 2) return fields;
  return [...fields.filter(([name]) => name !== 'cookie'), ['cookie', crumbs.map(([, value]) => value).join('; ')]];
}

class Http2Reply extends Departing implements Reply {
  /** The answer was given to its end. */
  ended = false;
  readonly #stream: ServerHttp2Stream;
  #trailers: Fields = [];

  constructor(stream: ServerHttp2Stream) {
    super();
    this.#stream = stream;
    stream.once('close', () => {
      if (!this.ended) this.leave();
    });
    stream.on('wantTrailers', () => stream.sendTrailers(grouped(this.#trailers)));
  }

  get started(): boolean {
    return this.#stream.headersSent;
  }

  continue(): void {
    this.#stream.additionalHeaders({ ':status': 100 });
  }

  head(status: number, fields: Fields, end = false): void {
    if (this.#stream.destroyed) return;
    const trailers =
      !end && fields.some(([name, value]) => name === 'trailer' || (name === 'content-type' && value.startsWith('application/grpc')));
    this.#stream.respond({ ':status': status, ...grouped(fields) }, { endStream: end, waitForTrailers: trailers });
    this.ended = end;
  }

  flush(): void {
    // A head is a frame of its own here.
  }

  write(chunk: Buffer): boolean {
    return this.#stream.destroyed || this.#stream.write(chunk);
  }

  drained(): Promise<void> {
    return drained(this.#stream);
  }

  end(last?: Buffer, trailers: Fields = []): void {
    this.ended = true;
    if (this.#stream.destroyed || this.#stream.writableEnded) return;
    this.#trailers = trailers;
    if (last === undefined) this.#stream.end();
    else this.#stream.end(last);
  }

  destroy(): void {
    this.#stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  }
}

function grouped(fields: Fields): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of fields) {
    const known = headers[name];
    headers[name] = known === undefined ? value : typeof known === 'string' ? [known, value] : [...known, value];
  }
  return headers;
}
