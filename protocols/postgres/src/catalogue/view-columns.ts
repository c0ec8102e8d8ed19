import { SqlStateError } from '../errors.ts';
import type { CatalogueConnection, CatalogueRows } from './reader.ts';

/** Where a view's column takes its values: a column of another relation, or 0 for an expression. */
export interface ViewColumn {
  readonly relation: number;
  readonly number: number;
}

/** The columns of every view, in order; undefined where they cannot be told. */
export type ViewColumns = ReadonlyMap<number, readonly ViewColumn[] | undefined>;

/** SQLSTATE lock_not_available and query_canceled: another time it may work. */
const PASSING = new Set(['55P03', '57014']);

/**
 * Asks the server itself where views take their columns from: it describes a view's query with the
 * origin of each output. What was learnt of a definition is kept until that definition changes.
 */
export class ViewReader {
  #known = new Map<string, readonly ViewColumn[]>();
  /** False when some view was locked: reading again may tell more. */
  complete = true;

  async read(connection: CatalogueConnection, { views }: CatalogueRows): Promise<ViewColumns> {
    const found = new Map<number, readonly ViewColumn[] | undefined>();
    const known = new Map<string, readonly ViewColumn[]>();
    this.complete = true;
    for (const { oid, version } of views) {
      const key = `${oid} ${version}`;
      const columns = this.#known.get(key) ?? (await this.#describe(connection, oid));
      if (columns !== undefined) known.set(key, columns);
      found.set(oid, columns);
    }
    this.#known = known;
    return found;
  }

  /** undefined: the view is locked, gone, or its tables are out of the gateway's reach. */
  async #describe(connection: CatalogueConnection, oid: number): Promise<readonly ViewColumn[] | undefined> {
    try {
      const definition = (await connection.query('SELECT pg_get_viewdef($1::oid)', [String(oid)]))[0]?.[0];
      if (!definition) return undefined;
      const fields = await connection.describe(definition.replace(/;\s*$/, ''));
      return fields.map(({ tableOid, column }) => ({ relation: tableOid, number: column }));
    } catch (cause) {
      if (!(cause instanceof SqlStateError)) throw cause;
      if (PASSING.has(cause.sqlState)) this.complete = false;
      return undefined;
    }
  }
}
