import { createHash } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Endpoint, Protocol } from '@sallyport/core';
import type { Api } from './api.ts';
import { CliError } from './exit.ts';
import { loginsFile } from './logins.ts';
import { loadProtocols } from './protocols.ts';

/** A target as the caller may reach it. */
export interface ReachableTarget {
  readonly name: string;
  readonly protocol: string;
  readonly host: string;
  readonly port: number;
  readonly database?: string | null;
  readonly labels: Readonly<Record<string, string>>;
}

interface Connection {
  readonly user: string;
  readonly token: string;
  readonly host: string;
  readonly port: number;
  readonly database?: string | null;
  readonly ca: string;
  readonly ssh_host_keys: readonly string[];
  readonly forward_ca: string | null;
  readonly facts: Readonly<Record<string, string>>;
  readonly expires_at: string;
}

/** A way to one target: its protocol, and a token that signs in once within 60 seconds. */
export interface Way {
  readonly protocol: Protocol;
  readonly endpoint: Endpoint;
  readonly expiresAt: string;
}

/**
 * @param lasting the way is for programs that sign in as often as they like, where the protocol's clients do so.
 * @throws CliError when the caller cannot reach a target of this name
 */
export async function openWay(api: Api, target: string, database: string | undefined, lasting = false): Promise<Way> {
  const targets = await api.get<readonly ReachableTarget[]>('/api/v1/targets');
  const found = targets.find((each) => each.name === target);
  if (found === undefined) {
    const names = targets.map((each) => each.name).join(', ') || 'none';
    throw new CliError(`You cannot reach a target named '${target}'. Yours: ${names}.`);
  }
  const protocol = (await loadProtocols()).find((each) => each.name === found.protocol);
  if (protocol === undefined) throw new CliError(`This command does not speak '${found.protocol}'. Update it to the gateway's version.`);
  const connection = await api.post<Connection>('/api/v1/connect', { target, lasting });
  const name = database ?? connection.database ?? undefined;
  const endpoint: Endpoint = {
    target,
    host: connection.host,
    port: connection.port,
    user: connection.user,
    token: connection.token,
    caFile: await keepCertificate(connection.ca),
    hostKeys: connection.ssh_host_keys,
    ...(connection.forward_ca !== null && { forwardCaFile: await keepCertificate(connection.forward_ca) }),
    facts: connection.facts,
    ...(name !== undefined && { database: name }),
  };
  return { protocol, endpoint, expiresAt: connection.expires_at };
}

/** Keeps the gateway's CA beside the logins, so that a printed connection goes on working. */
async function keepCertificate(pem: string): Promise<string> {
  const name = createHash('sha256').update(pem).digest('hex').slice(0, 16);
  const file = join(dirname(loginsFile()), `gateway-${name}.pem`);
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(`${file}.${process.pid}`, pem);
  await rename(`${file}.${process.pid}`, file);
  return file;
}
