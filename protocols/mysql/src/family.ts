import type { ParserSettings } from './classify/analysis.ts';

/** MariaDB's servers, told from their version: `10.11.19-MariaDB`, before it `5.5.5-` for replicas of old. */
export function versionOf(serverVersion: string): Pick<ParserSettings, 'family' | 'version'> {
  const family = /mariadb/i.test(serverVersion) ? 'mariadb' : 'mysql';
  const [, major, minor, patch] = /^(?:5\.5\.5-(?=\d+\.))?(\d+)\.(\d+)\.(\d+)/.exec(serverVersion) ?? [];
  if (major === undefined) return { family };
  return { family, version: Number(major) * 10_000 + Number(minor) * 100 + Number(patch) };
}
