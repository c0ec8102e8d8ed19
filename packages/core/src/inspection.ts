/** `ok` is as it should be or merely worth knowing, `warning` deserves a look, `problem` must be mended. */
export type CheckLevel = 'ok' | 'warning' | 'problem';

/** What one check found out. */
export interface CheckResult {
  /** What was looked at, one or two words: `tls`, `login`. The same for the same check, always. */
  readonly check: string;
  readonly level: CheckLevel;
  /** One sentence. Never holds a secret or a value from a table. */
  readonly message: string;
  /** The one thing to do: a key of the configuration, a statement, a command. */
  readonly mend?: string;
}

/** A column of a table or view that clients could read. */
export interface InspectedColumn {
  readonly database: string;
  /** `schema.table` */
  readonly relation: string;
  readonly name: string;
  readonly of: 'table' | 'view';
  /** A few of its values, where they were asked for: for guessing what they are. Never shown, logged or kept. */
  readonly sample?: readonly string[];
}

/** What a signed-in account sees of a target. */
export interface Interior {
  /** `PostgreSQL 15.14` */
  readonly product: string;
  /** Databases that the account may use. */
  readonly databases: readonly string[];
  /** Those of the target's own databases, up to a bound. */
  readonly columns: readonly InspectedColumn[];
  /** Statements that make an account for the gateway which may do no more than it needs. */
  readonly leastAccount: string;
  /** What it is for, where rules to begin with differ by that: `language model`. */
  readonly kind?: string;
  /** Keys that the target's entry should have, by what was seen there: `{ llm: true }`. */
  readonly options?: Readonly<Record<string, string | boolean>>;
  /** The header in which the target takes the gateway's token, where that is not the usual one. */
  readonly tokenHeader?: string;
}

/** A target as the gateway's account finds it. */
export interface Inspection {
  /** In the order in which they were made. */
  readonly results: readonly CheckResult[];
  /** The strongest that `tls` could be set to and work; undefined where that was not found out. */
  readonly strongestTls?: 'disable' | 'require' | 'verify-full';
  /** undefined where nobody could sign in: a result says why. */
  readonly inside?: Interior;
}

export interface InspectOptions {
  /** Reads a few values of text columns as well. They are the target's data: only where somebody agreed. */
  readonly sample: boolean;
}

/** Where a target is, as its own clients say it. Absent: not said. */
export interface Dsn {
  readonly host?: string;
  readonly port?: number;
  readonly username?: string;
  readonly password?: string;
  readonly database?: string;
  /** The least that TLS must be. */
  readonly tls?: 'disable' | 'require' | 'verify-full';
  readonly caFile?: string;
}
