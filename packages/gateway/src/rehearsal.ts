import { type Classification, type CommandClass, GatewayError, type Protocol } from '@sallyport/core';
import { compilePolicy, type Shadow } from '@sallyport/policy';
import type { Config } from './config/config.ts';
import { withoutSecrets } from './config/target-secrets.ts';

/** What would happen to a command; stable JSON. */
export interface Rehearsal {
  readonly ruling: 'allow' | 'deny' | 'hold';
  /** Whether the user may connect at all, and whether somebody must approve that first. */
  readonly access: 'open' | 'approval' | 'none';
  /** The rules that decide; empty where access or the defaults do. */
  readonly rule: readonly string[];
  readonly class: readonly CommandClass[];
  readonly verb: readonly string[];
  readonly relations: readonly string[];
  readonly unfiltered: boolean;
  readonly objects?: NonNullable<Classification['objects']>;
  readonly shadow: readonly Shadow[];
  readonly reason: string;
  /** What a denied client would read. */
  readonly message: string | null;
}

/**
 * Judges a command as the gateway would, without a connection: what only the target's catalogue
 * can tell (what a function does, which schema a name means) counts as unknown here.
 *
 * @throws GatewayError ERR_CONFIG for a user or target that the configuration does not have.
 */
export async function rehearse(
  config: Config,
  protocols: readonly Protocol[],
  asked: { readonly user: string; readonly target: string; readonly command: string },
): Promise<Rehearsal> {
  const user = found('user', asked.user, config.users);
  const target = found('target', asked.target, config.targets);
  const protocol = found('protocol', target.protocol, protocols);
  const classification = await protocol.classify(asked.command, withoutSecrets(target));
  const policy = compilePolicy(config.policy);
  const { class: classes, verbs: verb, relations, unfiltered, objects } = classification;
  const facts = { class: classes, verb, relations, unfiltered, ...(objects !== undefined && { objects }) };
  const access = policy.access(user, target);
  if (!access.allowed) {
    const reason = `${user.name} has no access to ${target.name}: no access rule lists it.`;
    return { ...facts, ruling: 'deny', access: 'none', rule: [], shadow: [], reason, message: reason };
  }
  const judged = policy.judge({ identity: user, target, tokenClasses: [] }, classification);
  const reason = classification.reason === undefined ? judged.reason : `${judged.reason} ${classification.reason}`;
  const { action: ruling, rules: rule, shadow, message = null } = judged;
  return { ...facts, ruling, access: access.approval === undefined ? 'open' : 'approval', rule, shadow, reason, message };
}

function found<T extends { readonly name: string }>(what: string, name: string, among: readonly T[]): T {
  const one = among.find((each) => each.name === name);
  if (one !== undefined) return one;
  throw new GatewayError(
    'ERR_CONFIG',
    `There is no ${what} ${JSON.stringify(name)}. There are: ${among.map((each) => each.name).join(', ') || 'none'}.`,
  );
}
