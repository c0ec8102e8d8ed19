import { withPrepared } from '../classify/analyse.ts';
import type { Analysis, StatementAnalysis } from '../classify/analysis.ts';
import { type Names, UNSURE } from './names.ts';
import type { BoundValues, Portal, Statement } from './statement.ts';

/** EXECUTEs of EXECUTEs that are followed. Where one leads further nobody knows what runs; the target gives up as well. */
const MAX_STEPS = 8;

/** What names stand for where the text stands. */
export interface NameScope {
  readonly statements: Names<Statement>;
  readonly portals: Names<Portal>;
  readonly group: number;
}

/** What an EXECUTE or FETCH runs that another text has defined. */
export interface Indirect {
  readonly statement: Statement;
  /** FETCH of a portal that was never executed itself. */
  readonly bound: BoundValues | undefined;
}

/** A text as it would run at this moment. */
export interface Followed {
  /** With every EXECUTE and FETCH replaced by what it runs. */
  readonly analysis: Analysis;
  /** The other texts that run with it, in order: the names alone would bind an approval to nothing. */
  readonly indirect: readonly Indirect[];
}

/**
 * Replaces every EXECUTE and FETCH by what it runs, which may be defined in the same text.
 * UNSURE: a definition is still on its way through the target.
 */
export function followNames(analysis: Analysis, scope: NameScope): Followed | typeof UNSURE {
  if (!analysis.statements.some(indirect)) return { analysis, indirect: [] };
  const local = new Map<string, StatementAnalysis>();
  const statements: StatementAnalysis[] = [];
  const found: Indirect[] = [];
  for (const statement of analysis.statements) {
    const followed = follow(statement, local, scope, found);
    if (followed === UNSURE) return UNSURE;
    if (statement.prepare !== undefined) local.set(`S${statement.prepare.name}`, statement.prepare.statement);
    if (statement.cursor?.act === 'declare') local.set(`P${statement.cursor.name}`, statement);
    statements.push(followed);
  }
  return { analysis: { ...analysis, statements }, indirect: found };
}

function indirect({ execute, cursor }: StatementAnalysis): boolean {
  return execute !== undefined || cursor?.act === 'fetch';
}

function follow(
  statement: StatementAnalysis,
  local: ReadonlyMap<string, StatementAnalysis>,
  scope: NameScope,
  found: Indirect[],
  steps = 0,
): StatementAnalysis | typeof UNSURE {
  if (statement.execute !== undefined) {
    const { name } = statement.execute;
    const inner = local.get(`S${name}`) ?? elsewhere(scope.statements.find(name, scope.group), undefined, scope, found, steps);
    if (inner === UNSURE) return UNSURE;
    return inner === undefined
      ? unknown(statement, `The prepared statement "${name}" is not known to the gateway.`)
      : withPrepared(statement, inner);
  }
  if (statement.cursor?.act === 'fetch') {
    const { name } = statement.cursor;
    const portal = scope.portals.find(name, scope.group);
    const inner = local.get(`P${name}`) ?? (portal === UNSURE ? UNSURE : elsewhere(portal?.statement, portal?.bound, scope, found, steps));
    if (inner === UNSURE) return UNSURE;
    return inner === undefined ? unknown(statement, `The cursor "${name}" is not known to the gateway.`) : fetching(statement, inner);
  }
  return statement;
}

/** What another text has defined, which may itself be an EXECUTE, of itself too. */
function elsewhere(
  definition: Statement | undefined | typeof UNSURE,
  bound: BoundValues | undefined,
  scope: NameScope,
  found: Indirect[],
  steps: number,
): StatementAnalysis | undefined | typeof UNSURE {
  if (steps >= MAX_STEPS) return undefined;
  const inner = only(definition);
  if (inner === undefined || inner === UNSURE || definition === undefined || definition === UNSURE) return inner;
  found.push({ statement: definition, bound });
  return inner.execute === undefined ? inner : follow(inner, new Map(), scope, found, steps + 1);
}

/** A prepared text holds one statement, or none that could be understood. */
function only(found: Statement | undefined | typeof UNSURE): StatementAnalysis | undefined | typeof UNSURE {
  if (found === undefined || found === UNSURE) return found;
  return found.analysis.failure === undefined ? found.analysis.statements[0] : undefined;
}

function unknown(statement: StatementAnalysis, reason: string): StatementAnalysis {
  return { ...statement, class: [...new Set([...statement.class, 'unknown' as const])], opaque: true, reason };
}

/** FETCH runs its cursor's query, and gives its outputs. A portal may be any bound statement. */
function fetching(fetch: StatementAnalysis, inner: StatementAnalysis): StatementAnalysis {
  const executed = withPrepared({ ...fetch, execute: { name: fetch.cursor?.name ?? '', class: fetch.class } }, inner);
  return { ...executed, ...(inner.outputs && { outputs: inner.outputs }), flat: inner.flat };
}
