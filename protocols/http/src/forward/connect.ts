import type { Duplex } from 'node:stream';
import { acceptTls, type GatewayError } from '@sallyport/core';
import { asGatewayError, badRequest, statusOf } from '../errors.ts';
import type { ClientRequest, Reply } from '../message/client-request.ts';
import { Connection } from '../startup/connection.ts';
import { firstWords } from '../startup/first-bytes.ts';
import type { Visit } from '../startup/visit.ts';
import { parseAuthority } from './authority.ts';
import { refuseConnect } from './connect-answer.ts';
import { proxyClient } from './proxy-client.ts';
import { serveTunnel } from './serve-tunnel.ts';

/** How long the client may take from the tunnel's opening to the end of its handshake. */
const HANDSHAKE_MS = 30_000;

/** A CONNECT, and the connection that it came on, which speaks HTTP no more. */
export interface Asked {
  readonly request: ClientRequest;
  readonly reply: Reply;
  readonly socket: Duplex;
  /** What came behind the request. */
  readonly head: Buffer;
  readonly connection: Connection;
}

/** Serves what a client speaks within a tunnel whose TLS was ended, until the connection closes. */
export type CarryOn = (inner: Connection, socket: Duplex, http2: boolean) => Promise<void>;

/**
 * Serves a CONNECT: a client of the forward proxy asks for a server by name and port. Nothing is done for it before it is
 * known who asks, that a target stands for the server, and that the server's addresses may be reached.
 * https://www.rfc-editor.org/rfc/rfc9110#section-9.3.6
 */
export async function serveConnect({ request, reply, socket, head, connection }: Asked, carryOn: CarryOn): Promise<void> {
  const { host } = connection;
  let inner: Connection | undefined;
  let visit: Visit | undefined;
  try {
    inner = directed(request, socket, connection);
    visit = await inner.visit(request);
    if (head.length > 0) socket.unshift(head);
    if (inner.through?.server.tunnel === true) {
      await serveTunnel(inner.through.server, visit, socket, reply);
    } else {
      await inner.through?.server.check(visit.session.signal);
      const context = await host.forwardCertificate(inner.through?.server.authority.host ?? '');
      reply.head(200, []);
      await serveEnded(context, inner, visit, socket, carryOn);
    }
  } catch (cause) {
    const error = asGatewayError(cause);
    host.log('info', `A CONNECT was not served: ${error.message}`, { asked: request.target, err: error.cause });
    if (!reply.started) refuse(reply, error, visit);
  } finally {
    await inner?.close();
    // What was said last goes out first; nobody reads on to learn that the client leaves.
    if (socket.destroySoon !== undefined) socket.destroySoon();
    else socket.destroy();
  }
}

/** Who asks for what, as the connection that the tunnel will be. */
function directed(request: ClientRequest, socket: Duplex, { host, facts }: Connection): Connection {
  const authority = parseAuthority(request.target);
  if (authority === undefined) throw badRequest('CONNECT names no server: it takes `host:port`.');
  if (request.length !== 0) throw badRequest('CONNECT has no body.');
  const client = proxyClient(request.fields, authority, host);
  return new Connection(host, socket, { ...facts, forward: client.server.name }, client);
}

async function serveEnded(
  context: Awaited<ReturnType<Connection['host']['forwardCertificate']>>,
  inner: Connection,
  visit: Visit,
  socket: Duplex,
  carryOn: CarryOn,
): Promise<void> {
  const server = inner.through?.server;
  const late = AbortSignal.timeout(HANDSHAKE_MS);
  const signal = AbortSignal.any([visit.session.signal, late]);
  const words = await firstWords(socket, signal);
  if (words === undefined) return;
  if (words !== 'tls') {
    if (server?.target.tls.mode !== 'disable') throw badRequest(`${server?.name} is reached with TLS, and the client spoke none.`);
    return carryOn(inner, socket, words === 'http/2');
  }
  const secured = await acceptTls(socket, context, signal, ['h2', 'http/1.1']);
  server?.secured(secured.servername);
  await carryOn(inner, secured, secured.alpnProtocol === 'h2');
}

function refuse(reply: Reply, error: GatewayError, visit: Visit | undefined): void {
  const status = statusOf(error);
  const type = error.code.slice('ERR_'.length).toLowerCase();
  refuseConnect(reply, { status, type, message: error.message, session: visit?.session.id });
}
