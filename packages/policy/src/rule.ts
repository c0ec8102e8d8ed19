import type { CommandClass, Identity } from '@sallyport/core';
import type { Rule } from './config.ts';
import { type CompiledMatch, compileMatch } from './match.ts';
import type { ReadCommand } from './relation.ts';
import type { TargetFacts } from './standing.ts';

/** A rule as one session meets it: who asks and where is settled, what is asked is open. */
export interface StandingRule {
  readonly rule: Rule;
  /** It speaks of this command. */
  matches(command: ReadCommand): boolean;
  /** It speaks of every part of this command, beyond doubt. */
  matchesWholly(command: ReadCommand): boolean;
  /** Classes of a matching command that may pass, or wait, because of the rule. Empty for a denial. */
  covers(command: ReadCommand): readonly CommandClass[];
}

/** Gives the rule for a session; undefined where it concerns none of its commands. */
export type CompiledRule = (identity: Identity, target: TargetFacts) => StandingRule | undefined;

/** A rule that permits is read narrowly and its `unless` widely; one that restricts, the other way. */
export function compileRule(rule: Rule): CompiledRule {
  const match = compileMatch(rule.match);
  const unless = rule.unless === undefined || Object.keys(rule.unless).length === 0 ? undefined : compileMatch(rule.unless);
  const permits = rule.action === 'allow';
  const meant = permits ? (command: ReadCommand) => match.named(command).length > 0 && match.surelyButClass(command) : match.may;
  const covers = coverage(rule, match);
  return (identity, target) => {
    if (!match.standing(identity, target)) return undefined;
    const exempting = unless?.standing(identity, target) === true ? unless : undefined;
    const exempt = (command: ReadCommand): boolean => (permits ? exempting?.may(command) : exempting?.surely(command)) ?? false;
    return {
      rule,
      matches: (command) => meant(command) && !exempt(command),
      matchesWholly: (command) => match.surely(command) && !(exempting?.may(command) ?? false),
      covers,
    };
  };
}

function coverage(rule: Rule, match: CompiledMatch): StandingRule['covers'] {
  if (rule.action === 'allow') return match.named;
  return rule.action === 'hold' ? match.suspected : () => [];
}
