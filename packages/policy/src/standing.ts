import { anyOf, type Identity, type Target } from '@sallyport/core';
import type { StandingMatch } from './config.ts';

/** What policy knows of a target. */
export type TargetFacts = Pick<Target, 'name' | 'protocol' | 'labels'>;

export type StandingTest = (identity: Identity, target: TargetFacts) => boolean;

/** Compiles the conditions that hold, or do not, for a whole session. */
export function compileStanding(match: StandingMatch): StandingTest {
  const targets = anyOf(match.targets);
  const users = anyOf(match.users);
  const groups = anyOf(match.groups);
  const protocol = anyOf(match.protocol);
  const labels = Object.entries(match.labels ?? {}).map(([name, values]) => ({ name, is: anyOf(values) }));
  return (identity, target) =>
    protocol(target.protocol) &&
    targets(target.name) &&
    users(identity.name) &&
    (match.kind === undefined || match.kind.includes(identity.kind)) &&
    (match.groups === undefined || identity.groups.some(groups)) &&
    labels.every(({ name, is }) => Object.hasOwn(target.labels, name) && is(target.labels[name] ?? ''));
}
