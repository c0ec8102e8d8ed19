import type { Target } from '@sallyport/core';
import type { TargetOptions } from '../target-schema.ts';
import { canonicalHost } from './authority.ts';
import { listedHost } from './listed-host.ts';

/** The hosts of a target with `forward: true`: what the forward CA may sign for. */
export function interceptedHosts({ host, options }: Pick<Target, 'host' | 'options'>): readonly string[] {
  const { forward, hosts } = options as TargetOptions;
  if (forward !== true) return [];
  return [canonicalHost(host) ?? [], hosts.map((text) => listedHost(text).host)].flat();
}
