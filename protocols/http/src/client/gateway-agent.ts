import { readFileSync } from 'node:fs';
import { Agent, type ClientRequestArgs, request } from 'node:http';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect, type TLSSocket } from 'node:tls';
import { type Endpoint, ExecError } from '@sallyport/core';
import { basicField } from '../exchange/target-fields.ts';

const CONNECT_MS = 30_000;

/** Where a client's request goes: by the gateway's own address, or through its forward proxy to a server. */
export interface Way {
  /** Keeps one connection. */
  readonly agent: Agent;
  /** What `Host` says. */
  readonly authority: string;
  /** Path and query. */
  readonly path: string;
}

/**
 * The way from a client to a target.
 *
 * @param url a path, or for a target of the forward proxy a URL as well.
 * @throws ExecError for a URL that leads elsewhere
 */
export function wayTo(endpoint: Endpoint, url: string): Way {
  const { host, port, facts = {} } = endpoint;
  const absolute = /^https?:/i.test(url) ? new URL(url) : undefined;
  if (facts['forward'] === undefined) {
    if (absolute !== undefined)
      throw new ExecError('ERR_CONFIG', `${endpoint.target} is one server: write a path, such as /orders.`, false);
    return { agent: new GatewayAgent(() => secure(endpoint)), authority: `${bracketed(host)}:${port}`, path: url };
  }
  const { hostname, port: named, pathname, search } = absolute ?? new URL(url, `https://${facts['address']}`);
  if (absolute?.protocol === 'http:') throw new ExecError('ERR_CONFIG', 'The forward proxy is for https URLs.', false);
  const server = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(named || 443) };
  const authority = named === '' ? hostname : `${hostname}:${named}`;
  return { agent: new GatewayAgent(() => tunnelled(endpoint, server)), authority, path: pathname + search };
}

/** Opens its connections itself, one at a time. */
class GatewayAgent extends Agent {
  readonly #open: () => Promise<Duplex>;

  constructor(open: () => Promise<Duplex>) {
    super({ keepAlive: true, maxSockets: 1 });
    this.#open = open;
  }

  override createConnection(_options: ClientRequestArgs, done?: (error: Error | null, stream: Duplex) => void): undefined {
    this.#open().then(
      (stream) => done?.(null, stream),
      (error: Error) => (done as unknown as (error: Error) => void)(error),
    );
  }
}

function secure({ host, port, caFile }: Endpoint): Promise<TLSSocket> {
  const name = isIP(host) === 0 ? { servername: host } : {};
  return opened(
    connect({ host, port, ca: readFileSync(caFile), ALPNProtocols: ['http/1.1'], timeout: CONNECT_MS, ...name }),
    'the gateway',
  );
}

/** A server's TLS within the gateway's: what a forward proxy is asked for by CONNECT. */
async function tunnelled(endpoint: Endpoint, server: { readonly host: string; readonly port: number }): Promise<TLSSocket> {
  const authority = `${bracketed(server.host)}:${server.port}`;
  const [, credentials] = basicField('token', endpoint.token);
  const outer = await secure(endpoint);
  const asked = request({
    createConnection: () => outer,
    method: 'CONNECT',
    path: authority,
    headers: { host: authority, 'proxy-authorization': credentials },
  });
  asked.end();
  const { socket, status, body } = await new Promise<{ socket?: Duplex; status: number; body: string }>((resolve, reject) => {
    asked.once('error', reject);
    asked.once('connect', ({ statusCode = 0 }, stream, head: Buffer) => {
      if (statusCode === 200) resolve({ socket: stream, status: 200, body: '' });
      else collect(stream, head).then((text) => resolve({ status: statusCode, body: text }), reject);
    });
  });
  if (socket === undefined) throw refused(status, body);
  const name = isIP(server.host) === 0 ? { servername: server.host } : { host: server.host };
  const ca = endpoint.forwardCaFile === undefined ? {} : { ca: readFileSync(endpoint.forwardCaFile) };
  return opened(connect({ socket, ALPNProtocols: ['http/1.1'], ...name, ...ca }), server.host);
}

async function collect(stream: Duplex, head: Buffer): Promise<string> {
  const parts = [head];
  for await (const part of stream) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}

function refused(status: number, body: string): ExecError {
  const [, reason] = /"reason":("(?:[^"\\]|\\.)*")/.exec(body) ?? [];
  const message = reason === undefined ? `The forward proxy answered ${status}.` : (JSON.parse(reason) as string);
  return new ExecError(String(status), message, status === 403);
}

async function opened(socket: TLSSocket, who: string): Promise<TLSSocket> {
  await new Promise<void>((resolve, reject) => {
    const late = (): void => void socket.destroy(new Error(`No answer for ${CONNECT_MS / 1_000} seconds`));
    socket.once('timeout', late).once('error', reject);
    socket.once('secureConnect', () => {
      socket.off('timeout', late).setTimeout(0).off('error', reject);
      resolve();
    });
  }).catch((cause: NodeJS.ErrnoException) => {
    throw new ExecError(cause.code ?? 'ERR_TLS', `No connection to ${who}: ${cause.message}.`, false);
  });
  return socket;
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
