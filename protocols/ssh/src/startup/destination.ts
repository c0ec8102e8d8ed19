import { GatewayError, type Target } from '@sallyport/core';

/** Who asks, and for what. */
export interface Destination {
  /** The identity's name, without the target. */
  readonly user: string;
  readonly target: Target;
}

/**
 * The target that a client means. Where several share the listener, and only there, the user name ends in `@target`:
 * `ssh alice@web-1@gateway` reaches the gateway as `alice@web-1`.
 *
 * @throws GatewayError ERR_ACCESS
 */
export function chooseTarget(userName: string, targets: readonly Target[]): Destination {
  const [only] = targets;
  const at = userName.lastIndexOf('@');
  const named = targets.find(({ name }) => at >= 0 && name === userName.slice(at + 1));
  if (named !== undefined) return { user: userName.slice(0, at), target: named };
  if (only !== undefined && targets.length === 1) return { user: userName, target: only };
  throw new GatewayError(
    'ERR_ACCESS',
    'Several targets share this address: connect as USER@TARGET@GATEWAY, with a target that "sallyport targets" lists.',
  );
}
