import type { Glob } from '@sallyport/core';

/** Patterns of one kind, taken in the two ways of `CompiledMatch`. */
export interface NameTest {
  /** This one may be meant. */
  readonly may: Glob;
  /** All of these, of which there is one at least, are meant for certain. */
  surely(names: readonly string[]): boolean;
}
