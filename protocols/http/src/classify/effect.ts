import type { CommandClass, ObjectKey } from '@sallyport/core';

/** What a request is to an API that is known; stands for what its method alone would say. */
export interface Effect {
  readonly class: readonly CommandClass[];
  /** `github:merge`, `graphql:viewer` … */
  readonly operations: readonly string[];
  readonly repository?: readonly string[];
  readonly refs?: readonly string[];
  /** Kinds of which it may mean more than it shows. */
  readonly incomplete?: readonly ObjectKey[];
  readonly reason?: string;
}
