import { type FactStore, GatewayError, type Target } from '@sallyport/core';
import type { Catalogue } from './catalogue.ts';
import { NameHistory } from './name-history.ts';
import { type CatalogueConnection, prepareConnection, readFingerprint, readIdentity, readRows } from './reader.ts';
import { makeSnapshot } from './snapshot.ts';
import { ViewReader } from './view-columns.ts';

/** Objects made elsewhere are noticed within this time. */
const FRESH_MS = 10_000;
/** A catalogue in use is read again in the background from this age on. */
const REFRESH_MS = 5_000;
/** One reading, connecting included. */
const CONNECT_MS = 10_000;
/** The own connection is closed, and what was read forgotten, when nobody asked for this long. */
const IDLE_MS = 60_000;

export interface CataloguesOptions {
  /** Opens the gateway's own connection; see `openOwnConnection`. */
  connect(target: Target, database: string, signal: AbortSignal): Promise<CatalogueConnection>;
  /** Milliseconds; any clock that does not go back. */
  now(): number;
  readonly facts: FactStore;
}

/** The catalogues of all targets' databases, shared by their sessions. */
export interface Catalogues {
  /** The catalogue as it is now, at most 10 s old. Rejects when it cannot be read: then nothing is known. */
  get(target: Target, database: string): Promise<Catalogue>;
  /** The same where no waiting is needed; undefined means: ask {@link get}. */
  current(target: Target, database: string): Catalogue | undefined;
  /** A session changed the schema: whoever asks next waits for a new reading. */
  invalidate(target: Target, database: string): void;
  close(): Promise<void>;
}

export function createCatalogues(options: CataloguesOptions): Catalogues {
  // By target and not by its name: sessions that began before a reload keep their old target.
  const targets = new Map<Target, Map<string, Entry>>();
  const entry = (target: Target, database: string): Entry => {
    const databases = targets.get(target) ?? new Map<string, Entry>();
    targets.set(target, databases);
    const forget = (): void => {
      databases.delete(database);
      if (databases.size === 0 && targets.get(target) === databases) targets.delete(target);
    };
    const found = databases.get(database) ?? new Entry(options, target, database, forget);
    databases.set(database, found);
    return found;
  };
  return {
    get: (target, database) => entry(target, database).get(),
    current: (target, database) => entry(target, database).current(),
    invalidate: (target, database) => entry(target, database).invalidate(),
    async close() {
      for (const databases of [...targets.values()]) for (const one of [...databases.values()]) one.close();
    },
  };
}

interface Reading {
  readonly generation: number;
  readonly done: Promise<Catalogue>;
}

/** What is known of one cluster's database; forgotten when a connection leads to another one. */
interface Learnt {
  readonly identity: string;
  readonly history: NameHistory;
  readonly views: ViewReader;
  fingerprint: string;
  catalogue: Catalogue | undefined;
}

/** One database of one target. */
class Entry {
  readonly #target: Target;
  readonly #database: string;
  readonly #options: CataloguesOptions;
  readonly #forget: () => void;
  #connection: CatalogueConnection | undefined;
  #learnt: Learnt | undefined;
  #readAt = Number.NEGATIVE_INFINITY;
  /** Counts invalidations: a reading begun before one is no good after it. */
  #generation = 0;
  #reading: Reading | undefined;
  #idle: NodeJS.Timeout | undefined;
  #closed = false;

  /** @param forget called when nobody asked for a while, or at the end. */
  constructor(options: CataloguesOptions, target: Target, database: string, forget: () => void) {
    this.#options = options;
    this.#forget = forget;
    this.#target = target;
    this.#database = database;
  }

  current(): Catalogue | undefined {
    const age = this.#options.now() - this.#readAt;
    if (age > FRESH_MS) return undefined;
    // A failure in the background is no one's yet: it comes to light when the catalogue is too old.
    if (age > REFRESH_MS && this.#reading === undefined) this.#begin().catch(() => undefined);
    return this.#learnt?.catalogue;
  }

  async get(): Promise<Catalogue> {
    for (;;) {
      const current = this.current();
      if (current !== undefined) return current;
      const generation = this.#generation;
      const catalogue = await (this.#reading?.generation === generation ? this.#reading.done : this.#begin());
      if (generation === this.#generation) return catalogue;
    }
  }

  invalidate(): void {
    this.#generation += 1;
    this.#readAt = Number.NEGATIVE_INFINITY;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#idle);
    this.#connection?.close();
    this.#connection = undefined;
    this.#forget();
  }

  /** Starts a reading behind the one that is under way, if any: the connection serves one at a time. */
  #begin(): Promise<Catalogue> {
    const generation = this.#generation;
    const before = this.#reading?.done.catch(() => undefined);
    const done = (async () => {
      await before;
      const startedAt = this.#options.now();
      const catalogue = await this.#read();
      if (generation === this.#generation) this.#readAt = startedAt;
      return catalogue;
    })();
    const reading = { generation, done };
    this.#reading = reading;
    const finished = (): void => {
      if (this.#reading === reading) this.#reading = undefined;
    };
    done.then(finished, finished);
    return done;
  }

  async #read(): Promise<Catalogue> {
    const { connection, learnt } = await this.#connected();
    try {
      const fingerprint = await readFingerprint(connection);
      if (learnt.catalogue === undefined || learnt.fingerprint !== fingerprint) {
        const rows = await readRows(connection);
        const views = await learnt.views.read(connection, rows);
        learnt.catalogue = await makeSnapshot({ rows, views, history: learnt.history, functions: readFunctions(this.#target) });
        learnt.fingerprint = learnt.views.complete ? fingerprint : ''; // what was locked is asked again
      }
      return learnt.catalogue;
    } catch (cause) {
      connection.close();
      this.#connection = undefined;
      throw cause;
    }
  }

  async #connected(): Promise<{ readonly connection: CatalogueConnection; readonly learnt: Learnt }> {
    this.#restartIdle();
    if (this.#connection?.alive && this.#learnt !== undefined) return { connection: this.#connection, learnt: this.#learnt };
    const connection = await this.#options.connect(this.#target, this.#database, AbortSignal.timeout(CONNECT_MS));
    try {
      await prepareConnection(connection);
      const identity = await readIdentity(connection);
      // Behind the same address there may be another cluster now: nothing learnt of one holds for the other.
      const learnt = this.#learnt?.identity === identity ? this.#learnt : await this.#beginAnew(identity);
      this.#learnt = learnt;
      if (this.#closed) throw new GatewayError('ERR_ENDED', "The gateway's own connection was given up.");
      this.#connection = connection;
      return { connection, learnt };
    } catch (cause) {
      connection.close();
      throw cause;
    }
  }

  async #beginAnew(identity: string): Promise<Learnt> {
    const history = await NameHistory.load(this.#options.facts, `postgres ${this.#target.name} ${identity}`);
    return { identity, history, views: new ViewReader(), fingerprint: '', catalogue: undefined };
  }

  #restartIdle(): void {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.close(), IDLE_MS).unref();
  }
}

function readFunctions(target: Target): readonly string[] {
  return (target.options as { readonly functions?: readonly string[] } | undefined)?.functions ?? [];
}
