import { GatewayError, type Target } from '@sallyport/core';

/** Who asks, and for what. */
export interface Destination {
  /** The identity's name, without the target. */
  readonly user: string;
  readonly target: Target;
}

/**
 * The target that a client means. Where several share the listener, and only there, the user name ends in `@target`;
 * elsewhere an `@` belongs to the name.
 *
 * @throws GatewayError ERR_ACCESS
 */
export function chooseTarget(userName: string, targets: readonly Target[]): Destination {
  const [only] = targets;
  if (only !== undefined && targets.length === 1) return { user: userName, target: only };
  const at = userName.lastIndexOf('@');
  const target = targets.find(({ name }) => at >= 0 && name === userName.slice(at + 1));
  if (target !== undefined) return { user: userName.slice(0, at), target };
  throw new GatewayError(
    'ERR_ACCESS',
    `Several targets share this address: sign in as "USER@TARGET", with a target that "sallyport targets" lists.`,
  );
}
