import type { CheckResult } from '@sallyport/core';

/** One thing that the doctor has to say. Stable JSON. */
export interface Finding {
  /** null: the gateway itself. */
  readonly target: string | null;
  readonly check: string;
  readonly level: CheckResult['level'];
  readonly message: string;
  /** The one thing to do; null where there is nothing. */
  readonly mend: string | null;
}

/** A check's result as a finding about a target, or about the gateway. */
export function finding(target: string | null, { check, level, message, mend }: CheckResult): Finding {
  return { target, check, level, message, mend: mend ?? null };
}
