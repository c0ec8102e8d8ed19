import type { MaskMethod } from '@sallyport/core';

/** Which columns are masked how, and for whom they are not. Already validated. */
export interface MaskRule {
  /** Unique; recordings count by it. */
  readonly name: string;
  /** See {@link compileColumn}. */
  readonly columns: readonly string[];
  readonly method: Exclude<MaskMethod, 'token'>;
  /** Globs; absent: every target. */
  readonly targets?: readonly string[];
  /** Who sees the columns as they are: every key that stands here must hold; globs. */
  readonly unless?: { readonly groups?: readonly string[]; readonly users?: readonly string[] };
}
