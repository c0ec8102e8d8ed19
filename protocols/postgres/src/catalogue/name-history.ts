import type { FactStore } from '@sallyport/core';
import type { Origin } from './catalogue.ts';

/** A relation's columns now: number to every name it may be known by. */
export type ColumnNames = ReadonlyMap<number, readonly Origin[]>;

const SAVED_AT_ONCE = 256;

/**
 * Every name under which a column, by the OID and number that never change, was ever seen. A mask
 * that was bound to a name thus follows the column through renames, also over restarts.
 */
export class NameHistory {
  readonly #facts: FactStore;
  readonly #scope: string;
  readonly #relations: Map<number, Map<number, readonly Origin[]>>;
  readonly #unsaved = new Set<number>();

  private constructor(facts: FactStore, scope: string, relations: Map<number, Map<number, readonly Origin[]>>) {
    this.#facts = facts;
    this.#scope = scope;
    this.#relations = relations;
  }

  static async load(facts: FactStore, scope: string): Promise<NameHistory> {
    const relations = new Map<number, Map<number, readonly Origin[]>>();
    for (const [oid, value] of await facts.load(scope)) relations.set(Number(oid), decode(value));
    return new NameHistory(facts, scope, relations);
  }

  /** Adds today's names to those known and returns all of them. */
  extend(oid: number, now: ColumnNames): ColumnNames {
    const known = this.#relations.get(oid) ?? new Map<number, readonly Origin[]>();
    this.#relations.set(oid, known);
    for (const [number, names] of now) {
      const before = known.get(number) ?? [];
      const added = names.filter((name) => !before.some((old) => old.relation === name.relation && old.name === name.name));
      if (added.length === 0) continue;
      known.set(number, [...before, ...added]);
      this.#unsaved.add(oid);
    }
    return known;
  }

  /** Stores what is new. What could not be stored is tried again the next time. */
  async save(): Promise<void> {
    const waiting = [...this.#unsaved];
    for (let start = 0; start < waiting.length; start += SAVED_AT_ONCE) {
      const batch = waiting.slice(start, start + SAVED_AT_ONCE);
      await Promise.all(batch.map((oid) => this.#facts.save(this.#scope, String(oid), encode(this.#relations.get(oid) ?? new Map()))));
      for (const oid of batch) this.#unsaved.delete(oid);
    }
  }
}

type Encoded = readonly (readonly [number, readonly (readonly [string, string])[]])[];

function encode(columns: ColumnNames): string {
  const encoded: Encoded = [...columns].map(([number, names]) => [number, names.map(({ relation, name }) => [relation, name])]);
  return JSON.stringify(encoded);
}

function decode(value: string): Map<number, readonly Origin[]> {
  return new Map((JSON.parse(value) as Encoded).map(([number, names]) => [number, names.map(([relation, name]) => ({ relation, name }))]));
}
