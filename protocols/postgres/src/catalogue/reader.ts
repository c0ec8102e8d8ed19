import { GatewayError } from '@sallyport/core';
import type { OwnConnection } from '../startup/own-connection.ts';
import * as queries from './queries.ts';

/** The part of the gateway's own connection that the catalogue needs. */
export type CatalogueConnection = Pick<OwnConnection, 'alive' | 'query' | 'describe' | 'close'>;

/** A function, aggregate or procedure that the server did not bring. */
export interface Routine {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  readonly fewestArgs: number;
  /** -1: any number. */
  readonly mostArgs: number;
  readonly volatile: boolean;
  /** Came with an extension: an overload for its types rather than somebody's own. */
  readonly extension: boolean;
}

export interface Operator {
  readonly schema: string;
  readonly name: string;
  readonly args: number;
  readonly routine: number;
  readonly extension: boolean;
}

/** A function that values of a type, or of a type inside it, may run. A table's row type has the table's name. */
interface TypeRoutine {
  readonly schema: string;
  readonly name: string;
  readonly routine: number;
  /** By a cast; a domain's check otherwise. */
  readonly cast: boolean;
}

/** The system catalogues' rows at one moment. OIDs are numbers. */
export interface CatalogueRows {
  readonly relations: readonly { readonly oid: number; readonly schema: string; readonly name: string; readonly kind: string }[];
  readonly columns: readonly { readonly relation: number; readonly number: number; readonly name: string }[];
  /** Views and materialized views with the version of their definition. */
  readonly views: readonly { readonly oid: number; readonly version: string }[];
  readonly ruleSources: readonly { readonly relation: number; readonly source: number }[];
  readonly ruleRoutines: readonly { readonly relation: number; readonly routine: number }[];
  readonly parents: readonly { readonly child: number; readonly parent: number }[];
  readonly routines: readonly Routine[];
  /** Names of the server's own functions; true where one of that name is volatile. */
  readonly systemRoutines: ReadonlyMap<string, boolean>;
  readonly operators: readonly Operator[];
  readonly typeRoutines: readonly TypeRoutine[];
  /** OIDs of the types of texts among them that the server did not bring. */
  readonly textTypes: ReadonlySet<number>;
}

/** Rows that one query may give: a database beyond that is not read half. */
const MAX_ROWS = 1_000_000;

type Row = readonly (string | null)[];

const text = (row: Row, index: number): string => row[index] ?? '';
const number = (row: Row, index: number): number => Number(row[index]);
const flag = (row: Row, index: number): boolean => row[index] === 't';

/** Sets the connection up for reading the catalogue and nothing else. */
export async function prepareConnection(connection: CatalogueConnection): Promise<void> {
  await connection.query(
    `SELECT set_config('lock_timeout', '1s', false), set_config('statement_timeout', '20s', false), set_config('search_path', '', false),
      set_config('default_transaction_read_only', 'on', false)`,
  );
}

/** Which cluster and database a connection leads to: one word that no two share. */
export async function readIdentity(connection: CatalogueConnection): Promise<string> {
  const rows = await connection.query(queries.IDENTITY).catch(() => connection.query(queries.IDENTITY_WITHOUT_CONTROL));
  const row = rows[0];
  if (row === undefined) throw new GatewayError('ERR_TARGET_UNREACHABLE', 'The target does not know its own database.');
  return `${text(row, 1) || 'unknown'}/${text(row, 0)}`;
}

export async function readFingerprint(connection: CatalogueConnection): Promise<string> {
  return (await connection.query(queries.FINGERPRINT)).map((row) => row.join(' ')).join();
}

/** Reads all rows as of one moment. @throws GatewayError when there are too many, or the target refuses */
export async function readRows(connection: CatalogueConnection): Promise<CatalogueRows> {
  await connection.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  try {
    return await readAll(connection);
  } finally {
    await connection.query('COMMIT');
  }
}

async function readAll(connection: CatalogueConnection): Promise<CatalogueRows> {
  const read = async <T>(sql: string, make: (row: Row) => T): Promise<T[]> => {
    const rows = await connection.query(`SELECT * FROM (${sql}) q LIMIT ${MAX_ROWS + 1}`);
    if (rows.length <= MAX_ROWS) return rows.map(make);
    throw new GatewayError(
      'ERR_LIMIT',
      `The target's database has more than ${MAX_ROWS} catalogue rows of one kind: masks cannot be resolved there.`,
    );
  };
  return {
    relations: await read(queries.RELATIONS, (row) => ({
      oid: number(row, 0),
      schema: text(row, 1),
      name: text(row, 2),
      kind: text(row, 3),
    })),
    columns: await read(queries.COLUMNS, (row) => ({ relation: number(row, 0), number: number(row, 1), name: text(row, 2) })),
    views: await read(queries.VIEWS, (row) => ({ oid: number(row, 0), version: text(row, 1) })),
    ruleSources: await read(queries.RULE_SOURCES, (row) => ({ relation: number(row, 0), source: number(row, 1) })),
    ruleRoutines: await read(queries.RULE_ROUTINES, (row) => ({ relation: number(row, 0), routine: number(row, 1) })),
    parents: await read(queries.INHERITANCE, (row) => ({ child: number(row, 0), parent: number(row, 1) })),
    routines: await read(queries.ROUTINES, routine),
    systemRoutines: new Map(await read(queries.SYSTEM_ROUTINES, (row) => [text(row, 0), flag(row, 1)] as const)),
    operators: await read(queries.OPERATORS, operator),
    typeRoutines: await read(queries.TYPE_ROUTINES, (row) => ({
      schema: text(row, 0),
      name: text(row, 1),
      routine: number(row, 2),
      cast: flag(row, 3),
    })),
    textTypes: new Set(await read(queries.TEXT_TYPES, (row) => number(row, 0))),
  };
}

function routine(row: Row): Routine {
  return {
    oid: number(row, 0),
    schema: text(row, 1),
    name: text(row, 2),
    fewestArgs: number(row, 3),
    mostArgs: number(row, 4),
    volatile: flag(row, 5),
    extension: flag(row, 6),
  };
}

function operator(row: Row): Operator {
  return { schema: text(row, 0), name: text(row, 1), args: number(row, 2), routine: number(row, 3), extension: flag(row, 4) };
}
