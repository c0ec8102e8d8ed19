import type { LookupFunction } from 'node:net';
import type { Target } from '@sallyport/core';

/** A target as it is dialled: one of the forward proxy stands for many hosts, and is each in turn. */
export interface ReachedTarget extends Target {
  /** Asks for the addresses of its host, where not everything that a name leads to may be dialled. */
  readonly lookup?: LookupFunction;
}
