import { compileMasks } from '@sallyport/masking';
import { compilePolicy } from '@sallyport/policy';
import type { Config } from './config/config.ts';
import type { Rulebook } from './gate-session.ts';

/** @param hashKey keys the `hash` masks: the same key gives the same mask for the same value. */
export function compileRulebook(config: Config, hashKey: Buffer): Rulebook {
  return { policy: compilePolicy(config.policy), masks: compileMasks(config.masks, { hashKey }), digest: config.digest };
}
