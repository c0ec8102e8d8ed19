import { GatewayError, type Target } from '@sallyport/core';
import type { ClientRequest } from '../message/client-request.ts';
import { field } from '../message/fields.ts';
import { TARGET_HEADER } from '../message/gateway-fields.ts';
import type { TargetOptions } from '../target-schema.ts';
import type { ShownToken } from './shown-token.ts';

/** Who asks, and for what. */
export interface Destination {
  /** The identity's name, without the target. */
  readonly user: string;
  readonly target: Target;
}

/**
 * The target that a client means. Where several share the listener it says so by the user name (`alice@shop-api`), the header
 * `Sallyport-Target`, or the first part of the host name (`shop-api.localhost`).
 *
 * @throws GatewayError ERR_ACCESS
 */
export function chooseTarget(request: ClientRequest, { user }: Pick<ShownToken, 'user'>, all: readonly Target[]): Destination {
  const targets = all.filter(({ options }) => (options as TargetOptions).forward === undefined);
  const at = user.lastIndexOf('@');
  const bare = at < 0 ? user : user.slice(0, at);
  const byName = (name: string | undefined): Target | undefined => targets.find((target) => target.name === name);
  const byUser = at < 0 ? undefined : byName(user.slice(at + 1));
  if (byUser !== undefined) return { user: bare, target: byUser };
  const named = byName(field(request.fields, TARGET_HEADER)) ?? byName(request.authority.split(/[.:]/, 1)[0]);
  const target = targets.length === 1 ? targets[0] : named;
  if (target !== undefined) return { user, target };
  throw new GatewayError(
    'ERR_ACCESS',
    targets.length === 0
      ? 'This is a forward proxy: set HTTPS_PROXY to this address, and ask for the host itself.'
      : 'Several targets share this address: name one by the header "Sallyport-Target", the user name "USER@TARGET", or the host name "TARGET.localhost".',
  );
}
