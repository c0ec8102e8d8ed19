import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { acceptTls, type Host } from '@sallyport/core';
import { asGatewayError } from './errors.ts';
import type { SharedParts } from './exchange/exchange.ts';
import { refusalBody } from './exchange/refusal.ts';
import { serveExchange } from './exchange/serve-exchange.ts';
import { carryWebSocket } from './exchange/upgrade.ts';
import { serveConnect } from './forward/connect.ts';
import { Connection } from './startup/connection.ts';
import { firstWords } from './startup/first-bytes.ts';
import type { Http1Handlers, Http1Server } from './startup/http1-server.ts';
import { serveHttp2 } from './startup/http2-server.ts';
import type { TargetOptions } from './target-schema.ts';

/** What all connections share. */
export interface Services extends SharedParts {
  readonly http1: Http1Server;
}

/** One client connection from its first byte to its seal. Never rejects for what a client did. */
export async function serve(client: Duplex, host: Host, services: Services): Promise<void> {
  const { signal } = host;
  // Sign-in took too long, or the gateway drains; a session that has begun ends by its own signal.
  const stop = (): void => void client.destroy();
  signal.addEventListener('abort', stop, { once: true });
  try {
    const transport = await accept(client, host);
    if (transport === undefined) return;
    const { socket, http2, facts } = transport;
    await converse(new Connection(host, socket, facts), socket, http2, services);
  } catch (error) {
    if (!signal.aborted) host.log('info', asGatewayError(error).message, { err: error });
  } finally {
    signal.removeEventListener('abort', stop);
    client.destroy();
  }
}

/** Serves all requests of a connection, until it closes. */
async function converse(connection: Connection, socket: Duplex, http2: boolean, services: Services): Promise<void> {
  try {
    if (http2) await serveHttp2(socket, (request, reply) => serveExchange(request, reply, connection, services));
    else await services.http1.serve(socket, handlersOf(connection, services));
  } finally {
    await connection.close();
  }
}

interface Transport {
  readonly socket: Duplex;
  readonly http2: boolean;
  readonly facts: Readonly<Record<string, string>>;
}

/** What the client speaks, and TLS with it where it begins with that. */
async function accept(client: Duplex, host: Host): Promise<Transport | undefined> {
  const words = await firstWords(client, host.signal);
  if (words === undefined) return undefined;
  if (words !== 'tls') return { socket: client, http2: words === 'http/2', facts: {} };
  const socket: TLSSocket = await acceptTls(client, host.tls.context, host.signal, protocolsAt(host.targets));
  return { socket, http2: socket.alpnProtocol === 'h2', facts: { tls: socket.getProtocol() ?? '' } };
}

/** Go's clients offer HTTP/2 to a proxy as to everybody, and then speak HTTP/1.1 with it all the same. */
function protocolsAt(targets: Host['targets']): readonly string[] {
  const proxy = targets.some(({ options }) => (options as TargetOptions).forward !== undefined);
  return proxy ? ['http/1.1', 'h2'] : ['h2', 'http/1.1'];
}

function handlersOf(connection: Connection, services: Services): Http1Handlers {
  return {
    request: (request, reply) => serveExchange(request, reply, connection, services),
    upgrade: (request, reply, socket, head) =>
      serveExchange(request, reply, connection, services, (exchange) => carryWebSocket(exchange, socket, head)),
    connect: (request, reply, socket, head) =>
      serveConnect({ request, reply, socket, head, connection }, (inner, within, http2) => converse(inner, within, http2, services)),
    broken: (error) => {
      const { status, message } = brokenBy(error);
      connection.host.log('info', message, { code: error.code });
      return { status, text: refusalBody({ status, type: 'protocol', message }).toString() };
    },
  };
}

function brokenBy({ code = '' }: NodeJS.ErrnoException): { readonly status: number; readonly message: string } {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return { status: 408, message: 'The head of the request took too long.' };
    case 'HPE_HEADER_OVERFLOW':
      return { status: 431, message: 'The head of the request is larger than 64 KiB.' };
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return { status: 413, message: 'The chunk extensions of the request are too long.' };
    default:
      return { status: 400, message: `The request is not HTTP/1.1 as RFC 9112 has it (${code || 'unknown'}).` };
  }
}
