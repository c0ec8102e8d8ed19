import type { Classification, CommandClass, Identity } from '@sallyport/core';
import { type Access, compileAccess } from './access.ts';
import { mergeApprovals } from './approval.ts';
import type { PolicyConfig, Rule } from './config.ts';
import type { Judgement, Shadow } from './judgement.ts';
import { KnownJudgements } from './known-judgements.ts';
import { classesOf } from './match.ts';
import { type ReadCommand, readCommand } from './relation.ts';
import { compileRule, type StandingRule } from './rule.ts';
import type { TargetFacts } from './standing.ts';
import { denialByDefault, denialByRules, denialByToken, denialOfLaundering, list, quoteAll } from './wording.ts';

/** Who asks, where, and with what token. One object per session: rules are sorted out once for it. */
export interface Subject {
  readonly identity: Identity;
  readonly target: TargetFacts;
  /** The token's scope; empty: every class that rules allow. */
  readonly tokenClasses: readonly CommandClass[];
}

export interface Policy {
  /** May this identity connect at all? */
  access(identity: Identity, target: TargetFacts): Access;
  /**
   * What may happen to a command. Default deny; `allow` lifts the default and nothing else; among
   * matching rules deny > hold > allow, in whatever order they stand.
   */
  judge(subject: Subject, command: Classification): Judgement;
}

/** @param config validated: unique rule names, an approval for every hold. */
export function compilePolicy(config: PolicyConfig): Policy {
  const rules = [...config.rules].sort((a, b) => (a.name < b.name ? -1 : 1)).map(compileRule);
  const standing = new WeakMap<Subject, { readonly rules: readonly StandingRule[]; readonly known: KnownJudgements }>();
  const standingFor = (subject: Subject) => {
    let found = standing.get(subject);
    if (found === undefined) {
      found = { rules: rules.flatMap((rule) => rule(subject.identity, subject.target) ?? []), known: new KnownJudgements() };
      standing.set(subject, found);
    }
    return found;
  };
  return {
    access: compileAccess(config.access),
    judge(subject, command) {
      const { rules: own, known } = standingFor(subject);
      return known.of(command, () => judge(subject, readCommand(command), own, config.defaults[subject.identity.kind]));
    },
  };
}

function judge(subject: Subject, command: ReadCommand, rules: readonly StandingRule[], passing: readonly CommandClass[]): Judgement {
  const matching = rules.filter((one) => one.matches(command));
  const enforced = matching.filter((one) => one.rule.enforce);
  const shadow = matching.flatMap(({ rule }): Shadow[] =>
    rule.enforce || rule.action === 'allow' ? [] : [{ rule: rule.name, would: rule.action }],
  );
  const verdict =
    beyondToken(subject, command) ??
    denied(enforced, command) ??
    byDefault(subject, command, enforced, passing) ??
    laundering(subject, command, enforced, rules) ??
    released(enforced, command, passing);
  return { ...verdict, shadow };
}

type Verdict = Omit<Judgement, 'shadow'>;

/** A token's scope is absolute: no rule widens it. */
function beyondToken({ tokenClasses }: Subject, command: ReadCommand): Verdict | undefined {
  const outside = tokenClasses.length === 0 ? [] : classesOf(command).filter((one) => !tokenClasses.includes(one));
  if (outside.length === 0) return undefined;
  return {
    action: 'deny',
    rules: [],
    message: denialByToken(outside, tokenClasses, command),
    reason: `The token is limited to ${list(tokenClasses)}, and the command is ${list(outside)}.`,
  };
}

function denied(matching: readonly StandingRule[], command: ReadCommand): Verdict | undefined {
  const rules = acting(matching, 'deny');
  if (rules.length === 0) return undefined;
  return { action: 'deny', rules: names(rules), message: denialByRules(rules, command), reason: `Denied by ${quoteAll(names(rules))}.` };
}

/** Every class of the command needs the default or a rule that lets it pass or wait. */
function byDefault(
  { identity }: Subject,
  command: ReadCommand,
  matching: readonly StandingRule[],
  passing: readonly CommandClass[],
): Verdict | undefined {
  const covered = new Set([...passing, ...matching.flatMap((one) => one.covers(command))]);
  const missing = classesOf(command).filter((one) => !covered.has(one));
  if (missing.length === 0) return undefined;
  return {
    action: 'deny',
    rules: [],
    message: denialByDefault(missing, command, identity.kind),
    reason: `No rule lets ${list(missing)} pass, and by default only ${list(passing)} does for the kind ${identity.kind}.`,
  };
}

/**
 * Values of masked columns may be stored where no mask finds them. Unless a rule speaks of that, an agent is denied; a
 * person waits for who may approve whatever else of theirs is held, this once, or is denied where there is nobody.
 */
function laundering(
  { identity }: Subject,
  command: ReadCommand,
  matching: readonly StandingRule[],
  rules: readonly StandingRule[],
): Verdict | undefined {
  if (command.launders !== true || matching.some(({ rule }) => rule.match.launders === true)) return undefined;
  if (identity.kind === 'agent') return unlaundered(command, 'agents may not do that without a rule');
  const holds = acting(matching, 'hold');
  const asked =
    holds.length > 0
      ? holds
      : acting(
          rules.filter(({ rule }) => rule.enforce),
          'hold',
        );
  const approval = mergeApprovals(asked.map((rule) => rule.approval));
  if (approval === undefined) return unlaundered(command, 'no group is named that may approve all that is held');
  const { forMs: _once, ...terms } = approval;
  return {
    action: 'hold',
    rules: names(holds),
    approval: { ...terms, grant: 'once' },
    reason: `Held for an approval by ${list(approval.groups)}: it may store values of masked columns where no mask finds them.`,
  };
}

function unlaundered(command: ReadCommand, why: string): Verdict {
  const message = denialOfLaundering(command, why);
  return { action: 'deny', rules: [], message, reason: message };
}

function released(matching: readonly StandingRule[], command: ReadCommand, passing: readonly CommandClass[]): Verdict {
  const holds = acting(matching, 'hold');
  if (holds.length > 0) return held(holds, matching, command);
  const lifted = classesOf(command).filter((one) => !passing.includes(one));
  const lifting = matching.filter((one) => one.covers(command).some((covered) => lifted.includes(covered)));
  const recording = matching.filter((one) => speaksOfRecording(one, command));
  const rules = names([...new Set([...lifting, ...recording])].map((one) => one.rule));
  const reason =
    lifted.length === 0
      ? `By default ${list(classesOf(command))} passes.`
      : `Allowed by ${quoteAll(names(lifting.map((one) => one.rule)))}.`;
  return { action: 'allow', rules, ...recordingOf(recording), reason };
}

function held(holds: readonly Rule[], matching: readonly StandingRule[], command: ReadCommand): Verdict {
  const rules = names(holds);
  const approval = mergeApprovals(holds.map((rule) => rule.approval));
  if (approval === undefined) {
    const reason = `${quoteAll(rules)} hold this, and no group may approve for all of them: name one group in each.`;
    return { action: 'deny', rules, message: reason, reason };
  }
  const recording = matching.filter((one) => speaksOfRecording(one, command));
  const reason = `Held by ${quoteAll(rules)} for an approval by ${list(approval.groups)}.`;
  return { action: 'hold', rules, approval, ...recordingOf(recording), reason };
}

/** Less may be recorded only where the rule that says so means the whole command, beyond doubt. */
function speaksOfRecording({ rule, matchesWholly }: StandingRule, command: ReadCommand): boolean {
  return (rule.record ?? rule.results) !== undefined && matchesWholly(command);
}

/** Rules that disagree about results keep the most. */
function recordingOf(rules: readonly StandingRule[]): Pick<Judgement, 'record' | 'results'> {
  const results = (['full', 'digest', 'none'] as const).find((one) => rules.some(({ rule }) => rule.results === one));
  return {
    ...(rules.some(({ rule }) => rule.record === 'off') ? { record: 'off' as const } : {}),
    ...(results === undefined ? {} : { results }),
  };
}

function acting(matching: readonly StandingRule[], action: Rule['action']): readonly Rule[] {
  return matching.map((one) => one.rule).filter((rule) => rule.action === action);
}

function names(rules: readonly Rule[]): readonly string[] {
  return rules.map((rule) => rule.name).sort();
}
