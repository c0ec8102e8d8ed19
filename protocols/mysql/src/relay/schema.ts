import type { StatementAnalysis } from '../classify/analysis.ts';

/** A table or view of a target. */
export interface Relation {
  readonly schema: string;
  readonly name: string;
  /** In order. */
  readonly columns: readonly string[];
  /** Generated columns by name in lower case: the columns that each is made of, or `unknown`. */
  readonly generated?: ReadonlyMap<string, readonly string[] | 'unknown'>;
  /** A view's query; `unknown` where it cannot be read or understood. */
  readonly view?: StatementAnalysis | 'unknown';
}

/** The schemas that the server itself keeps. */
const SYSTEM: ReadonlySet<string> = new Set(['information_schema', 'performance_schema', 'mysql', 'sys']);

export function isSystemSchema(schema: string): boolean {
  return SYSTEM.has(schema.toLowerCase());
}

/**
 * The tables and views of a target as its information_schema tells them. Names are compared without regard to case: where
 * the server tells `T` from `t`, either stands for both.
 */
export class Schema {
  readonly #relations = new Map<string, Relation[]>();

  constructor(relations: readonly Relation[]) {
    for (const relation of relations) {
      const key = keyOf(relation.schema, relation.name);
      const known = this.#relations.get(key);
      if (known === undefined) this.#relations.set(key, [relation]);
      else known.push(relation);
    }
  }

  /** Empty: there is none, or it is temporary. */
  named(schema: string | undefined, name: string): readonly Relation[] {
    return schema === undefined ? [] : (this.#relations.get(keyOf(schema, name)) ?? []);
  }
}

/** The name of a relation's column as the server spells it: column names are compared without regard to case, always. */
export function columnOf({ columns }: Relation, name: string): string | undefined {
  const wanted = name.toLowerCase();
  return columns.find((column) => column.toLowerCase() === wanted);
}

function keyOf(schema: string, name: string): string {
  return `${schema}\0${name}`.toLowerCase();
}

/** A target's schema, shared by its sessions. */
export interface SchemaAccess {
  /** undefined when it must be read, or read again. */
  current(): Schema | undefined;
  /** @throws when the target does not let it be read */
  get(): Promise<Schema>;
  /** A change was seen: the next look waits for a new reading. */
  invalidate(): void;
}
