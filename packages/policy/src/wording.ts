import type { Classification, CommandClass, Identity } from '@sallyport/core';
import type { Rule } from './config.ts';
import { classesOf } from './match.ts';

const NAMES_SHOWN = 5;

/** `"a"`, `"a" and "b"`. */
export function quoteAll(names: readonly string[]): string {
  return list(names.map((name) => `"${name}"`));
}

/** `a`, `a and b`, `a, b and c`; long lists are cut and counted. */
export function list(words: readonly string[]): string {
  if (words.length > NAMES_SHOWN) return `${words.slice(0, NAMES_SHOWN).join(', ')} and ${words.length - NAMES_SHOWN} more`;
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

/** `DROP TABLE on public.customers (class ddl)` */
function describe(command: Classification): string {
  const what = command.verbs.length === 0 ? 'The command' : list(command.verbs);
  const where = command.relations.length === 0 ? '' : ` on ${list(command.relations)}`;
  return `${what}${where} (class ${list(classesOf(command))})`;
}

/** What a client reads when rules deny: their own words, or ours for one that has none. */
export function denialByRules(rules: readonly Rule[], command: Classification): string {
  return rules.map((rule) => rule.message ?? denialByRule(rule, command)).join(' ');
}

function denialByRule(rule: Rule, command: Classification): string {
  const lift = rule.match.unfiltered === true ? 'A WHERE clause that selects rows lifts it' : 'Only an exemption in the rule lifts it';
  return `${describe(command)} is denied by the rule "${rule.name}". ${lift}.`;
}

/** What a client reads when no rule lets some classes pass. */
export function denialByDefault(missing: readonly CommandClass[], command: Classification, kind: Identity['kind']): string {
  const why = command.reason === undefined ? '' : ` ${command.reason}`;
  const whom = kind === 'agent' ? 'an agent' : 'a person';
  return `${describe(command)} is denied: ${list(missing)} does not pass for ${whom} without a rule. A rule that allows or holds ${list(missing)} lifts it.${why}`;
}

/** What a client reads when its token is made for less. */
export function denialByToken(outside: readonly CommandClass[], scope: readonly CommandClass[], command: Classification): string {
  return `${describe(command)} is denied: the token is limited to ${list(scope)}. A token that includes ${list(outside)} lifts it.`;
}

/** What a client reads whose command would carry values past their masks. */
export function denialOfLaundering(command: Classification, why: string): string {
  return `${describe(command)} is denied: it may store values of masked columns where no mask finds them, and ${why}. Store constants or parameters instead; a rule with launders: true that holds or allows it lifts this.`;
}
