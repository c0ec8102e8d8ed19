import type { ApprovalSpec } from './config.ts';

/** A shadow rule that would have stopped the command. */
export interface Shadow {
  readonly rule: string;
  readonly would: 'deny' | 'hold';
}

/** What policy says to one command. */
export interface Judgement {
  readonly action: 'allow' | 'deny' | 'hold';
  /** The rules that decided, sorted; empty where defaults or the token's scope did. */
  readonly rules: readonly string[];
  readonly shadow: readonly Shadow[];
  /** For `deny`: what the client reads. A rule's own message stands verbatim. */
  readonly message?: string;
  /** For `hold`: one approval that satisfies every rule that holds. */
  readonly approval?: ApprovalSpec;
  /** The command passes unrecorded. */
  readonly record?: 'off';
  /** How its results are recorded; absent: as the target or the configuration says. */
  readonly results?: 'full' | 'digest' | 'none';
  /** Why, in one sentence. */
  readonly reason: string;
}
