import type { Database } from 'better-sqlite3';

export interface FactWrites {
  save(scope: string, key: string, value: string): void;
}

export function factWrites(db: Database): FactWrites {
  const save = db.prepare<[string, string, string]>('INSERT OR REPLACE INTO facts VALUES (?, ?, ?)');
  return {
    save(scope, key, value) {
      save.run(scope, key, value);
    },
  };
}

export interface FactReads {
  /** Pairs of key and value. */
  load(scope: string): [string, string][];
}

export function factReads(db: Database): FactReads {
  const load = db.prepare<[string], { key: string; value: string }>('SELECT key, value FROM facts WHERE scope = ?');
  return { load: (scope) => load.all(scope).map(({ key, value }) => [key, value]) };
}
