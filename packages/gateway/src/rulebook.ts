import type { Keys } from '@sallyport/identity';
import { compileMasks } from '@sallyport/masking';
import { compilePolicy } from '@sallyport/policy';
import type { Config } from './config/config.ts';
import type { Rulebook } from './gate-session.ts';

/** @param keys of the gateway: the same keys give the same masks for the same values. */
export function compileRulebook(config: Config, keys: Pick<Keys, 'secret'>): Rulebook {
  const masks = compileMasks(config.masks, { hashKey: keys.secret('mask-hash'), tokenKey: keys.secret('mask-token') });
  return { policy: compilePolicy(config.policy), masks, digest: config.digest };
}
