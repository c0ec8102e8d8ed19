import type { CommandClass } from '@sallyport/core';
import type { Analysis, NameRef, RoutineRef, StatementAnalysis } from '../classify/analysis.ts';
import { isKnownFunction } from '../classify/pg-functions.ts';
import type { Relation, Resolved } from './catalogue.ts';
import { SYSTEM_SCHEMAS } from './queries.ts';
import type { CatalogueRows, Operator, Routine } from './reader.ts';

export interface ResolverInputs {
  readonly rows: CatalogueRows;
  readonly functions: readonly string[];
  readonly named: (ref: NameRef) => readonly Relation[];
  readonly sources: (relation: Relation) => readonly Relation[];
  /** What it is a child or partition of, at any distance, itself included. */
  readonly ancestors: (relation: Relation) => readonly Relation[];
}

/** What names turned out to mean. */
interface Findings {
  readonly classes: Set<CommandClass>;
  readonly relations: Set<string>;
  readonly sources: Set<Relation>;
  opaque: boolean;
  unknownRelation: boolean;
  reason: string | undefined;
}

/**
 * Holds analyses against one database's objects. Types are not followed, so that a name means every
 * routine that could answer to it: the worst of them counts.
 */
export class Resolver {
  readonly #inputs: ResolverInputs;
  readonly #listed: ReadonlySet<string>;
  readonly #routines: ReadonlyMap<string, readonly Routine[]>;
  readonly #byOid: ReadonlyMap<number, Routine>;
  readonly #operators: ReadonlyMap<string, readonly Operator[]>;
  readonly #types: ReadonlyMap<string, CatalogueRows['typeRoutines']>;
  readonly #rules: ReadonlyMap<number, CatalogueRows['ruleRoutines']>;

  constructor(inputs: ResolverInputs) {
    const { rows } = inputs;
    this.#inputs = inputs;
    this.#listed = new Set(inputs.functions);
    this.#routines = Map.groupBy(rows.routines, ({ name }) => name);
    this.#byOid = new Map(rows.routines.map((routine) => [routine.oid, routine]));
    this.#operators = Map.groupBy(rows.operators, ({ name }) => name);
    this.#types = Map.groupBy(rows.typeRoutines, ({ name }) => name);
    this.#rules = Map.groupBy(rows.ruleRoutines, ({ relation }) => relation);
  }

  resolve({ statements, failure }: Analysis): Resolved {
    const found: Findings = {
      classes: new Set(failure === undefined ? statements.flatMap((statement) => statement.class) : ['unknown']),
      relations: new Set(),
      sources: new Set(),
      opaque: failure !== undefined || statements.some((statement) => statement.opaque || statement.catalogueData),
      unknownRelation: false,
      reason: failure ?? statements.find((statement) => statement.reason !== undefined)?.reason,
    };
    for (const statement of statements) this.#statement(statement, found);
    if (found.classes.size === 0) found.classes.add('session'); // an empty text does nothing
    return {
      class: [...found.classes],
      verbs: [...new Set(statements.flatMap((statement) => statement.verbs))],
      relations: [...found.relations].sort(),
      unfiltered: statements.some((statement) => statement.unfiltered),
      sources: [...found.sources],
      opaque: found.opaque,
      unknownRelation: found.unknownRelation,
      ...(found.reason !== undefined && { reason: found.reason }),
    };
  }

  #statement(statement: StatementAnalysis, found: Findings): void {
    for (const reference of statement.relations) this.#relation(reference, found);
    for (const routine of statement.routines) {
      if (routine.kind === 'operator') this.#operator(routine, found);
      else if (routine.kind === 'type') this.#type(routine, found);
      else this.#function(routine, found);
    }
  }

  #relation(reference: NameRef, found: Findings): void {
    const candidates = this.#inputs.named(reference);
    if (candidates.length === 0) {
      if (!reference.made) found.unknownRelation = true;
      found.relations.add(reference.schema === undefined ? reference.name : `${reference.schema}.${reference.name}`);
    }
    for (const candidate of candidates) {
      found.relations.add(title(candidate));
      // The server's own views are what they are called; other names must not hide what is read or written.
      const hides = !SYSTEM_SCHEMAS.has(candidate.schema);
      for (const source of this.#inputs.sources(candidate)) {
        found.sources.add(source);
        if (hides) for (const one of this.#inputs.ancestors(source)) found.relations.add(title(one));
        this.#casts(source, found);
        if (source.collected) found.opaque = true;
        for (const { routine } of this.#rules.get(source.oid) ?? []) this.#calls(routine, found, `the rules of ${source.name}`);
      }
    }
  }

  #function(reference: RoutineRef, found: Findings): void {
    const { kind, schema, name, args } = reference;
    const system = schema === undefined || schema === 'pg_catalog' || schema === 'information_schema';
    const volatile = system ? this.#inputs.rows.systemRoutines.get(name) : undefined;
    const own = (this.#routines.get(name) ?? []).filter((routine) => answers(routine, schema, args));
    for (const routine of own) {
      // An extension's function that shares its name with a built-in one is that function for the extension's types.
      if (routine.extension && volatile !== undefined && routine.schema !== 'pg_catalog') continue;
      this.#calls(routine.oid, found, undefined);
    }
    if (kind === 'attribute') return; // a column, most likely
    if (volatile === true && !isKnownFunction(name))
      this.#unknown(`${name}() is a function of the server that the gateway does not know.`, found);
    if (volatile === undefined && own.length === 0)
      this.#unknown(`There is no function ${name} with ${args} arguments that the gateway can see.`, found);
  }

  #operator({ schema, name, args }: RoutineRef, found: Findings): void {
    for (const operator of this.#operators.get(name) ?? []) {
      if (operator.args !== args || (schema !== undefined && operator.schema !== schema)) continue;
      const routine = this.#byOid.get(operator.routine);
      // Extensions overload = and their like for their types: these compute from their operands.
      if (routine === undefined || (operator.extension && !routine.volatile)) continue;
      this.#calls(operator.routine, found, `the operator ${name}`);
    }
  }

  #type({ schema, name }: RoutineRef, found: Findings): void {
    for (const type of this.#types.get(name) ?? []) {
      if (schema === undefined || type.schema === schema) this.#typeCalls(type, found, `the type ${name}`);
    }
  }

  /** A column may be cast without a word, or to a type of the server: casts are its type's, and so its row type's. */
  #casts({ schema, name }: Relation, found: Findings): void {
    for (const type of this.#types.get(name) ?? []) {
      if (type.cast && type.schema === schema) this.#typeCalls(type, found, `a cast of a column of ${name}`);
    }
  }

  #typeCalls({ routine: oid }: { readonly routine: number }, found: Findings, through: string): void {
    const routine = this.#byOid.get(oid);
    if (routine !== undefined && (!routine.extension || routine.volatile)) this.#calls(oid, found, through);
  }

  /** A function that the server did not bring runs: its output may be anything, and so may its effects if it is volatile. */
  #calls(oid: number, found: Findings, through: string | undefined): void {
    const routine = this.#byOid.get(oid);
    if (routine === undefined) return;
    found.opaque = true;
    if (routine.volatile && !this.#listed.has(title(routine))) {
      const by = through === undefined ? '' : `, called by ${through},`;
      this.#unknown(
        `The function ${title(routine)}${by} is volatile: what it does cannot be told. List it under the target's functions if it only reads.`,
        found,
      );
    }
  }

  #unknown(reason: string, found: Findings): void {
    found.classes.add('unknown');
    found.reason ??= reason;
  }
}

const title = ({ schema, name }: { readonly schema: string; readonly name: string }): string => `${schema}.${name}`;

function answers(routine: Routine, schema: string | undefined, args: number): boolean {
  if (schema !== undefined && routine.schema !== schema) return false;
  return args >= routine.fewestArgs && (routine.mostArgs === -1 || args <= routine.mostArgs);
}
