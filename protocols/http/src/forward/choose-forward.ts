import type { Target } from '@sallyport/core';
import type { TargetOptions } from '../target-schema.ts';
import { type Authority, canonicalHost, formatAuthority } from './authority.ts';
import { type ListedHost, listedHost } from './listed-host.ts';

/** The target that stands for a server, and by which of its words. */
export interface ForwardChoice {
  readonly target: Target;
  /** Its bytes pass unseen. */
  readonly tunnel: boolean;
  /** The configuration names this very host; otherwise a pattern of it means the host among others. */
  readonly exact: boolean;
}

/**
 * Which target stands for a server: one that names it before one whose pattern means it, one that ends TLS before one
 * that tunnels, the longer pattern before the shorter, and otherwise the order of the configuration.
 *
 * @returns a sentence where none does.
 */
export function chooseForward(authority: Authority, targets: readonly Target[]): ForwardChoice | { readonly refused: string } {
  const found = targets.flatMap((target) => matchesOf(target).filter(({ listed }) => means(listed, authority)));
  const [best] = found.sort((a, b) => rank(a) - rank(b) || b.listed.host.length - a.listed.host.length);
  if (best === undefined) return { refused: refusal(authority, targets) };
  return { target: best.target, tunnel: best.tunnel, exact: best.exact };
}

interface Match extends ForwardChoice {
  readonly listed: ListedHost;
}

/** All that a target stands for. */
function matchesOf(target: Target): readonly Match[] {
  const { forward, hosts } = target.options as TargetOptions;
  if (forward === undefined) return [];
  const own = { host: canonicalHost(target.host) ?? target.host, port: target.port };
  return [own, ...hosts.map(listedHost)].map((listed) => {
    return { target, tunnel: forward === 'tunnel', exact: !listed.host.startsWith('*'), listed };
  });
}

function means(listed: ListedHost, { host, port }: Authority): boolean {
  return listed.port === port && names(listed, host);
}

/** `*.example.com` is all below example.com, however deep, and not example.com itself. */
function names(listed: ListedHost, host: string): boolean {
  if (listed.host === '*') return true;
  return listed.host.startsWith('*') ? host.endsWith(listed.host.slice(1)) && host.length >= listed.host.length : host === listed.host;
}

function rank({ exact, tunnel }: Match): number {
  return (exact ? 0 : 2) + (tunnel ? 1 : 0);
}

function refusal(authority: Authority, targets: readonly Target[]): string {
  const name = formatAuthority(authority);
  const ports = targets.flatMap(matchesOf).filter(({ listed }) => names(listed, authority.host));
  if (ports.length === 0) return `No target here stands for ${name}: a target with \`forward\` must list the host under \`hosts\`.`;
  const known = [...new Set(ports.map(({ listed }) => listed.port))].join(', ');
  return `No target here stands for ${name}, only for port ${known} of it: list it as \`${name}\` under \`hosts\`.`;
}
