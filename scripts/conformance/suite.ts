/** Test → how it ended. */
export type Verdicts = ReadonlyMap<string, 'pass' | 'fail' | 'skip'>;

export interface Address {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

/** A test-suite of somebody else's that can be pointed at a server. */
export interface Suite {
  readonly name: string;
  /** Programs of the machine without which it cannot run. */
  readonly needs: readonly string[];
  /** The database its tests use, and what must be in it. */
  readonly database: string;
  readonly setup: readonly string[];
  /** Brings its source from a package registry into the cache; quick when it is there. */
  prepare(): Promise<void>;
  run(server: Address): Promise<Verdicts>;
}
