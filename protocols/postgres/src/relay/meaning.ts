import type { CommandClass } from '@sallyport/core';
import type { Catalogue, Resolved } from '../catalogue/catalogue.ts';
import type { Analysis, CopyFormat, CopyStatement, OutputRef, StatementAnalysis } from '../classify/analysis.ts';
import { computes } from '../classify/pure-functions.ts';
import { type Readable, readableIn } from './operands.ts';
import type { Protection } from './protection.ts';
import { isClear } from './row-plan.ts';
import { tellsOfSecrets } from './secrets.ts';

/** One statement of a text, held against the catalogue. */
export interface StatementMeaning {
  /** EXECUTE and FETCH replaced by what they run. */
  readonly analysis: StatementAnalysis;
  readonly resolved: Resolved;
  /** It is over protected data: what has no proven origin in its results is masked. */
  readonly exposed: boolean;
  /** Its names mean what the catalogue says. */
  readonly certain: boolean;
}

/** What a text does at the moment of asking, for policy and for masks. */
export interface Meaning {
  readonly text: string;
  readonly analysis: Analysis;
  readonly resolved: Resolved;
  readonly statements: readonly StatementMeaning[];
  readonly exposed: boolean;
  /** Its errors and notices may quote protected data: any effect may set off triggers, foreign keys and defaults. */
  readonly telling: boolean;
  /** Literals and parameters may not be recorded as they are, but for those that are {@link readable}. */
  readonly sealed: boolean;
  readonly readable: () => Readable | undefined;
  /** undefined where nothing in the text needed it. */
  readonly catalogue: Catalogue | undefined;
  /** It may store values of protected data where no mask finds them. */
  readonly launders: boolean;
  /** The protocol itself refuses it, whatever the rules say. */
  readonly refusal: string | undefined;
}

export interface MeaningInputs {
  readonly text: string;
  /** With EXECUTE and FETCH replaced: see `indirection.ts`. */
  readonly analysis: Analysis;
  readonly catalogue: Catalogue | undefined;
  readonly protection: Protection;
  /** Schema changes of this session are not committed, or not read yet: names prove nothing. */
  readonly uncertain: boolean;
}

/** The statements that cannot be judged without knowing what their names mean. */
export function needsCatalogue({ statements }: Pick<Analysis, 'statements'>): boolean {
  return statements.some(
    ({ relations, routines, prepare }) =>
      relations.length > 0 || routines.length > 0 || (prepare !== undefined && needsCatalogue({ statements: [prepare.statement] })),
  );
}

/** What texts mean that differ in their literals alone. */
type Sense = Pick<Meaning, 'resolved' | 'statements' | 'exposed' | 'telling' | 'launders' | 'refusal'>;

/** What a session's statements meant last, by the list that the classifier keeps of them: what comes again costs a look-up. */
const known = new WeakMap<Protection, WeakMap<Analysis['statements'], { readonly inputs: MeaningInputs; readonly meaning: Meaning }>>();

export function meaningOf(inputs: MeaningInputs): Meaning {
  const { analysis, protection } = inputs;
  const last = known.get(protection)?.get(analysis.statements);
  if (last !== undefined && alike(last.inputs, inputs))
    return last.inputs.analysis === analysis ? last.meaning : withText(last.meaning, inputs);
  const meaning = withText(senseOf(inputs), inputs);
  const own = known.get(protection) ?? new WeakMap();
  known.set(protection, own.set(analysis.statements, { inputs, meaning }));
  return meaning;
}

function alike(one: MeaningInputs, other: MeaningInputs): boolean {
  return one.catalogue === other.catalogue && one.uncertain === other.uncertain && one.analysis.failure === other.analysis.failure;
}

function withText(sense: Sense, { text, analysis, catalogue, protection }: MeaningInputs): Meaning {
  const { resolved, statements, exposed, telling, launders, refusal } = sense;
  const secrets = secretsIn(resolved, analysis, text);
  const sealed = exposed || secrets !== 'none';
  const readable = (): Readable | undefined =>
    sealed && secrets !== 'anywhere' ? readableIn(statements, catalogue, protection) : undefined;
  return { text, analysis, resolved, statements, exposed, telling, catalogue, sealed, readable, launders, refusal };
}

function senseOf(inputs: MeaningInputs): Sense {
  const { analysis, catalogue, protection, uncertain } = inputs;
  const resolved = resolve(analysis, catalogue);
  const statements = statementMeanings(inputs);
  const exposed = !protection.none && (uncertain || analysis.failure !== undefined || statements.some((statement) => statement.exposed));
  return {
    resolved,
    statements,
    exposed,
    telling: exposed || (!protection.none && resolved.class.some((one) => one !== 'read' && one !== 'session')),
    launders: statements.some((statement) => launders(statement, catalogue, protection)),
    refusal: refusalOf(statements, protection),
  };
}

/** Behind a schema change in the same text names mean what it has made of them. */
function statementMeanings(inputs: MeaningInputs): readonly StatementMeaning[] {
  let { uncertain } = inputs;
  return inputs.analysis.statements.map((statement) => {
    const meaning = statementMeaning(statement, uncertain, inputs);
    uncertain ||= mayAlter(statement);
    return meaning;
  });
}

function statementMeaning(statement: StatementAnalysis, uncertain: boolean, inputs: MeaningInputs): StatementMeaning {
  const { catalogue, protection, analysis } = inputs;
  const resolved = resolve({ ...analysis, statements: [statement] }, catalogue);
  if (protection.none) return { analysis: statement, resolved, exposed: false, certain: !uncertain };
  const reaches = resolved.opaque || resolved.unknownRelation || resolved.sources.some((source) => protection.covers(source));
  const prepares = statement.prepare !== undefined && statementMeaning(statement.prepare.statement, uncertain, inputs).exposed;
  return { analysis: statement, resolved, exposed: uncertain || reaches || prepares, certain: !uncertain };
}

/** Resolutions by what the classifier keeps: a statement that comes again costs a look-up. */
const resolutions = new WeakMap<object, { readonly catalogue: Catalogue; readonly resolved: Resolved }>();

function resolve(analysis: Analysis, catalogue: Catalogue | undefined): Resolved {
  if (catalogue === undefined || analysis.failure !== undefined) return unresolved(analysis);
  const [only, ...others] = analysis.statements;
  const key = only !== undefined && others.length === 0 ? only : analysis.statements;
  const known = resolutions.get(key);
  if (known?.catalogue === catalogue) return known.resolved;
  const resolved = catalogue.resolve(analysis);
  resolutions.set(key, { catalogue, resolved });
  return resolved;
}

/** Verbs whose text, or whose procedure's, is code. */
export const RUNS_CODE: ReadonlySet<string> = new Set(['DO', 'CALL']);

/** It may change the schema. TRUNCATE, though ddl, does not: a parallel pg_restore copies behind one, in its transaction. */
export function mayAlter(statement: StatementAnalysis): boolean {
  return (statement.class.includes('ddl') && statement.verb !== 'TRUNCATE') || statement.verbs.some((verb) => RUNS_CODE.has(verb));
}

/** What syntax alone says: for texts that name nothing, and for `policy test` without a target. */
export function unresolved({ statements, failure }: Analysis): Resolved {
  const classes = new Set<CommandClass>(statements.flatMap((statement) => statement.class));
  if (failure !== undefined) classes.add('unknown');
  if (classes.size === 0) classes.add('session'); // an empty text
  const names = statements.flatMap((statement) =>
    statement.relations.map(({ schema, name }) => (schema === undefined ? name : `${schema}.${name}`)),
  );
  const reason = failure ?? statements.find((statement) => statement.reason !== undefined)?.reason;
  return {
    class: [...classes],
    verbs: [...new Set(statements.flatMap((statement) => statement.verbs))],
    relations: [...new Set(names)].sort(),
    unfiltered: statements.some((statement) => statement.unfiltered),
    ...(reason !== undefined && { reason }),
    sources: [],
    opaque: failure !== undefined || statements.some((statement) => statement.opaque || statement.catalogueData),
    unknownRelation: names.length > 0,
  };
}

/**
 * CREATE ROLE … PASSWORD, connection strings: authentication secrets are never recorded. `anywhere`:
 * they may be in any literal. `beside`: not in those that are compared with, or stored in, columns of other names.
 */
function secretsIn({ class: classes }: Resolved, { failure }: Analysis, text: string): 'none' | 'beside' | 'anywhere' {
  if (failure !== undefined || classes.includes('privilege') || classes.includes('admin')) return 'anywhere';
  if (!tellsOfSecrets(text)) return 'none';
  return classes.every((one) => one === 'read' || one === 'write') ? 'beside' : 'anywhere';
}

/** A COPY TO STDOUT whose rows can be masked. */
export type MaskedCopy = CopyStatement & { readonly format: CopyFormat };

/** Such a COPY: the only statement of its text, so that its names mean now what they will mean to it. */
export function maskedCopy(statements: readonly StatementMeaning[], protection: Protection): MaskedCopy | undefined {
  const [only, ...others] = statements;
  const copy = only && copyToMask(only, protection);
  if (copy === undefined || others.length > 0) return undefined;
  return copy.format && { ...copy, format: copy.format };
}

/** A COPY TO whose data holds what this session may not see, or is searched for it. */
function copyToMask({ analysis: { copy }, exposed }: StatementMeaning, protection: Protection): CopyStatement | undefined {
  return copy?.direction === 'out' && !copy.elsewhere && (exposed || protection.textMask !== undefined) ? copy : undefined;
}

/** What cannot be masked. */
function refusalOf(statements: readonly StatementMeaning[], protection: Protection): string | undefined {
  const copy = statements.map((statement) => copyToMask(statement, protection)).find((one) => one !== undefined);
  return copy !== undefined && maskedCopy(statements, protection) === undefined ? uncopied(copy) : undefined;
}

/** Why the rows of a COPY cannot be masked, and what to do. */
function uncopied({ format }: CopyStatement): string {
  return format === undefined
    ? 'COPY of masked data knows text, CSV and binary in UTF8: leave the other options out.'
    : 'COPY of masked data must be the only statement of its text: send it alone.';
}

/** Advisory locks, which pg_locks shows, are of class session. */
const STORES: readonly CommandClass[] = ['write', 'ddl', 'session', 'admin'];

/**
 * Whether a statement may carry protected values to where no mask finds them: the masks of this gateway
 * are bound to columns, so a copy elsewhere would be readable tomorrow.
 */
function launders(statement: StatementMeaning, catalogue: Catalogue | undefined, protection: Protection): boolean {
  const { analysis, resolved, exposed } = statement;
  if (!exposed || !resolved.class.some((one) => STORES.includes(one))) return false;
  if (analysis.copy?.elsewhere || (analysis.converts && resolved.opaque)) return true;
  const clear = (output: OutputRef): boolean => catalogue !== undefined && isClear(output, { statement, catalogue, protection }, computes);
  return analysis.copies && !(analysis.stored?.every(clear) ?? false);
}
