import type { CommandClass } from '@sallyport/core';
import type { Analysis, NameRef } from '../classify/analysis.ts';

/** A table column that a result column's values come from. */
export interface Origin {
  /** `schema.table` */
  readonly relation: string;
  readonly name: string;
}

/** A table-like object of the target's database. */
export interface Relation {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  /** pg_class.relkind */
  readonly kind: string;
  /**
   * A relation of the server that shows what it collected of others' data: pg_stats, pg_stat_activity.
   * Whatever reads it, a view for one, is over protected data.
   */
  readonly collected: boolean;
  readonly columns: ReadonlyMap<number, RelationColumn>;
}

export interface RelationColumn {
  readonly number: number;
  readonly name: string;
  /** Every name that this very column is or was known by, a partition's by its parents' and a parent's by its children's too. */
  readonly names: readonly Origin[];
  /**
   * Where the values come from: `names`, and for a view those of the base columns too. `undefined`:
   * a view's expression, or it cannot be told.
   */
  readonly origins: readonly Origin[] | undefined;
}

/**
 * A database's tables, views and routines as the gateway's own connection saw them: immutable, and
 * replaced as a whole when it is read again. Shared by all sessions at that target and database.
 */
export interface Catalogue {
  readonly relation: (oid: number) => Relation | undefined;
  /** Every relation that the name may mean: one when qualified, all schemas' otherwise. */
  readonly named: (ref: NameRef) => readonly Relation[];
  /** What reading a relation reads, itself included: views through their rules, parents with their children and partitions. */
  readonly sources: (relation: Relation) => readonly Relation[];
  /** Whether a type that the server did not bring is one of texts, such as citext. */
  readonly isText: (typeOid: number) => boolean;
  /** The analysis with names and routines resolved: what policy and masks go by. */
  resolve(analysis: Analysis): Resolved;
}

/** An analysis held against the catalogue. */
export interface Resolved {
  readonly class: readonly CommandClass[];
  readonly verbs: readonly string[];
  /** Those named, and whatever these lead to: what views read, children and partitions, and what it is a child of. */
  readonly relations: readonly string[];
  readonly unfiltered: boolean;
  readonly reason?: string;
  /** Base tables that the text reads or writes, through views too. */
  readonly sources: readonly Relation[];
  /** Calls code outside pg_catalog, DO or CALL, or reads collected statistics: data of any table may come out. */
  readonly opaque: boolean;
  /** A name that the catalogue does not know (a temporary table, one made a moment ago). */
  readonly unknownRelation: boolean;
}
