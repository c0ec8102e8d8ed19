import { hostname } from 'node:os';
import { resolve } from 'node:path';
import type { Protocol } from '@sallyport/core';
import type { ProviderOptions } from '@sallyport/identity';
import type { DetectorName, MaskRule } from '@sallyport/masking';
import type { AccessEntry, ApprovalSpec, Match, Rule } from '@sallyport/policy';
import { formatAddress, parseAddress } from './address.ts';
import type { Config, TargetConfig } from './config.ts';
import { parseDuration } from './duration.ts';
import type { FileContent } from './schema.ts';
import { asList } from './schema-parts.ts';
import { parseSecret, type Secret } from './secret.ts';
import { parseSize } from './size.ts';

/** What clients on this machine call the gateway, whatever else its certificate names. */
const OWN_NAMES = ['localhost', '127.0.0.1', '::1'];
/** Added to a protocol's own port where a target says no `listen`. */
const LISTEN_OFFSET = 10_000;

type Entry<K extends 'access' | 'rules' | 'masking'> = FileContent[K][number];
type Settings = Omit<Config, 'file' | 'digest' | 'canonical' | 'warnings'>;

/**
 * Turns a valid file into what the gateway works with. Checked before: a value that cannot be read
 * here is a bug.
 *
 * @param directory that relative paths start from.
 * @param options of each target, as its protocol's schema read them.
 */
export function toSettings(
  content: FileContent,
  directory: string,
  protocols: readonly Protocol[],
  options: ReadonlyMap<string, unknown>,
): Settings {
  const { recording } = content;
  const from = (path: string): string => resolve(directory, path);
  return {
    demo: content.demo,
    dataDir: from(content.data_dir),
    admin: content.admin,
    tls: toTls(content.tls, from),
    ...given({ forwardCa: content.forward_ca }, ({ cert, key }) => ({ cert: from(cert), key: from(key) })),
    users: Object.entries(content.identity.users).map(([name, { kind, groups, ssh_keys }]) => ({
      name,
      kind,
      groups: asList(groups),
      sshKeys: asList(ssh_keys),
    })),
    sshAuthorities: asList(content.identity.ssh_cas),
    ...given({ provider: content.identity.oidc }, toProvider),
    targets: Object.entries(content.targets).map(([name, target]): TargetConfig => {
      return { name, ...toTarget(target, protocols, from), results: target.results ?? recording.results, options: options.get(name) };
    }),
    policy: { access: content.access.map(toAccess), defaults: content.defaults, rules: content.rules.map(toRule) },
    masks: content.masking.map(toMask),
    recording: { durability: recording.durability, results: recording.results, ...given({ keepMs: recording.keep }, milliseconds) },
  };
}

/** Where a target without `listen` is reached. */
export function listenOf(
  target: { readonly listen?: string | undefined; readonly protocol: string },
  protocols: readonly Protocol[],
): string {
  return target.listen ?? formatAddress({ host: '127.0.0.1', port: portOf(target.protocol, protocols) + LISTEN_OFFSET });
}

function portOf(protocol: string, protocols: readonly Protocol[]): number {
  return known(protocols.find(({ name }) => name === protocol)).defaultPort;
}

function toProvider({
  issuer,
  client_id,
  audience,
  user_claim,
  groups_claim,
}: NonNullable<FileContent['identity']['oidc']>): ProviderOptions {
  return { issuer, audience: audience ?? client_id, userClaim: user_claim, groupsClaim: groups_claim };
}

function toTls({ names, cert, key }: FileContent['tls'], from: (path: string) => string): Config['tls'] {
  if (cert !== undefined && key !== undefined) return { cert: from(cert), key: from(key) };
  return { names: [...new Set([...asList(names ?? []), ...OWN_NAMES, hostname()])] };
}

function toTarget(
  target: FileContent['targets'][string],
  protocols: readonly Protocol[],
  from: (path: string) => string,
): Omit<TargetConfig, 'name' | 'results' | 'options'> {
  const { header, ...secrets } = target.credentials;
  const secret = (text: string): Secret => {
    const parsed = known(parseSecret(text));
    return parsed.from === 'file' ? { from: 'file', path: from(parsed.path) } : parsed;
  };
  return {
    protocol: target.protocol,
    listen: listenOf(target, protocols),
    ...known(parseAddress(target.address, portOf(target.protocol, protocols))),
    tls: { mode: target.tls, ...given({ caFile: target.ca }, from) },
    credentials: given(secrets, secret),
    ...(header !== undefined && { credentialHeader: header }),
    labels: target.labels,
  };
}

function toAccess({ approval, ...entry }: Entry<'access'>): AccessEntry {
  if (approval === undefined) return lists(entry);
  // A yes that lasts opens the target for whoever asked; otherwise it is for one connection.
  const grant = approval.for === undefined ? 'once' : 'rule';
  return { ...lists(entry), approval: toApproval({ ...approval, timeout_in_transaction: approval.timeout, grant }) };
}

function toRule({ name, match, unless, action, approval, enforce, ...rest }: Entry<'rules'>): Rule {
  return {
    name,
    match: lists(match),
    action,
    enforce,
    ...given({ unless }, lists),
    ...given({ approval }, toApproval),
    ...given({ message: rest.message }, (text) => text),
    ...given({ record: rest.record }, (record) => record),
    ...given({ results: rest.results }, (results) => results),
  };
}

function toMask({ name, columns = [], detect, pattern, fields, requests, method, domain, targets, unless }: Entry<'masking'>): MaskRule {
  return {
    name,
    columns: asList(columns),
    method,
    ...given({ detect }, asList<DetectorName>),
    ...given({ patterns: pattern, fields }, asList<string>),
    ...(requests && { requests }),
    ...given({ domain }, (text) => text),
    ...given({ targets }, asList<string>),
    ...given({ unless }, lists),
  };
}

function toApproval(approval: NonNullable<Entry<'rules'>['approval']>): ApprovalSpec {
  const timeoutMs = milliseconds(approval.timeout);
  return {
    groups: asList(approval.groups),
    count: approval.count,
    timeoutMs,
    transactionTimeoutMs: Math.min(timeoutMs, milliseconds(approval.timeout_in_transaction)),
    grant: approval.grant,
    ...given({ forMs: approval.for }, milliseconds),
  };
}

/** Every key of a match with a list behind it; `labels` with one behind each label. */
function lists(match: Entry<'rules'>['match']): Match {
  const { labels, unfiltered, launders, bytes_over, ...names } = match;
  return {
    ...Object.fromEntries(Object.entries(names).flatMap(([key, value]) => (value === undefined ? [] : [[key, asList<string>(value)]]))),
    ...given({ labels }, (all) => Object.fromEntries(Object.entries(all).map(([name, values]) => [name, asList(values)]))),
    ...given({ unfiltered, launders }, (flag) => flag),
    ...given({ bytesOver: bytes_over }, (size) => known(parseSize(size))),
  };
}

function milliseconds(text: string): number {
  return known(parseDuration(text));
}

/** The keys that have a value, with that value turned. */
function given<K extends string, V, R>(values: { readonly [P in K]?: V | undefined }, turn: (value: V) => R): { readonly [P in K]?: R } {
  const pairs = Object.entries<V | undefined>(values).flatMap(([key, value]) => (value === undefined ? [] : [[key, turn(value)]]));
  return Object.fromEntries(pairs) as { readonly [P in K]?: R };
}

function known<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the configuration was not checked before it was read');
  return value;
}
