import type { NameRef, OutputRef, ParserSettings, StatementAnalysis } from './analysis.ts';
import type { Cursor } from './cursor.ts';
import { Survey } from './survey.ts';

/** What an expression uses, for whoever asks: a select item, a value that is stored. */
export interface Uses {
  /** Columns as written: the qualifier is the last part before the name. */
  readonly columns: { readonly qualifier?: string; readonly name: string }[];
  /** A subquery, variable, parameter, or a function that does more than compute. */
  opaque: boolean;
  /** It is not made of literals and operators alone. */
  computed: boolean;
}

export const noUses = (): Uses => ({ columns: [], opaque: false, computed: false });

/** What holds for the outermost statement only. */
export type Outermost = {
  -readonly [key in
    | 'outputs'
    | 'flat'
    | 'stores'
    | 'compared'
    | 'prepare'
    | 'execute'
    | 'deallocate'
    | 'database']?: StatementAnalysis[key];
};

/** What a query gives back. `outputs` is absent for what is no single SELECT. */
export interface QueryShape {
  readonly outputs?: readonly OutputRef[];
  readonly flat: boolean;
  /** `[start, end)` of its WHERE among the tokens. */
  readonly where?: readonly [start: number, end: number];
}

/** The rules that need each other, so that no file needs to import back. */
export interface Grammar {
  /** From SELECT, WITH, VALUES, TABLE or a parenthesis to what cannot belong to the query. */
  query(parse: Parse): QueryShape;
  /** The rest of a query whose first operand was a parenthesis. */
  queryRest(parse: Parse): void;
  /** One whole statement; the cursor is left before its `;`. */
  statement(parse: Parse): void;
  /** A text within a text: PREPARE, EXECUTE IMMEDIATE. */
  text(parse: Parse, text: string): NonNullable<StatementAnalysis['prepare']>['analysis'];
}

/** One statement on its way through the parser. */
export class Parse {
  readonly cursor: Cursor;
  readonly settings: ParserSettings;
  readonly grammar: Grammar;
  survey = new Survey();
  outermost: Outermost = {};
  /** WITH queries in sight, as written: of another case it may be a table, which is the safe guess. */
  queries: ReadonlySet<string> = new Set();
  /** See {@link QueryShape.where}, of the query that is being parsed. */
  where: QueryShape['where'];
  verb = '';
  /** The statement stands within another, or in a stored program. */
  inner = false;

  constructor(cursor: Cursor, settings: ParserSettings, grammar: Grammar) {
    this.cursor = cursor;
    this.settings = settings;
    this.grammar = grammar;
  }

  /** Notes what the statement is called; within another it is one verb of several. */
  called(verb: string): void {
    if (!this.inner) this.verb = verb;
    this.survey.verbs.add(verb);
  }

  /** Runs `inside` for a statement within this one. */
  within(inside: () => void): void {
    const before = this.inner;
    this.inner = true;
    inside();
    this.inner = before;
  }

  /** Runs `inside`, which parses the clauses of one query. */
  whereOf(inside: () => void): QueryShape['where'] {
    const outer = this.where;
    this.where = undefined;
    inside();
    const found = this.where as QueryShape['where'];
    this.where = outer;
    return found;
  }

  /** Runs `inside` with a survey of its own. */
  apart(inside: () => void): Survey {
    const own = this.survey;
    this.survey = new Survey();
    inside();
    const found = this.survey;
    this.survey = own;
    return found;
  }

  /** A name with or without a schema. */
  ref(): NameRef {
    const first = this.cursor.name();
    if (!this.cursor.accept('.')) return this.#placed(undefined, first);
    return this.#placed(first, this.cursor.name());
  }

  #placed(schema: string | undefined, name: string): NameRef {
    const place = schema ?? this.settings.database;
    const fold = (one: string): string =>
      this.settings.foldNames || place?.toLowerCase() === 'information_schema' ? one.toLowerCase() : one;
    return place === undefined ? { name: fold(name) } : { schema: fold(place), name: fold(name) };
  }

  /** A relation's name, noted. WITH queries in sight are none. */
  relation(use: 'read' | 'write' | 'made'): NameRef | undefined {
    const { cursor } = this;
    const plain = cursor.named && cursor.ahead(1) !== '.';
    const written = plain ? cursor.nameAt(cursor.at) : '';
    const ref = this.ref();
    if (plain && use === 'read' && this.queries.has(written)) return undefined;
    this.survey.relation(ref, use);
    return ref;
  }
}
