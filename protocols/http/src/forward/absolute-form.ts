import { GatewayError } from '@sallyport/core';
import { badRequest } from '../errors.ts';
import type { ClientRequest } from '../message/client-request.ts';
import type { Connection } from '../startup/connection.ts';
import type { TargetOptions } from '../target-schema.ts';
import { formatAuthority, parseAuthority } from './authority.ts';
import { proxyClient } from './proxy-client.ts';

/** Scheme, server, path and query. https://www.rfc-editor.org/rfc/rfc9112#section-3.2.2 */
const FORM = /^(https?):\/\/([^/?#]+)(\/[^#]*|\?[^#]*)?$/i;
const USUAL_PORT: Readonly<Record<string, number>> = { http: 80, https: 443 };

/** A request, and the connection that it is part of. */
interface Asked {
  readonly request: ClientRequest;
  readonly connection: Connection;
}

/**
 * A request that names its server in the request line asks a forward proxy, without CONNECT and without TLS of its own: it is
 * served as if it had come through a tunnel to that server. Every other one is what it is.
 *
 * @throws RequestError 400, 407; GatewayError ERR_ACCESS
 */
export function absoluteForm(request: ClientRequest, connection: Connection): Asked {
  const [, scheme = '', server = '', path = ''] = connection.through === undefined ? (FORM.exec(request.target) ?? []) : [];
  if (server === '') return { request, connection };
  const target = path.startsWith('/') ? path : `/${path}`;
  // Without a forward proxy here it is as good as a path where it names the same host.
  if (!connection.host.targets.some(({ options }) => (options as TargetOptions).forward !== undefined))
    return { request: server.toLowerCase() === request.authority.toLowerCase() ? { ...request, target } : request, connection };
  const port = USUAL_PORT[scheme.toLowerCase()] ?? 0;
  const [authority, host] = [parseAuthority(server, port), parseAuthority(request.authority, port)];
  if (authority === undefined) throw badRequest('The request line names no server.');
  const name = formatAuthority(authority);
  if (host === undefined || formatAuthority(host) !== name) throw badRequest('The request line and Host name different servers.');
  const client = proxyClient(request.fields, authority, connection.host);
  const { target: named, tunnel } = client.server;
  if (tunnel) throw new GatewayError('ERR_ACCESS', `${name} is reached through a tunnel only: ask for it with CONNECT.`);
  const other = named.tls.mode === 'disable' ? 'http' : 'https';
  if (scheme.toLowerCase() !== other)
    throw new GatewayError('ERR_ACCESS', `${name} is reached by ${other}, not by ${scheme.toLowerCase()}.`);
  return { request: { ...request, target, authority: name }, connection: connection.part(client) };
}
