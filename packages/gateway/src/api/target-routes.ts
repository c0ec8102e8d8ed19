import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { rootCertificates } from 'node:tls';
import { anyOf, type Host, type Protocol } from '@sallyport/core';
import { mintToken } from '@sallyport/identity';
import type { FastifyInstance } from 'fastify';
import type { TargetConfig } from '../config/config.ts';
import { splitAddress } from '../listener.ts';
import type { ApiParts } from './api.ts';
import type { Callers } from './caller.ts';
import { ApiError } from './error.ts';

/** A token that `connect` hands to a client signs in once within this time. */
const TICKET_MS = 60_000;
/** Where clients open many connections it serves them for a working day, or until it is given back. */
const LASTING_MS = 8 * 3_600_000;

/** Who am I, where may I go, and a way in. */
export function targetRoutes(app: FastifyInstance, parts: ApiParts, callers: Callers): void {
  const { config, rulebook, keys, recorder, store, protocols } = parts;
  const protocolOf = (target: TargetConfig): Protocol | undefined => protocols.find(({ name }) => name === target.protocol);

  app.get('/whoami', async (request) => {
    const { identity, token } = await callers.person(request);
    return {
      identity: identity.name,
      kind: identity.kind,
      groups: identity.groups,
      acting_for: identity.actingFor ?? null,
      expires_at: new Date(token.expiresAt).toISOString(),
      can: token.can,
    };
  });

  app.get('/targets', async (request) => {
    const { identity, token } = await callers.person(request);
    const inScope = anyOf(token.targets.length === 0 ? undefined : token.targets);
    return config()
      .targets.filter((target) => inScope(target.name) && rulebook().policy.access(identity, target).allowed)
      .map((target) => ({
        name: target.name,
        protocol: target.protocol,
        ...reachedAt(target, parts.certificates().tls),
        database: databaseOf(target),
        labels: target.labels,
      }));
  });

  app.post('/connect', async (request) => {
    const { identity, token } = await callers.person(request);
    const { target: name, lasting } = (request.body ?? {}) as { readonly target?: unknown; readonly lasting?: unknown };
    const target = config().targets.find((one) => one.name === name);
    if (target === undefined || !rulebook().policy.access(identity, target).allowed) {
      throw new ApiError('not_found', `There is no target ${JSON.stringify(name)} that ${identity.name} may reach.`);
    }
    const now = Date.now();
    const protocol = protocolOf(target);
    const good = lasting === true && protocol?.manyConnections === true ? { ttl: LASTING_MS } : { ttl: TICKET_MS, sessions: 1 };
    const minted = await mintToken({ user: identity.name, ...good, targets: [target.name], parent: token }, keys, now);
    await store.tokens.insert(
      minted.row,
      recorder.entry('token.minted', { token: minted.row.id, user: identity.name, parent: token.id, by: identity.name, for: 'connect' }),
    );
    const { tls, forward } = parts.certificates();
    const ends = (protocol?.interceptedHosts?.(target) ?? []).length > 0;
    const shared = config().targets.filter((one) => one.listen === target.listen).length > 1;
    return {
      user: shared ? `${identity.name}@${target.name}` : identity.name,
      token: minted.token,
      ...reachedAt(target, tls),
      database: databaseOf(target),
      ca: authorityOf(tls),
      forward_ca: ends && forward !== undefined ? await readFile(forward.caFile, 'utf8') : null,
      facts: protocol?.clientFacts?.(target) ?? {},
      ssh_host_keys: target.protocol === 'ssh' ? (await keys.sshHostKeys()).map(({ publicLine }) => publicLine) : [],
      expires_at: new Date(minted.row.expiresAt).toISOString(),
    };
  });

  /** A token that `connect` made is given back by whoever holds it. */
  app.post('/connect/end', async (request) => {
    const { identity, token } = await callers.person(request);
    if (token.parent === null) throw new ApiError('forbidden', 'This token was not made by /connect: `sallyport token revoke` ends it.');
    const fields = { token: token.id, user: identity.name, by: identity.name, for: 'connect' };
    return { ended: await store.tokens.revoke(token.id, Date.now(), recorder.entry('token.revoked', fields)) };
  });
}

/**
 * Where a client connects: a listener on all addresses is reached over loopback. The certificate must
 * cover the name, or the client could not verify it; where it does not, its own first name is it.
 */
function reachedAt({ listen }: TargetConfig, { context }: Host['tls']): { readonly host: string; readonly port: number } {
  const { host: address, port } = splitAddress(listen);
  const host = ['0.0.0.0', '::', '*', ''].includes(address) ? '127.0.0.1' : address;
  const leaf = new X509Certificate(String(context.cert));
  const covered = isIP(host) === 0 ? leaf.checkHost(host) : leaf.checkIP(host);
  const [, named = host] = /DNS:([^,*\s]+)/.exec(leaf.subjectAltName ?? '') ?? [];
  return { host: covered === undefined ? named : host, port };
}

/** What the listeners' certificate chains to: the root that it comes with, else the public ones. */
function authorityOf({ context }: Host['tls']): string {
  const chain = String(context.cert).match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  const root = chain.find((pem) => {
    const { subject, issuer } = new X509Certificate(pem);
    return subject === issuer;
  });
  return root === undefined ? rootCertificates.join('\n') : `${root}\n`;
}

function databaseOf({ options }: TargetConfig): string | null {
  const database = (options as { database?: unknown } | null)?.database;
  return typeof database === 'string' ? database : null;
}
