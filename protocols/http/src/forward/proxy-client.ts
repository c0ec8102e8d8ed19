import { GatewayError, type Host, type Target } from '@sallyport/core';
import { Unauthorised } from '../errors.ts';
import type { Fields } from '../message/fields.ts';
import { type ShownToken, shownToken } from '../startup/shown-token.ts';
import type { Authority } from './authority.ts';
import { chooseForward } from './choose-forward.ts';
import { ForwardServer } from './forward-server.ts';

const SIGN_IN = 'Sign in at the proxy with your user name and a gateway token: HTTPS_PROXY=http://USER:sp_…@HOST:PORT.';

/** Who asks the forward proxy, as they say; and for what. */
export interface ProxyClient {
  readonly shown: ShownToken;
  readonly server: ForwardServer;
}

/**
 * What a request of the forward proxy says of its sender, and the target that stands for the server that it asks for. `Authorization` is the
 * server's, whatever stands in it.
 *
 * @throws Unauthorised 407 without a proof of who it is; GatewayError ERR_ACCESS where no target stands for the server
 */
export function proxyClient(fields: Fields, authority: Authority, host: Host): ProxyClient {
  const shown = shownToken(
    fields.filter(([name]) => name === 'proxy-authorization'),
    [],
  );
  if (shown === undefined && host.signedIn === undefined) throw new Unauthorised(SIGN_IN, false, 407);
  const { user, targets } = meant(shown?.user ?? '', host.targets);
  const choice = chooseForward(authority, targets);
  if ('refused' in choice) throw new GatewayError('ERR_ACCESS', choice.refused);
  const token = shown ?? { proof: { method: 'bearer', secret: '' }, header: 'proxy-authorization' };
  return { shown: { ...token, user }, server: new ForwardServer(authority, choice, host) };
}

/** `alice@github` means that target, where several stand for the same hosts. */
function meant(user: string, targets: readonly Target[]): { readonly user: string; readonly targets: readonly Target[] } {
  const at = user.lastIndexOf('@');
  const named = targets.filter(({ name }) => at >= 0 && name === user.slice(at + 1));
  return named.length === 0 ? { user, targets } : { user: user.slice(0, at), targets: named };
}
