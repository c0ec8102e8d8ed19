import type { NameRef } from '../classify/analysis.ts';
import { isCollectedData } from '../classify/pg-functions.ts';
import type { Catalogue, Origin, Relation, RelationColumn } from './catalogue.ts';
import type { ColumnNames, NameHistory } from './name-history.ts';
import { FIRST_OWN_OID, SYSTEM_SCHEMAS } from './queries.ts';
import type { CatalogueRows } from './reader.ts';
import { Resolver } from './resolver.ts';
import type { ViewColumns } from './view-columns.ts';

/** Views may lead to views; a cycle is impossible, but depth is bounded all the same. */
const MAX_DEPTH = 64;

export interface SnapshotInputs {
  readonly rows: CatalogueRows;
  readonly views: ViewColumns;
  readonly history: NameHistory;
  /** `schema.name` of the volatile functions that the target's configuration counts as read. */
  readonly functions: readonly string[];
}

/** Makes one immutable catalogue of the rows that were read. */
export async function makeSnapshot({ rows, views, history, functions }: SnapshotInputs): Promise<Catalogue> {
  const names = columnNames(rows, history);
  await history.save();
  const relations = makeRelations(rows, names, views);
  const byName = group(relations.values(), (relation) => relation.name);
  const reads = group(rows.ruleSources, ({ relation }) => relation);

  const heirs = group(rows.parents, ({ parent }) => parent);
  const elders = group(rows.parents, ({ child }) => child);

  // Reading a parent reads its children and partitions.
  const sources = memoized((relation: Relation): readonly Relation[] =>
    closure(relation, relations, (oid) => [
      ...(reads.get(oid) ?? []).map(({ source }) => source),
      ...(heirs.get(oid) ?? []).map(({ child }) => child),
    ]),
  );
  const ancestors = memoized((relation: Relation): readonly Relation[] =>
    closure(relation, relations, (oid) => (elders.get(oid) ?? []).map(({ parent }) => parent)),
  );

  const named = ({ schema, name }: NameRef): readonly Relation[] => {
    const all = byName.get(name) ?? [];
    return schema === undefined ? all : all.filter((relation) => relation.schema === schema);
  };

  const resolver = new Resolver({ rows, functions, named, sources, ancestors });
  return {
    relation: (oid) => relations.get(oid),
    named,
    sources,
    isText: (typeOid) => rows.textTypes.has(typeOid),
    resolve: memoizedBy(
      (analysis) => (analysis.failure === undefined ? analysis.statements : analysis),
      (analysis) => resolver.resolve(analysis),
    ),
  };
}

/** A relation and all that `next` leads to from there. */
function closure(start: Relation, relations: ReadonlyMap<number, Relation>, next: (oid: number) => readonly number[]): readonly Relation[] {
  const found = new Set<Relation>([start]);
  for (const one of found) {
    for (const oid of next(one.oid)) {
      const relation = relations.get(oid);
      if (relation !== undefined) found.add(relation);
    }
  }
  return [...found];
}

/**
 * Every name of every column: its own, those it had, its parents' for partitions and children, and
 * for a parent its children's, whose rows come out of it. Siblings do not share theirs.
 */
function columnNames(rows: CatalogueRows, history: NameHistory): ReadonlyMap<number, ColumnNames> {
  const upward = inheritedNames(rows, history);
  const heirs = group(rows.parents, ({ parent }) => parent);
  const columns = group(rows.columns, ({ relation }) => relation);
  const found = new Map(upward);
  for (const parent of heirs.keys()) {
    const below = new Set((heirs.get(parent) ?? []).map(({ child }) => child));
    for (const oid of below) for (const { child } of heirs.get(oid) ?? []) below.add(child);
    const names = Map.groupBy(
      [...below].flatMap((oid) =>
        (columns.get(oid) ?? []).map(({ number, name }) => ({ name, origins: upward.get(oid)?.get(number) ?? [] })),
      ),
      ({ name }) => name,
    );
    const all = (columns.get(parent) ?? []).map(({ number, name }): [number, readonly Origin[]] => {
      const every = [...(upward.get(parent)?.get(number) ?? []), ...(names.get(name) ?? []).flatMap(({ origins }) => origins)];
      return [number, [...new Map(every.map((origin) => [`${origin.relation}\0${origin.name}`, origin])).values()]];
    });
    found.set(parent, new Map(all));
  }
  return found;
}

/** The names of columns without those of children. */
function inheritedNames(rows: CatalogueRows, history: NameHistory): ReadonlyMap<number, ColumnNames> {
  const titles = new Map(rows.relations.map(({ oid, schema, name }) => [oid, `${schema}.${name}`]));
  const columns = group(rows.columns, ({ relation }) => relation);
  const parents = group(rows.parents, ({ child }) => child);
  const numbers = new Map([...columns].map(([oid, own]) => [oid, new Map(own.map(({ name, number }) => [name, number]))]));
  const found = new Map<number, ColumnNames>();

  const namesOf = (oid: number, depth: number): ColumnNames => {
    const known = found.get(oid);
    if (known !== undefined) return known;
    const now = new Map<number, Origin[]>();
    for (const { number, name } of columns.get(oid) ?? []) now.set(number, [{ relation: titles.get(oid) ?? '', name }]);
    if (depth < MAX_DEPTH) {
      for (const { parent } of parents.get(oid) ?? []) {
        const inherited = namesOf(parent, depth + 1);
        for (const { number, name } of columns.get(oid) ?? []) {
          const above = numbers.get(parent)?.get(name);
          if (above !== undefined) now.get(number)?.push(...(inherited.get(above) ?? []));
        }
      }
    }
    const all = history.extend(oid, now);
    found.set(oid, all);
    return all;
  };

  for (const oid of columns.keys()) namesOf(oid, 0);
  return found;
}

function makeRelations(rows: CatalogueRows, names: ReadonlyMap<number, ColumnNames>, views: ViewColumns): ReadonlyMap<number, Relation> {
  const system = rows.relations.filter(({ oid, schema }) => oid < FIRST_OWN_OID && SYSTEM_SCHEMAS.has(schema));
  const brought = new Set(system.map(({ oid }) => oid));
  const collecting = new Set(system.filter(({ name }) => isCollectedData(name)).map(({ oid }) => oid));
  const origins = (oid: number, number: number, depth = 0): readonly Origin[] | undefined => {
    const own = names.get(oid)?.get(number);
    if (!views.has(oid)) return own;
    const column = views.get(oid)?.[number - 1];
    if (own === undefined || column === undefined || column.relation === 0 || column.number <= 0 || depth > MAX_DEPTH) return undefined;
    if (collecting.has(column.relation)) return undefined;
    if (brought.has(column.relation)) return own; // a column of another system catalogue
    const below = origins(column.relation, column.number, depth + 1);
    return below && [...own, ...below];
  };
  const columns = group(rows.columns, ({ relation }) => relation);
  const made = new Map<number, Relation>();
  for (const { oid, schema, name, kind } of rows.relations) {
    const own = (columns.get(oid) ?? []).map((column): [number, RelationColumn] => [
      column.number,
      { number: column.number, name: column.name, names: names.get(oid)?.get(column.number) ?? [], origins: origins(oid, column.number) },
    ]);
    made.set(oid, { oid, schema, name, kind, collected: collecting.has(oid), columns: new Map(own) });
  }
  return made;
}

function group<K, V>(values: Iterable<V>, key: (value: V) => K): Map<K, V[]> {
  return Map.groupBy(values, key);
}

function memoized<K extends object, V>(make: (key: K) => V): (key: K) => V {
  return memoizedBy((key) => key, make);
}

/** Remembers results for as long as the objects live that they were made of. */
function memoizedBy<K extends object, V>(part: (key: K) => object, make: (key: K) => V): (key: K) => V {
  const known = new WeakMap<object, V>();
  return (key) => {
    const by = part(key);
    let value = known.get(by);
    if (value === undefined) {
      value = make(key);
      known.set(by, value);
    }
    return value;
  };
}
