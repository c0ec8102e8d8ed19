import { glob, type InspectedColumn } from '@sallyport/core';
import { compileColumn, guessByName, guessByValues, type MaskRule } from '@sallyport/masking';

/** A mask that would fit what a target holds. */
export interface MaskProposal extends Pick<MaskRule, 'name' | 'columns' | 'method'> {
  /** `schema.table.column`, for people. */
  readonly found: readonly string[];
}

/**
 * Proposes masks for columns that seem to hold what not everybody should see. What a name tells is
 * masked in every table, present and future; what only values tell, in that column.
 */
export function proposeMasks(columns: readonly InspectedColumn[]): readonly MaskProposal[] {
  const proposals = new Map<string, MaskProposal>();
  // A view's columns come from tables: the mask of those covers them.
  for (const column of columns.filter(({ of }) => of === 'table')) {
    const named = guessByName(column.name);
    const kind = named ?? guessByValues(column.sample ?? []);
    if (kind === undefined) continue;
    const pattern =
      named === undefined ? [...splitRelation(column.relation), column.name].map(patternPart).join('.') : `*.${patternPart(column.name)}`;
    const { columns: patterns = [], found = [] } = proposals.get(kind.name) ?? {};
    proposals.set(kind.name, {
      ...kind,
      columns: [...new Set([...patterns, pattern])],
      found: [...new Set([...found, `${column.relation}.${column.name}`])],
    });
  }
  return [...proposals.values()];
}

/** How masks fit what a target holds. */
export interface MaskCoverage {
  /** Patterns of the target's masks that are no column there: most likely a slip. */
  readonly idle: readonly { readonly rule: string; readonly pattern: string }[];
  /** What {@link proposeMasks} would mask and nothing does. */
  readonly open: readonly MaskProposal[];
}

/** Holds a target's masks against its columns. A mask with `unless` counts: it is there for others. */
export function maskCoverage(masks: readonly MaskRule[], target: string, columns: readonly InspectedColumn[]): MaskCoverage {
  const patterns = masks
    .filter(({ targets = ['*'] }) => targets.some((name) => glob(name)(target)))
    .flatMap(({ name: rule, columns: all }) => all.map((pattern) => ({ rule, pattern, matches: compileColumn(pattern) })));
  const idle = patterns.filter(({ matches }) => !columns.some(matches)).map(({ rule, pattern }) => ({ rule, pattern }));
  return { idle, open: proposeMasks(columns.filter((column) => !patterns.some(({ matches }) => matches(column)))) };
}

function splitRelation(relation: string): readonly [string, string] {
  const dot = relation.indexOf('.');
  return [relation.slice(0, dot), relation.slice(dot + 1)];
}

/** Quoted where it would mean something else: a glob, a dot, or another case. */
function patternPart(name: string): string {
  return /^[a-z0-9_ -]+$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}
