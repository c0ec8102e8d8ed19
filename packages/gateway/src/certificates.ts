import type { Host, Protocol } from '@sallyport/core';
import { type ForwardAuthority, type Keys, readCertificate } from '@sallyport/identity';
import type { Config } from './config/config.ts';

/** What the gateway shows to clients in TLS, for the configuration in force. */
export interface Certificates {
  readonly tls: Host['tls'];
  /** undefined: no target ends the TLS of other hosts. */
  readonly forward: ForwardAuthority | undefined;
}

/** Reads, makes or renews them. @throws GatewayError ERR_CONFIG */
export async function certificatesOf(config: Config, keys: Keys, protocols: readonly Protocol[]): Promise<Certificates> {
  const [tls, forward] = await Promise.all([serverTls(config, keys), forwardAuthorityOf(config, keys, protocols)]);
  return { tls, forward };
}

/** The CA of the forward proxy, where a target wants one; its hosts in a stable order. @throws GatewayError ERR_CONFIG */
export async function forwardAuthorityOf(
  { targets, forwardCa }: Pick<Config, 'targets' | 'forwardCa'>,
  keys: Keys,
  protocols: readonly Protocol[],
): Promise<ForwardAuthority | undefined> {
  const hosts = targets.flatMap((target) => protocols.find(({ name }) => name === target.protocol)?.interceptedHosts?.(target) ?? []);
  if (hosts.length === 0) return undefined;
  return keys.forwardAuthority({ hosts: [...new Set(hosts)].sort(), own: forwardCa });
}

async function serverTls({ tls }: Config, keys: Keys): Promise<Host['tls']> {
  const certificate = 'names' in tls ? await keys.serverCertificate(tls.names) : await readCertificate(tls, Date.now());
  return { context: { key: certificate.key, cert: certificate.cert }, hash: certificate.hash };
}
