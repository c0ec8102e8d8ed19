import type { Durability, Target } from '@sallyport/core';
import type { ProviderOptions } from '@sallyport/identity';
import type { MaskRule } from '@sallyport/masking';
import type { PolicyConfig } from '@sallyport/policy';
import type { Problem } from './problem.ts';
import type { Secret } from './secret.ts';

/** How results are recorded: as the client saw them, as their digest, or not. */
type Results = 'full' | 'digest' | 'none';

/** A target whose credentials are still references: see {@link resolveSecrets}. */
export interface TargetConfig extends Omit<Target, 'credentials' | 'tls'> {
  /** `host:port`; the same for all targets that share the listener. */
  readonly listen: string;
  readonly tls: { readonly mode: Target['tls']['mode']; readonly caFile?: string };
  readonly credentials: { readonly [K in Exclude<keyof Target['credentials'], 'header'>]?: Secret };
  /** The header that a token goes in. */
  readonly credentialHeader?: string;
  readonly results: Results;
}

export interface UserConfig {
  readonly name: string;
  readonly kind: 'person' | 'agent';
  readonly groups: readonly string[];
  readonly sshKeys: readonly string[];
}

/** A configuration that holds together. Frozen; paths are absolute; lengths of time in milliseconds. */
export interface Config {
  /** Absolute path it was read from. */
  readonly file: string;
  /** SHA-256 (hex) of the content in canonical form: comments and order of keys do not count. */
  readonly digest: string;
  /** What {@link digest} is over, secrets left out: input of {@link describeChanges}. */
  readonly canonical: string;
  /** Suspicious but possible: names that nothing in the file bears, and the like. */
  readonly warnings: readonly Problem[];
  readonly demo: boolean;
  readonly dataDir: string;
  readonly admin: { readonly listen: string };
  /** Names for a certificate of the gateway's own CA, or files of one's own. */
  readonly tls: { readonly names: readonly string[] } | { readonly cert: string; readonly key: string };
  /** Files of a company's CA for hosts whose TLS the gateway ends, in place of one that it makes. */
  readonly forwardCa?: { readonly cert: string; readonly key: string };
  readonly users: readonly UserConfig[];
  /** Vouches for people besides {@link users}. */
  readonly provider?: ProviderOptions;
  /** CAs whose SSH certificates sign users in, a line each. */
  readonly sshAuthorities: readonly string[];
  readonly targets: readonly TargetConfig[];
  readonly policy: PolicyConfig;
  readonly masks: readonly MaskRule[];
  readonly recording: { readonly durability: Durability; readonly results: Results; readonly keepMs?: number };
}
