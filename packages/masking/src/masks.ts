import { anyOf, type Column, GatewayError, type Identity, MASK_METHODS, type Mask, type Target, type TextMask } from '@sallyport/core';
import { compileColumn } from './column.ts';
import { isMask } from './mask-form.ts';
import { type MaskKeys, makeMask, REDACTED } from './method.ts';
import type { MaskRule } from './rule.ts';
import { Pattern } from './text/pattern.ts';
import { RulesMask, type TextRule } from './text/text-mask.ts';

/** What may be seen of a target's data. */
export interface Masks {
  /**
   * undefined: this identity sees the column as it is. Where several rules name it the strictest
   * decides (null, redact, hash, token, partial); among equals the first of the file.
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
 * @throws GatewayError ERR_CONFIG for a column pattern, a pattern or a method that is none.
 */
export function compileMasks(rules: readonly MaskRule[], keys: MaskKeys): Masks {
  for (const key of Object.values<Buffer>({ ...keys })) {
    if (key.length < 16) throw new GatewayError('ERR_CONFIG', 'The keys for masking values need at least 16 bytes.');
  }
  const compiled = rules.map((rule) => compileRule(rule, keys)).sort((a, b) => a.rank - b.rank);
  const [onColumns, onText] = [compiled.filter(({ columns }) => columns.length > 0), compiled.filter(({ text }) => text !== undefined)];
  const textMasks = new Map<string, TextMask>();
  return {
    forColumn: (identity, target, column) =>
      onColumns.find((rule) => rule.concerns(identity, target) && rule.columns.some((matches) => matches(column)))?.mask,
    protectedMask: { rule: 'protected data', method: 'redact', apply: () => REDACTED, fixed: REDACTED },
    forText(identity, target) {
      const concerning = onText.filter((rule) => rule.concerns(identity, target));
      if (concerning.length === 0) return undefined;
      return lookUp(
        textMasks,
        concerning.map(({ mask }) => mask.rule).join('\n'),
        () => new RulesMask(concerning.flatMap(({ text }) => text ?? [])),
      );
    },
    isMask,
    any: (identity, target) => onColumns.some((rule) => rule.concerns(identity, target)),
  };
}

interface CompiledRule {
  readonly rank: number;
  readonly mask: Mask;
  readonly columns: readonly ((column: Column) => boolean)[];
  readonly text: TextRule | undefined;
  concerns(identity: Identity, target: Pick<Target, 'name'>): boolean;
}

function compileRule(rule: MaskRule, keys: MaskKeys): CompiledRule {
  const { detect = [], patterns = [] } = rule;
  const mask = makeMask(rule, keys);
  const targets = anyOf(rule.targets);
  const exempt = compileUnless(rule.unless ?? {});
  return {
    rank: MASK_METHODS.indexOf(rule.method),
    mask,
    columns: rule.columns.map(compileColumn),
    text:
      detect.length + patterns.length === 0
        ? undefined
        : { mask, detectors: detect, patterns: patterns.map((pattern) => new Pattern(pattern)) },
    concerns: (identity, target) => targets(target.name) && !exempt(identity),
  };
}

/** Without any key nobody is exempt. */
function compileUnless({ groups, users }: NonNullable<MaskRule['unless']>): (identity: Identity) => boolean {
  if (groups === undefined && users === undefined) return () => false;
  const isUser = anyOf(users);
  const isGroup = anyOf(groups);
  return (identity) => isUser(identity.name) && (groups === undefined || identity.groups.some(isGroup));
}

function lookUp<V>(map: Map<string, V>, key: string, make: () => V): V {
  const known = map.get(key) ?? make();
  map.set(key, known);
  return known;
}
