import { anyOf, type Column, GatewayError, type Identity, MASK_METHODS, type Mask, type Target, type TextMask } from '@sallyport/core';
import { compileColumn } from './column.ts';
import { isMask } from './mask-form.ts';
import { maskFunction, REDACTED } from './method.ts';
import type { MaskRule } from './rule.ts';

/** What may be seen of a target's columns. */
export interface Masks {
  /**
   * undefined: this identity sees the column as it is. Where several rules name it the strictest
   * decides (null, redact, hash, partial); among equals the first of the file.
   */
  forColumn(identity: Identity, target: Pick<Target, 'name'>, column: Column): Mask | undefined;
  /** For values whose origin is unknown while protected data is in reach. */
  readonly protectedMask: Mask;
  /** What masks by form for this identity at this target; undefined when no rule does. */
  forText(identity: Identity, target: Pick<Target, 'name'>): TextMask | undefined;
  /** See `Gate.isMask`. */
  isMask(text: string): boolean;
  /** False: no rule on columns can concern this identity at this target. */
  any(identity: Identity, target: Pick<Target, 'name'>): boolean;
}

/**
 * Compiles the masking rules.
 *
 * @param options.hashKey secret of at least 16 bytes: whoever has it can test guesses against hashes.
 * @throws GatewayError ERR_CONFIG for a column pattern or method that is none.
 */
export function compileMasks(rules: readonly MaskRule[], options: { readonly hashKey: Buffer }): Masks {
  if (options.hashKey.length < 16) throw new GatewayError('ERR_CONFIG', 'The key for hashing masked values needs at least 16 bytes.');
  const compiled = rules.map((rule) => compileRule(rule, options.hashKey)).sort((a, b) => a.rank - b.rank);
  return {
    forColumn: (identity, target, column) => compiled.find((rule) => rule.concerns(identity, target) && rule.names(column))?.mask,
    protectedMask: { rule: 'protected data', method: 'redact', apply: () => REDACTED },
    forText: () => undefined,
    isMask,
    any: (identity, target) => compiled.some((rule) => rule.concerns(identity, target)),
  };
}

interface CompiledRule {
  readonly rank: number;
  readonly mask: Mask;
  concerns(identity: Identity, target: Pick<Target, 'name'>): boolean;
  names(column: Column): boolean;
}

function compileRule(rule: MaskRule, hashKey: Buffer): CompiledRule {
  const rank = MASK_METHODS.indexOf(rule.method);
  if (rank < 0 || (rule.method as string) === 'token')
    throw new GatewayError('ERR_CONFIG', `The masking rule "${rule.name}" has a method that this release does not know.`);
  const columns = rule.columns.map(compileColumn);
  const targets = anyOf(rule.targets);
  const exempt = compileUnless(rule.unless ?? {});
  return {
    rank,
    mask: { rule: rule.name, method: rule.method, apply: maskFunction(rule.method, hashKey, rule.name) },
    concerns: (identity, target) => targets(target.name) && !exempt(identity),
    names: (column) => columns.some((matches) => matches(column)),
  };
}

/** Without any key nobody is exempt. */
function compileUnless({ groups, users }: NonNullable<MaskRule['unless']>): (identity: Identity) => boolean {
  if (groups === undefined && users === undefined) return () => false;
  const isUser = anyOf(users);
  const isGroup = anyOf(groups);
  return (identity) => isUser(identity.name) && (groups === undefined || identity.groups.some(isGroup));
}
