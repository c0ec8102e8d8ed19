/** Something that is not as the gateway left it. */
export interface Finding {
  /** The session it concerns; null for the log itself. */
  readonly session: string | null;
  /** The session's record, or null where it is about the session as a whole. */
  readonly seq: number | null;
  /** The log entry, where one is concerned. */
  readonly entry: number | null;
  /** One sentence: what is wrong. */
  readonly what: string;
}

export interface Verification {
  readonly ok: boolean;
  /**
   * `self-consistent`: everything fits together, by the gateway's own word. `verified`: every
   * signature is by the key that the caller trusts. `anchored to TIME`: and the log still has the
   * entry that was noted outside at that time. `failed`: see the findings.
   */
  readonly verdict: string;
  /** How many sessions' records were checked. */
  readonly sessions: number;
  /** How many of them have no seal yet: nothing vouches for what came after their last checkpoint. */
  readonly unsealed: number;
  readonly findings: readonly Finding[];
}

/** Findings beyond this many are only counted: a damaged log can have one per entry. */
const MAX_FINDINGS = 1_000;

/** Gathers findings. */
export class Findings {
  readonly #list: Finding[] = [];
  #more = 0;

  get count(): number {
    return this.#list.length + this.#more;
  }

  log(entry: number | null, what: string, session: string | null = null): void {
    this.#add({ session, seq: null, entry, what });
  }

  session(session: string, seq: number | null, what: string, entry: number | null = null): void {
    this.#add({ session, seq, entry, what });
  }

  list(): readonly Finding[] {
    if (this.#more === 0) return this.#list;
    return [...this.#list, { session: null, seq: null, entry: null, what: `There are ${this.#more} more findings.` }];
  }

  #add(finding: Finding): void {
    if (this.#list.length < MAX_FINDINGS) this.#list.push(finding);
    else this.#more += 1;
  }
}
