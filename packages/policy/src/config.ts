import type { CommandClass, Identity, ObjectKey } from '@sallyport/core';

/** Who must approve, and what their yes is worth. */
export interface ApprovalSpec {
  /** Groups whose members may decide; never empty. */
  readonly groups: readonly string[];
  /** Distinct people who must say yes. */
  readonly count: number;
  /** How long the command waits for them. */
  readonly timeoutMs: number;
  /** How long it waits inside an open transaction, which keeps its locks meanwhile. */
  readonly transactionTimeoutMs: number;
  /** What the yes covers besides this one command. */
  readonly grant: 'once' | 'exact' | 'shape' | 'rule';
  /** How long a grant lasts, counted from the request; absent for `once`. */
  readonly forMs?: number;
}

/**
 * Conditions on who asks, where, and what. Each list is any of; keys are all of. Names are globs.
 * A key that is absent asks nothing.
 */
export interface Match extends Partial<Readonly<Record<ObjectKey, readonly string[]>>> {
  readonly protocol?: readonly string[];
  readonly targets?: readonly string[];
  /** Label name to any of its values. */
  readonly labels?: Readonly<Record<string, readonly string[]>>;
  readonly users?: readonly string[];
  readonly groups?: readonly string[];
  readonly kind?: readonly Identity['kind'][];
  readonly class?: readonly CommandClass[];
  /** Case-insensitive. */
  readonly verb?: readonly string[];
  /** `schema.name`, or `name` in any schema. */
  readonly relations?: readonly string[];
  readonly unfiltered?: boolean;
  readonly launders?: boolean;
  /** What comes with the command is larger than this many bytes. */
  readonly bytesOver?: number;
}

/** The keys of {@link Match} that are known before any command. */
export type StandingMatch = Pick<Match, 'protocol' | 'targets' | 'labels' | 'users' | 'groups' | 'kind'>;

/** Who may connect where. */
export interface AccessEntry extends Pick<Match, 'users' | 'groups' | 'targets' | 'labels'> {
  /** Somebody must approve each connection. */
  readonly approval?: ApprovalSpec;
}

export interface Rule {
  /** Unique; stands in recordings. */
  readonly name: string;
  readonly match: Match;
  /** Exempts what it matches from the rule. An empty one exempts nothing. */
  readonly unless?: Match;
  readonly action: 'allow' | 'deny' | 'hold';
  /** Needed by `hold`. */
  readonly approval?: ApprovalSpec;
  /** What a denied client reads, verbatim. */
  readonly message?: string;
  /** false: shadow mode, only recorded. */
  readonly enforce: boolean;
  /** `off`: the command passes unrecorded, which is itself recorded. */
  readonly record?: 'off';
  readonly results?: 'full' | 'digest' | 'none';
}

/** Everything policy goes by; already validated. */
export interface PolicyConfig {
  readonly access: readonly AccessEntry[];
  /** Classes that pass with no rule. */
  readonly defaults: Readonly<Record<Identity['kind'], readonly CommandClass[]>>;
  readonly rules: readonly Rule[];
}
