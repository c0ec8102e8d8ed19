import type { Target } from '@sallyport/core';

/** A MySQL target's own configuration keys. */
export interface MysqlOptions {
  /** Used when the client names none, or the target. */
  readonly database?: string | undefined;
  /** Further ones that may be used; names or patterns. */
  readonly databases?: readonly string[] | undefined;
  readonly functions?: readonly string[] | undefined;
}

/** The target's options as the protocol's schema has parsed them. */
export function mysqlOptions(target: Target): MysqlOptions {
  return target.options as MysqlOptions;
}
