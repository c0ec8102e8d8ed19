import type { MaskMethod } from '@sallyport/core';
import type { DetectorName } from './text/detectors.ts';

/**
 * What is masked how, and for whom it is not. Already validated: a rule has columns, or detectors,
 * or patterns, or fields.
 */
export interface MaskRule {
  /** Unique; recordings count by it. */
  readonly name: string;
  /** See {@link compileColumn}. Empty: the rule finds what it masks by its form, or its place in a document. */
  readonly columns: readonly string[];
  readonly detect?: readonly DetectorName[];
  /** See {@link Pattern}. */
  readonly patterns?: readonly string[];
  /** See {@link parseFieldPath}. */
  readonly fields?: readonly string[];
  /** What goes to the target is masked too. Not for columns. */
  readonly requests?: boolean;
  readonly method: MaskMethod;
  /** Of the method `token`, and needed by it: see {@link tokenDomain}. */
  readonly domain?: string;
  /** Globs; absent: every target. */
  readonly targets?: readonly string[];
  /** Who sees the values as they are: every key that stands here must hold; globs. */
  readonly unless?: { readonly groups?: readonly string[]; readonly users?: readonly string[] };
}
