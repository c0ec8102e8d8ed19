import type { Target } from '@sallyport/core';

/** What start-up needs of a PostgreSQL target's own configuration keys. */
export interface StartupOptions {
  /** Used when the client names none, its user name, or the target. */
  readonly database?: string | undefined;
  /** Others that a client may name. */
  readonly databases?: readonly string[] | undefined;
  /** `auto` and `scram`: SCRAM-SHA-256(-PLUS). `password`: cleartext inside TLS. */
  readonly sign_in?: 'auto' | 'scram' | 'password' | undefined;
}

/** The target's options as the protocol's schema has parsed them. */
export function startupOptions(target: Target): StartupOptions {
  return target.options as StartupOptions;
}
