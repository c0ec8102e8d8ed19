import type { CheckResult } from '@sallyport/core';
import { type Config, formatProblem } from '@sallyport/gateway';
import { counted } from '../output/count.ts';
import type { Site } from '../site.ts';
import { checkFiles } from './file-checks.ts';
import { type Finding, finding } from './finding.ts';
import { checkService } from './service-checks.ts';
import { checkTarget } from './target-checks.ts';
import { checkTokens } from './token-checks.ts';

/** So many targets are looked at at the same time. */
const AT_ONCE = 8;

/**
 * The gateway and its targets, one after the other.
 *
 * @param names of targets; empty: the gateway and all of them.
 * @param progress is told what is being looked at.
 */
export async function examine(
  site: Site,
  names: readonly string[],
  progress: (line: string) => void,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const targets = site.config.targets.filter(({ name }) => names.length === 0 || names.includes(name));
  const findings: Finding[] = [];
  if (names.length === 0) {
    progress('Looking at the gateway ...');
    findings.push(...(await examineGateway(site)).map((result) => finding(null, result)));
  }
  for (let at = 0; at < targets.length; at += AT_ONCE) {
    const looked = targets.slice(at, at + AT_ONCE).map(async (target) => {
      progress(`Looking at ${target.name} (${target.host}:${target.port}) ...`);
      const protocol = site.protocols.find(({ name }) => name === target.protocol);
      const results = protocol === undefined ? [] : await checkTarget(site.config, target, protocol, signal);
      return results.map((result) => finding(target.name, result));
    });
    findings.push(...(await Promise.all(looked)).flat());
  }
  return findings;
}

async function examineGateway(site: Site): Promise<readonly CheckResult[]> {
  const { config } = site;
  return [...checkConfig(config), ...(await checkService(config)), ...(await checkFiles(config)), ...(await checkTokens(site, Date.now()))];
}

function checkConfig({ file, targets, users, warnings, policy }: Config): readonly CheckResult[] {
  const shadows = policy.rules.filter(({ enforce }) => !enforce);
  const results: CheckResult[] = [
    {
      check: 'configuration',
      level: 'ok',
      message: `${file} is valid: ${counted(targets.length, 'target')}, ${counted(users.length, 'user')}.`,
    },
  ];
  results.push(...warnings.map((warning): CheckResult => ({ check: 'configuration', level: 'warning', message: formatProblem(warning) })));
  if (shadows.length > 0) {
    const message = `${counted(shadows.length, 'rule')} of ${policy.rules.length} only ${shadows.length === 1 ? 'watches' : 'watch'} (enforce: false): ${shadows.map(({ name }) => `"${name}"`).join(', ')}.`;
    results.push({
      check: 'configuration',
      level: 'warning',
      message,
      mend: 'leave enforce: false out, once what it would stop is what it should',
    });
  }
  return results;
}
