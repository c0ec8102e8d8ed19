import {
  anyOf,
  type Column,
  type ContentMasks,
  type FieldMasks,
  GatewayError,
  type Identity,
  MASK_METHODS,
  type Mask,
  type Target,
  type TextMask,
} from '@sallyport/core';
import { compileColumn } from './column.ts';
import { compileFieldMasks, type FieldRule } from './field/field-masks.ts';
import { parseFieldPath } from './field/field-path.ts';
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
  /** What masks by its place in a document; undefined when no rule does. */
  forFields(identity: Identity, target: Pick<Target, 'name'>): FieldMasks | undefined;
  /** What is masked in content that goes to the target: by the rules that say `requests`. */
  forRequests(identity: Identity, target: Pick<Target, 'name'>): ContentMasks;
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
  const onColumns = compiled.filter(({ columns }) => columns.length > 0);
  const onText = compiled.filter(({ text }) => text !== undefined);
  const onFields = compiled.filter(({ fields }) => fields !== undefined);
  const textMasks = shared((rules) => new RulesMask(rules.flatMap(({ text }) => text ?? [])));
  const fieldMasks = shared((rules) => compileFieldMasks(rules.flatMap(({ fields }) => fields ?? [])));
  return {
    forColumn: (identity, target, column) =>
      onColumns.find((rule) => rule.concerns(identity, target) && rule.columns.some((matches) => matches(column)))?.mask,
    protectedMask: { rule: 'protected data', method: 'redact', apply: () => REDACTED, fixed: REDACTED },
    forText: (identity, target) => textMasks(onText.filter((rule) => rule.concerns(identity, target))),
    forFields: (identity, target) => fieldMasks(onFields.filter((rule) => rule.concerns(identity, target))),
    forRequests: (identity, target) => ({
      text: textMasks(onText.filter((rule) => rule.requests && rule.concerns(identity, target))),
      fields: fieldMasks(onFields.filter((rule) => rule.requests && rule.concerns(identity, target))),
    }),
    isMask,
    any: (identity, target) => onColumns.some((rule) => rule.concerns(identity, target)),
  };
}

interface CompiledRule {
  readonly rank: number;
  readonly mask: Mask;
  readonly columns: readonly ((column: Column) => boolean)[];
  readonly text: TextRule | undefined;
  readonly fields: FieldRule | undefined;
  readonly requests: boolean;
  concerns(identity: Identity, target: Pick<Target, 'name'>): boolean;
}

function compileRule(rule: MaskRule, keys: MaskKeys): CompiledRule {
  const { detect = [], patterns = [], fields = [], requests = false } = rule;
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
    fields: fields.length === 0 ? undefined : { mask, paths: fields.map(parseFieldPath) },
    requests,
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

/** Sessions that the same rules concern share what is made of these. Without any rule there is nothing to make. */
function shared<M>(make: (rules: readonly CompiledRule[]) => M): (rules: readonly CompiledRule[]) => M | undefined {
  const made = new Map<string, M>();
  return (rules) => {
    if (rules.length === 0) return undefined;
    const key = rules.map(({ mask }) => mask.rule).join('\n');
    const known = made.get(key) ?? make(rules);
    made.set(key, known);
    return known;
  };
}
