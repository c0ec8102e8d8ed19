import { isDeepStrictEqual } from 'node:util';
import type { RelationRef, StatementAnalysis } from './analysis.ts';
import type { Analysed } from './classifier.ts';
import { refuse } from './refusal.ts';

/** Two readings of one text taken together: it may do what either says. */
export function joined(one: readonly Analysed[], other: readonly Analysed[]): readonly Analysed[] {
  if (one.length === 0 || other.length === 0) return one.length === 0 ? other : one;
  if (one.length !== other.length) refuse('Version comments hide or show whole statements: send them as texts of their own.');
  return one.map((mine, i) => {
    const theirs = other[i] as Analysed;
    return { analysis: both(mine.analysis, theirs.analysis), byValue: mine.byValue || theirs.byValue };
  });
}

function both(one: StatementAnalysis, other: StatementAnalysis): StatementAnalysis {
  const { outputs, compared: _compared, stores: _stores, prepare, execute, deallocate, database, reason: ownReason, ...own } = one;
  const alike = isDeepStrictEqual(
    [prepare, execute, deallocate, database],
    [other.prepare, other.execute, other.deallocate, other.database],
  );
  if (!alike) refuse('Version comments decide what is prepared, executed or used: leave them out.');
  const reason = ownReason ?? other.reason;
  return {
    ...own,
    ...(prepare && { prepare }),
    ...(execute && { execute }),
    ...(deallocate !== undefined && { deallocate }),
    ...(database !== undefined && { database }),
    ...(outputs !== undefined && isDeepStrictEqual(outputs, other.outputs) && { outputs }),
    ...(reason !== undefined && { reason }),
    verbs: union(one.verbs, other.verbs),
    class: union(one.class, other.class),
    relations: relations(one.relations, other.relations),
    routines: [...one.routines, ...other.routines.filter((routine) => !one.routines.some((mine) => isDeepStrictEqual(mine, routine)))],
    aliases: union(one.aliases, other.aliases),
    unfiltered: one.unfiltered || other.unfiltered,
    copies: one.copies || other.copies,
    flat: one.flat && other.flat,
    unsettles: one.unsettles || other.unsettles || !isDeepStrictEqual(one.sets, other.sets),
    collected: one.collected || other.collected,
    opaque: one.opaque || other.opaque,
    describes: one.describes && other.describes,
    assigns: one.assigns || other.assigns,
    secret: one.secret || other.secret,
  };
}

const union = <T>(one: readonly T[], other: readonly T[]): readonly T[] => [...new Set([...one, ...other])];

function relations(one: readonly RelationRef[], other: readonly RelationRef[]): readonly RelationRef[] {
  const merged = new Map<string, RelationRef>();
  for (const relation of [...one, ...other]) {
    const key = JSON.stringify([relation.schema, relation.name]);
    const known = merged.get(key);
    merged.set(key, known === undefined || known.use === relation.use ? relation : { ...relation, use: 'both' });
  }
  return [...merged.values()];
}
