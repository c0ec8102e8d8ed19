import { GatewayError, parseSshKeyLine, sshFingerprint, sshKeyType, type Target } from '@sallyport/core';
import type { TargetOptions } from '../target-schema.ts';

/** Whether a host may have this key, by the target's configuration. Each key is one of its lines, or has one of its fingerprints. */
export function isPinned({ host_keys }: Pick<TargetOptions, 'host_keys'>, key: Buffer): boolean {
  const fingerprint = sshFingerprint(key);
  return host_keys.some((line) => line.trim().replace(/=+$/, '') === fingerprint || parseSshKeyLine(line)?.equals(key));
}

/** The kinds of keys that are pinned, for asking the host for one of them; empty where only fingerprints are. */
export function pinnedTypes({ host_keys }: Pick<TargetOptions, 'host_keys'>): readonly string[] {
  const keys = host_keys.map(parseSshKeyLine);
  return keys.includes(undefined) ? [] : [...new Set(keys.flatMap((key) => (key === undefined ? [] : [sshKeyType(key)])))];
}

/** The sentence for a host whose key is not among those that it may have. */
export function unknownHostKey(target: Pick<Target, 'name' | 'host' | 'port'>, key: Buffer): GatewayError {
  return new GatewayError(
    'ERR_TARGET_UNREACHABLE',
    `The host at ${target.host}:${target.port} shows the ${sshKeyType(key)} key ${sshFingerprint(key)}, which is not among host_keys of the target ${target.name}: either somebody stands in between, or the host has new keys and an administrator must enter them.`,
  );
}
