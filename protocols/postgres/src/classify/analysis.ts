import type { CommandClass } from '@sallyport/core';

/** What decides how the server's lexer reads a text. Part of every cache key. */
export interface ParserSettings {
  readonly standardConformingStrings: boolean;
  /** `server_version` as reported. */
  readonly serverVersion: string;
}

/** A name as written; the schema is absent where search_path decides. */
export interface NameRef {
  readonly schema?: string;
  readonly name: string;
  /** The statement makes this relation, and names it nowhere else: nothing is read from it. */
  readonly made?: true;
}

/**
 * Something that may run a routine, as written.
 * - `function`: a call.  - `operator`: an operator, also where the grammar hides it (IN, BETWEEN).
 * - `attribute`: `t.f` or `(x).f`, which calls f where there is no such column.
 * - `type`: a cast or declared type, whose conversions and domain checks may run code.
 */
export interface RoutineRef extends NameRef {
  readonly kind: 'function' | 'operator' | 'attribute' | 'type';
  readonly args: number;
}

/**
 * One expression of a statement's outermost target list (or RETURNING), in order.
 * - `star`: `*` or `t.*`: any number of output columns.
 * - `count`: exactly count(*).  - `constant`: no column, function or parameter in it.
 * - `expression`: everything else, with what it uses. `opaque` when a subquery, whole-row
 *   reference, parameter or anything else that cannot be followed is in it.
 */
export type OutputRef =
  | { readonly kind: 'star' | 'count' | 'constant' }
  | {
      readonly kind: 'expression';
      readonly columns: readonly string[];
      readonly routines: readonly RoutineRef[];
      readonly opaque: boolean;
    };

/** Literals and parameters of a statement that stand beside one and the same column. */
export interface Binding {
  /** `equal`: `column = x`, IN, = ANY. `compared`: any other comparison, or one under a cast. `stored`: INSERT … VALUES, SET. */
  readonly use: 'equal' | 'compared' | 'stored';
  readonly column: string;
  /** One of these has the column; the others must have none of that name. */
  readonly tables: readonly NameRef[];
  /** They are arrays of values: `= ANY ($1)`. */
  readonly array?: true;
  /** Their numbers in the whole text: its strings and numbers are counted from 0. */
  readonly literals: readonly number[];
  /** 1 for `$1`. */
  readonly parameters: readonly number[];
}

export interface Bindings {
  readonly bound: readonly Binding[];
  /** Parameters that also stand where no binding tells what they are. */
  readonly loose: readonly number[];
}

export interface CopyStatement {
  readonly direction: 'in' | 'out';
  readonly relation?: NameRef;
  readonly columns?: readonly string[];
  /** COPY (query): the inner query's text. */
  readonly query?: string;
  /** Between the server and a file or program of its machine: no byte of it passes. */
  readonly elsewhere?: true;
  /** How the rows are written; undefined when the options are not understood. */
  readonly format?: CopyFormat;
}

/** COPY's options with their defaults. Texts of one ASCII character each, but for `null`. */
export interface CopyFormat {
  readonly kind: 'text' | 'csv' | 'binary';
  readonly header: boolean;
  readonly delimiter: string;
  /** The text that stands for NULL. */
  readonly null: string;
  /** CSV only. */
  readonly quote: string;
  readonly escape: string;
}

/** What one statement of a text does, from its syntax alone: no catalogue was asked. */
export interface StatementAnalysis {
  /** Upper case, `SELECT`, `CREATE TABLE AS`, `COPY`. */
  readonly verb: string;
  /** The verb and those of data-modifying statements inside it, each once: EXPLAIN, DELETE. */
  readonly verbs: readonly string[];
  readonly class: readonly CommandClass[];
  /** Every table-like name at any depth, CTE names left out. */
  readonly relations: readonly NameRef[];
  /** Every routine and operator at any depth that pg_catalog may not own. */
  readonly routines: readonly RoutineRef[];
  readonly unfiltered: boolean;
  /**
   * Values read from a relation may be stored elsewhere: INSERT … SELECT, INSERT with a subquery, UPDATE or ON CONFLICT
   * or MERGE that sets a column from another column or a subquery, CTAS, SELECT INTO, CREATE VIEW/MATERIALIZED
   * VIEW/RULE/TRIGGER/FUNCTION, ALTER TABLE … USING, COPY (query). False where only constants and parameters are
   * written, and for everything that stores no values: DELETE, DROP, TRUNCATE, CREATE TABLE, CREATE INDEX, plain reads.
   * Also true when it happens in a WITH query, and for definitions of functions, triggers, casts and operators.
   */
  readonly copies: boolean;
  /**
   * Values that it stores may be made by code of one's own, if the catalogue knows such code in it: they are of a type of
   * one's own, whose cast to the column's type may run code, or in attribute notation, as `excluded.f`.
   */
  readonly converts: boolean;
  /** What a statement that {@link copies} stores; undefined where that cannot be told, or column names in it cannot be taken at their word. */
  readonly stored?: readonly OutputRef[];
  /** undefined: the statement returns no rows, or its outputs cannot be told apart. DECLARE: its query's. */
  readonly outputs?: readonly OutputRef[];
  /** FROM holds only plain tables, no subquery, CTE, function, column alias or set operation. */
  readonly flat: boolean;
  readonly copy?: CopyStatement;
  /** What its literals and parameters stand beside: of queries and data modifications, of EXPLAIN's and DECLARE's too. */
  readonly bindings?: Bindings;
  /** PREPARE name AS …: the inner statement's analysis and its text. */
  readonly prepare?: { readonly name: string; readonly statement: StatementAnalysis; readonly text: string };
  /**
   * EXECUTE name (also inside EXPLAIN or CREATE TABLE AS): what it does is what `name` does.
   * `class` is what the statement does besides that; its own `class` holds `unknown` until the
   * prepared statement is put in by `withPrepared`.
   */
  readonly execute?: { readonly name: string; readonly class: readonly CommandClass[] };
  /** DECLARE name CURSOR FOR …; FETCH/MOVE/CLOSE name. CLOSE ALL has the name `*`. */
  readonly cursor?: { readonly name: string; readonly act: 'declare' | 'fetch' | 'close' };
  /** DEALLOCATE name; undefined name = ALL. DISCARD ALL counts as ALL. */
  readonly deallocate?: { readonly name?: string };
  /** Lower-case names of every parameter that SET, RESET or set_config changes; RESET ALL is `all`. */
  readonly sets: readonly string[];
  /** Reads what the server collected of others' data or statements: pg_stats, pg_stat_activity … */
  readonly catalogueData: boolean;
  /** Data of relations that are not named may come out: DO, CALL, functions that run SQL or read files. */
  readonly opaque: boolean;
  readonly reason?: string;
}

/** A whole text: one Query or Parse message. */
export interface Analysis {
  readonly statements: readonly StatementAnalysis[];
  /** The text with string literals as `'?'`, numbers as `0`, comments gone and white space folded; of a long text its length. */
  readonly shape: string;
  /** Set when the text does not parse, is too large, or broke the parser: class is unknown. */
  readonly failure?: string;
  /**
   * What the text does, or what it is, hangs on its literals: another text of the same shape may do something else. Set
   * for everything but plain queries and transaction control, and for queries whose literals are code, names of
   * types or parameters, or decided what is unfiltered.
   */
  readonly byValue?: true;
  /** The failure is the text's own: it is no SQL, as PostgreSQL 18 reads it. */
  readonly syntaxError?: true;
}
