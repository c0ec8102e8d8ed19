import type { CommandClass } from '@sallyport/core';

/** What decides how the server reads a text. Part of every cache key. */
export interface ParserSettings {
  readonly family: 'mysql' | 'mariadb';
  /** As version comments write it: 80036 for 8.0.36, 101119 for 10.11.19. Absent: not known. */
  readonly version?: number;
  /**
   * The session's `sql_mode`, upper-case names. Absent: not known, and a text whose meaning hangs on it is refused.
   * `SELECT @@sql_mode` of a combined mode also lists what it stands for: ANSI lists ANSI_QUOTES.
   */
  readonly sqlMode?: ReadonlySet<string>;
  /** The session's `character_set_client`, lower case. */
  readonly characterSet: string;
  /** What names without a schema are in. Absent: no database is chosen, or it is not known. */
  readonly database?: string;
  /** `lower_case_table_names` is not 0: names of tables and schemas are read without regard to case. */
  readonly foldNames: boolean;
  /** Stored functions that count as read: the target's `functions`, lower case, `schema.name`. */
  readonly functions: ReadonlySet<string>;
}

/** A name. The schema is the session's database where none was written; absent when that is not known. */
export interface NameRef {
  readonly schema?: string;
  readonly name: string;
}

/** A table, view or sequence. */
export interface RelationRef extends NameRef {
  /** What the statement does to it. `made`: CREATE makes it, and nothing is read from what may have had that name. */
  readonly use: 'read' | 'write' | 'both' | 'made';
}

/**
 * One expression of a statement's outermost select list (or RETURNING), in order.
 * - `star`: `*` or `t.*`: any number of output columns.
 * - `count`: exactly count(*).  - `constant`: no column, variable, function, parameter or subquery in it.
 * - `expression`: everything else, with the columns it uses. `opaque` when a subquery, variable, parameter, or a
 *   function that is not known to do no more than compute is in it.
 */
export type OutputRef =
  | { readonly kind: 'star' | 'count' | 'constant' }
  | { readonly kind: 'expression'; readonly columns: readonly string[]; readonly opaque: boolean };

/** A value that the WHERE of a flat query compares with a column by `=` or IN. */
export interface Compared {
  /** The column as written, without what qualifies it. */
  readonly column: string;
  /** A literal that stands alone, `[start, end)` in the text with its quotes, and what it says: absent for a number. */
  readonly literal?: { readonly start: number; readonly end: number; readonly value?: string };
  /** The number of a parameter, from 0. */
  readonly parameter?: number;
}

/** A change of a system variable. */
export interface VariableChange {
  /** Lower case: `sql_mode`. SET NAMES and SET CHARACTER SET change `names`. */
  readonly name: string;
  /** Text of a constant value without its quotes; absent for expressions and DEFAULT. */
  readonly value?: string;
}

/** What one statement of a text does, from its syntax alone. */
export interface StatementAnalysis {
  /** Upper case: `SELECT`, `CREATE TABLE`, `LOAD DATA`. */
  readonly verb: string;
  /** The verb and those of the statements inside it, each once: EXPLAIN, DELETE. */
  readonly verbs: readonly string[];
  readonly class: readonly CommandClass[];
  /** Every table-like name at any depth, names of WITH queries left out. */
  readonly relations: readonly RelationRef[];
  /** Every routine called that the server does not bring, those that {@link ParserSettings.functions} lists too. */
  readonly routines: readonly NameRef[];
  readonly unfiltered: boolean;
  /**
   * Values read from a relation may be stored where no mask finds them: INSERT … SELECT, UPDATE that sets a column
   * from another or from a subquery, CREATE TABLE … SELECT, views and stored programs, SELECT … INTO @x, `@x :=`, INTO
   * OUTFILE. False where only constants and parameters are stored. Over protected data it is to be refused whatever
   * the class: a user variable is set by a mere read.
   */
  readonly copies: boolean;
  /** Absent: it returns no rows, or its outputs cannot be told apart. */
  readonly outputs?: readonly OutputRef[];
  /** FROM holds only plain tables: no subquery, WITH query, table function, set operation. */
  readonly flat: boolean;
  /** What it calls tables, derived tables and WITH queries in FROM, at any depth, lower case: a server may tell such a name as a table's. */
  readonly aliases: readonly string[];
  /** INSERT … SELECT over plain tables: what it stores, where it copies nothing else. Absent: it is not known. */
  readonly stores?: readonly OutputRef[];
  /** Absent: nothing, or it is not known what is. */
  readonly compared?: readonly Compared[];
  /** PREPARE name FROM '…': the text and its analysis. Names are lower case, as the server compares them. */
  readonly prepare?: { readonly name: string; readonly text: string; readonly analysis: Analysis };
  /**
   * EXECUTE name: it does what `name` does. `class` is what it does besides; its own `class` holds
   * `unknown` until `withPrepared` has put the prepared statement in.
   */
  readonly execute?: { readonly name: string; readonly class: readonly CommandClass[] };
  /** DEALLOCATE or DROP PREPARE. */
  readonly deallocate?: string;
  /** USE: the session's database from then on. */
  readonly database?: string;
  /** System variables that it changes for the session, in order. One that fails may have changed some of them. */
  readonly sets: readonly VariableChange[];
  /**
   * What decides how a text is read (sql_mode, character set, database) may be another after it: ask the
   * server before the next text is judged. Not set where {@link sets} and {@link database} say what it becomes.
   */
  readonly unsettles: boolean;
  /** Reads what the server collected of others' data or statements: process list, digests, histograms, warnings. */
  readonly collected: boolean;
  /** Its rows describe what it names and hold none of its data: DESCRIBE, SHOW COLUMNS, SHOW CREATE TABLE. */
  readonly describes: boolean;
  /** Data of relations that are not named may come out: CALL, HANDLER … READ, stored functions, LOAD_FILE. */
  readonly opaque: boolean;
  /** It gives user variables values: what a later statement is run with. */
  readonly assigns: boolean;
  /** Its literals hold authentication secrets: IDENTIFIED BY, SET PASSWORD, CREATE SERVER. */
  readonly secret: boolean;
  /** `[start, end)` in the text, without the `;` behind it. */
  readonly start: number;
  readonly end: number;
  readonly reason?: string;
}

/** A whole text: one COM_QUERY or COM_STMT_PREPARE. */
export interface Analysis {
  /** In order; empty for a text of nothing but comments. */
  readonly statements: readonly StatementAnalysis[];
  /** The text with literals as `'?'` and `0`, comments gone and white space folded; of a long or refused text its length. */
  readonly shape: string;
  /** Set when the text is not understood: its class is unknown, and it is to be treated as doing anything. */
  readonly failure?: string;
  /**
   * What the text does hangs on its literals: another text of the same shape may do something else. Set for everything
   * but plain queries, data modifications and transaction control whose literals decided nothing.
   */
  readonly byValue?: true;
}
