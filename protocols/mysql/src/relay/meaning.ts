import type { Classification, CommandClass } from '@sallyport/core';
import type { Analysis, StatementAnalysis } from '../classify/analysis.ts';
import { classificationOf } from '../classify/classifier.ts';
import { withPrepared } from '../classify/prepared.ts';
import { isClearOutput } from './clear-columns.ts';
import type { Protection } from './protection.ts';
import type { Schema } from './schema.ts';

/** One statement of a text, held against the target's schema. */
interface StatementMeaning {
  /** EXECUTE replaced by what it runs. */
  readonly analysis: StatementAnalysis;
  /** Masked data may come out of it. */
  readonly exposed: boolean;
  /** What its names mean is known: nothing before it in the text may have changed that. */
  readonly certain: boolean;
}

/** What a text does at the moment of asking, for policy and for masks. */
export interface Meaning {
  readonly text: string;
  /** With EXECUTE replaced by what it runs. */
  readonly analysis: Analysis;
  readonly classification: Classification;
  readonly statements: readonly StatementMeaning[];
  readonly exposed: boolean;
  /** Its errors may quote protected data: triggers and foreign keys reach further than the text. */
  readonly telling: boolean;
  /** It may store masked values where no mask finds them. */
  readonly launders: boolean;
  /** Its literals and parameters may not be recorded as they are. */
  readonly sealed: boolean;
  readonly schema: Schema | undefined;
  /** The protocol itself refuses it, whatever the rules say. */
  readonly refusal: string | undefined;
}

export interface MeaningInputs {
  readonly text: string;
  readonly analysis: Analysis;
  readonly schema: Schema | undefined;
  readonly protection: Protection;
  /** A value that the command would store is a mask: see {@link refusalOf}. */
  readonly carriesMask: boolean;
  /** Why a database may not be used; undefined where it may. */
  closed(database: string): string | undefined;
}

/** The statements that cannot be judged without knowing what their names mean. */
export function needsSchema(analysis: Analysis): boolean {
  return analysis.statements.some(
    ({ relations, prepare }) => relations.length > 0 || (prepare !== undefined && needsSchema(prepare.analysis)),
  );
}

/** The analysis with what its EXECUTEs run put in. What is not known stays unknown. */
export function followPrepared(analysis: Analysis, prepared: ReadonlyMap<string, Analysis>): Analysis {
  if (!analysis.statements.some(({ execute }) => execute !== undefined)) return analysis;
  const statements = analysis.statements.map((statement, index) => {
    const known = statement.execute && prepared.get(statement.execute.name);
    // Prepared by an earlier statement of this text: by then the name may stand for something else.
    const changed = analysis.statements.slice(0, index).some(({ prepare, opaque }) => prepare !== undefined || opaque);
    return known === undefined || changed ? statement : withPrepared(statement, known);
  });
  return { ...analysis, statements };
}

export function meaningOf(inputs: MeaningInputs): Meaning {
  const { text, analysis, schema, protection } = inputs;
  const { classification, databases } = factsOf(analysis);
  let altered = false;
  const statements = analysis.statements.map((statement): StatementMeaning => {
    const certain = !altered;
    const exposed = !protection.none && (altered || protection.reaches(statement, schema));
    altered ||= mayAlter(statement);
    return { analysis: statement, exposed, certain };
  });
  const exposed = !protection.none && (analysis.failure !== undefined || statements.some((statement) => statement.exposed));
  return {
    text,
    analysis,
    classification,
    statements,
    exposed,
    telling: exposed || (!protection.none && classification.class.some((one) => one !== 'read' && one !== 'session')),
    launders: !protection.none && (analysis.failure !== undefined || statements.some((one) => one.exposed && copiesHidden(one, inputs))),
    sealed: exposed || analysis.failure !== undefined || analysis.statements.some((statement) => isSealed(statement, inputs)),
    schema,
    refusal: closedDatabase(databases, inputs) ?? refusalOf(classification.class, inputs),
  };
}

/** It stores more than what provably shows no masked data. */
function copiesHidden({ analysis, certain }: StatementMeaning, { schema, protection }: MeaningInputs): boolean {
  const { copies, stores, opaque, collected } = analysis;
  if (!copies || stores === undefined || opaque || collected || !certain) return copies;
  const plain = { ...analysis, flat: true };
  return !stores.every((output) => output.kind !== 'star' && isClearOutput(output, '', plain, { schema, protection }));
}

/** What a text says whoever asks. */
interface TextFacts {
  readonly classification: Classification;
  /** Databases that it names. */
  readonly databases: readonly string[];
}

/** The analyses of common texts, and of prepared statements, are asked about again and again. */
const FACTS = new WeakMap<Analysis, TextFacts>();

function factsOf(analysis: Analysis): TextFacts {
  let facts = FACTS.get(analysis);
  if (facts === undefined) {
    facts = { classification: classificationOf(analysis), databases: databasesIn(analysis) };
    FACTS.set(analysis, facts);
  }
  return facts;
}

function databasesIn({ statements }: Analysis): readonly string[] {
  const used = statements.flatMap(({ database, relations, routines }) => [
    database,
    ...[...relations, ...routines].map(({ schema }) => schema),
  ]);
  return [...new Set(used)].filter((name) => name !== undefined);
}

/** Its literals may be secrets, or values that a later statement looks for in masked data. */
function isSealed({ secret, assigns, prepare }: StatementAnalysis, { protection, schema }: MeaningInputs): boolean {
  if (secret || protection.none || (!assigns && prepare === undefined)) return secret;
  const { statements = [], failure } = prepare?.analysis ?? {};
  return assigns || failure !== undefined || statements.some((statement) => protection.reaches(statement, schema));
}

/** It may change what names mean. */
export function mayAlter(statement: StatementAnalysis): boolean {
  return statement.class.some((one) => one === 'ddl' || one === 'unknown');
}

/** Why a database that the text uses may not be used. */
function closedDatabase(databases: readonly string[], { closed }: MeaningInputs): string | undefined {
  for (const name of databases) {
    const refusal = closed(name);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

const STORES: readonly CommandClass[] = ['write', 'ddl', 'unknown'];

/** What would put masks where values belong. */
function refusalOf(classes: readonly CommandClass[], { carriesMask, protection }: MeaningInputs): string | undefined {
  return !protection.none && carriesMask && classes.some((one) => STORES.includes(one))
    ? 'The command would write a mask where the value it stands for belongs: leave that column out.'
    : undefined;
}
