import type { Duplex } from 'node:stream';
import type { SecureContextOptions } from 'node:tls';
import { acceptTls, type GatewayError, ProtocolError } from '@sallyport/core';
import { asGatewayError, badRequest, RequestError, statusOf } from '../errors.ts';
import { demandPrivacy } from '../exchange/serve-exchange.ts';
import type { ClientRequest, Reply } from '../message/client-request.ts';
import { Connection } from '../startup/connection.ts';
import { firstWords } from '../startup/first-bytes.ts';
import type { Visit } from '../startup/visit.ts';
import { parseAuthority } from './authority.ts';
import { refuseConnect } from './connect-answer.ts';
import type { ForwardServer } from './forward-server.ts';
import { type ProxyClient, proxyClient } from './proxy-client.ts';
import { recordConnect, serveTunnel } from './serve-tunnel.ts';

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
  const { host, facts } = connection;
  let inner: Connection | undefined;
  let visit: Visit | undefined;
  try {
    demandPrivacy(connection);
    const client = clientOf(request, connection);
    inner = new Connection(host, socket, { ...facts, forward: client.server.name }, client);
    visit = await inner.visit(request);
    if (head.length > 0) socket.unshift(head);
    if (client.server.tunnel) await serveTunnel({ server: client.server, visit, client: socket, request, reply });
    else {
      await client.server.check(visit.session.signal);
      const context = await host.forwardCertificate(client.server.authority.host);
      reply.head(200, []);
      const within = await accept(client.server, context, socket, visit.session.signal);
      if (within !== undefined) await carryOn(inner, within.socket, within.http2);
    }
  } catch (cause) {
    const error = asGatewayError(visit?.session.signal.aborted ? visit.session.signal.reason : cause);
    host.log('info', `A CONNECT was not served: ${error.message}`, { asked: request.target, err: error.cause });
    if (!reply.started) refuse({ request, reply }, error, visit);
  } finally {
    await inner?.close();
    // What was said last goes out first; nobody reads on to learn that the client leaves.
    if (socket.destroySoon !== undefined) socket.destroySoon();
    else socket.destroy();
  }
}

/** Who asks for what. */
function clientOf(request: ClientRequest, { host, through }: Connection): ProxyClient {
  if (through !== undefined) throw new RequestError(405, 'ERR_PROTOCOL', `This is a tunnel to ${through.server.name}, and no proxy.`);
  const authority = parseAuthority(request.target);
  if (authority === undefined) throw badRequest('CONNECT names no server: it takes `host:port`.');
  if (request.length !== 0) throw badRequest('CONNECT has no body.');
  return proxyClient(request.fields, authority, host);
}

interface Within {
  readonly socket: Duplex;
  readonly http2: boolean;
}

/** What the client speaks in the tunnel: TLS, unless the server is reached without. @returns undefined: it left without a word. */
async function accept(
  server: ForwardServer,
  context: SecureContextOptions,
  socket: Duplex,
  ending: AbortSignal,
): Promise<Within | undefined> {
  const late = AbortSignal.timeout(HANDSHAKE_MS);
  const signal = AbortSignal.any([ending, late]);
  try {
    const words = await firstWords(socket, signal);
    if (words === undefined) return undefined;
    if (words !== 'tls') return unsecured(server, socket, words === 'http/2');
    const secured = await acceptTls(socket, context, signal, ['h2', 'http/1.1']);
    server.secured(secured.servername);
    return { socket: secured, http2: secured.alpnProtocol === 'h2' };
  } catch (cause) {
    if (!late.aborted) throw cause;
    throw new ProtocolError('client', `The client did not speak TLS within ${HANDSHAKE_MS / 1_000} seconds.`, { cause });
  }
}

function unsecured({ name, target }: ForwardServer, socket: Duplex, http2: boolean): Within {
  if (target.tls.mode === 'disable') return { socket, http2 };
  throw badRequest(`${name} is reached with TLS, and the client spoke none.`);
}

function refuse(asked: Pick<Asked, 'request' | 'reply'>, error: GatewayError, visit: Visit | undefined): void {
  const type = error.code.slice('ERR_'.length).toLowerCase();
  const record = visit && recordConnect(visit, asked.request);
  refuseConnect({ ...asked, record }, { status: statusOf(error), type, message: error.message, session: visit?.session.id });
}
