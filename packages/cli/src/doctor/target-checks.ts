import type { CheckResult, InspectedColumn, Protocol } from '@sallyport/core';
import { type Config, maskCoverage, resolveSecrets, type TargetConfig } from '@sallyport/gateway';
import { sentence } from '../exit.ts';
import { checkNetwork } from './network-checks.ts';

const NAMED = 5;

/** Everything about one target, from its name to its masks. Ends where the next check could tell nothing. */
export async function checkTarget(
  config: Config,
  target: TargetConfig,
  protocol: Protocol,
  signal: AbortSignal,
): Promise<readonly CheckResult[]> {
  const network = await checkNetwork(target.host, target.port, signal);
  if (network.some(({ level }) => level === 'problem')) return network;
  let resolved: Awaited<ReturnType<typeof resolveSecrets>>;
  try {
    resolved = await resolveSecrets(target);
  } catch (error) {
    return [
      ...network,
      {
        check: 'credentials',
        level: 'problem',
        message: sentence(error),
        mend: 'what the sentence says; doctor looks secrets up where it is started',
      },
    ];
  }
  const { results, inside } = await protocol.inspect(resolved, { sample: false }, signal);
  // Only databases have columns.
  const masks = inside === undefined || inside.databases.length === 0 ? [] : checkMasks(config, target.name, inside.columns);
  return [...network, ...results, ...masks];
}

function checkMasks({ masks }: Config, target: string, columns: readonly InspectedColumn[]): readonly CheckResult[] {
  const { idle, open } = maskCoverage(masks, target, columns);
  const results: CheckResult[] = idle.map(({ rule, pattern }) => ({
    check: 'masks',
    level: 'warning',
    message: `The mask "${rule}" names ${pattern}, which is no column there: nothing is masked by it.`,
    mend: 'correct the name, or leave it out',
  }));
  for (const { name, columns: patterns, found, method } of open) {
    const more = found.length > NAMED ? ` and ${found.length - NAMED} more` : '';
    results.push({
      check: 'masks',
      level: 'warning',
      message: `No mask covers what looks like ${name}: ${found.slice(0, NAMED).join(', ')}${more}.`,
      mend: `masking: - { name: ${name}, columns: [${patterns.map((pattern) => JSON.stringify(pattern)).join(', ')}], method: ${method === 'null' ? '"null"' : method} }`,
    });
  }
  if (results.length > 0) return results;
  return [
    {
      check: 'masks',
      level: 'ok',
      message:
        masks.length === 0
          ? 'No column looks as if it needed a mask.'
          : 'Every mask names a column, and no other column looks as if it needed one.',
    },
  ];
}
