import type { Target } from '@sallyport/core';
import { SqlStateError } from '../errors.ts';
import { startupOptions } from './target-options.ts';

/** Who asks, and for what. */
export interface Destination {
  /** The identity's name, without the target. */
  readonly user: string;
  readonly target: Target;
}

/**
 * The target that a client means. Where several share the listener, and only there, the user name
 * ends in `@target`; elsewhere an `@` belongs to the name.
 *
 * @throws SqlStateError 28000
 */
export function chooseTarget(userName: string, targets: readonly Target[]): Destination {
  const [only] = targets;
  if (only !== undefined && targets.length === 1) return { user: userName, target: only };
  const at = userName.lastIndexOf('@');
  if (at < 0) {
    throw new SqlStateError(
      'ERR_ACCESS',
      '28000',
      `Several targets share this address: sign in as "${userName}@TARGET", with the target's name.`,
    );
  }
  const name = userName.slice(at + 1);
  const target = targets.find((candidate) => candidate.name === name);
  if (target !== undefined) return { user: userName.slice(0, at), target };
  throw new SqlStateError(
    'ERR_ACCESS',
    '28000',
    `There is no target "${name}" at this address: sign in as "USER@TARGET" with a target that "sallyport targets" lists.`,
  );
}

/**
 * The database at the target. A client that names none, its own name or the target gets the
 * configured one, as libpq fills the user name in by itself.
 *
 * @throws SqlStateError 3D000 for one that is not listed
 */
export function chooseDatabase(named: string | undefined, userName: string, { user, target }: Destination): string {
  const { databases = [] } = startupOptions(target);
  const usual = usualDatabase(target);
  if (named === undefined || named === '' || named === usual) return usual;
  if (databases.includes(named)) return named;
  if ([user, userName, target.name].includes(named)) return usual;
  throw new SqlStateError(
    'ERR_ACCESS',
    '3D000',
    `The database "${named}" of target ${target.name} is not open through this gateway: leave the database out, or have it added to the target's "databases".`,
  );
}

/** The target's own database: as configured, else the one named like the gateway's login, as PostgreSQL has it. */
export function usualDatabase(target: Target): string {
  return startupOptions(target).database ?? target.credentials.username;
}
