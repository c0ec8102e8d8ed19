import { GatewayError } from '@sallyport/core';
import type { PushLimits } from './push-limits.ts';

/** Who has pushes in quarantine, and how many, by the quarantine's directory: a gateway has one. */
const places = new Map<string, Map<string, number>>();

/**
 * Takes a place among the pushes that are judged at the same time, for each costs room on the disk
 * and runs of git.
 *
 * @returns gives it back; more than once is once.
 * @throws GatewayError where there is none left.
 */
export function enterQuarantine(directory: string, owner: string, { pushes, pushesEach }: PushLimits): () => void {
  const owners = places.get(directory) ?? new Map<string, number>();
  const own = owners.get(owner) ?? 0;
  const all = [...owners.values()].reduce((sum, count) => sum + count, 0);
  if (own >= pushesEach) throw full(`${own} pushes of yours`);
  if (all >= pushes) throw full(`${all} pushes`);
  places.set(directory, owners.set(owner, own + 1));
  let here = true;
  return () => {
    if (here) leave(directory, owner);
    here = false;
  };
}

function leave(directory: string, owner: string): void {
  const owners = places.get(directory);
  const left = (owners?.get(owner) ?? 0) - 1;
  if (left > 0) owners?.set(owner, left);
  else owners?.delete(owner);
  if (owners?.size === 0) places.delete(directory);
}

function full(who: string): GatewayError {
  return new GatewayError(
    'ERR_LIMIT',
    `${who} are being judged or wait for an approval, and no more may at a time. Push again when one of them is through.`,
  );
}
