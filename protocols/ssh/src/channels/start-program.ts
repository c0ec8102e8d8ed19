import { GatewayError } from '@sallyport/core';
import type { Client, ClientChannel, ExecOptions, PseudoTtyOptions, ShellOptions } from 'ssh2';
import { repaired } from '../ssh2/private-parts.ts';
import type { ProgramRequest } from './program.ts';

/** Opens a channel at the target and starts there what the client asked for. @throws GatewayError ERR_TARGET_CLOSED */
export function startProgram(client: Client, { what, pty, env, x11, agent }: ProgramRequest): Promise<ClientChannel> {
  const { promise, resolve, reject } = Promise.withResolvers<ClientChannel>();
  const started = (error: Error | undefined, channel: ClientChannel): void => {
    if (error === undefined) resolve(repaired(channel));
    else reject(new GatewayError('ERR_TARGET_CLOSED', `The target refused to run this (${error.message}).`, { cause: error }));
  };
  const terminal = pty as PseudoTtyOptions | undefined;
  const agentForward = agent ? { agentForward: true } : {};
  const display = x11 === undefined ? {} : { x11: { single: x11.single, screen: x11.screen, protocol: x11.protocol, cookie: x11.cookie } };
  try {
    if (what.kind === 'shell') client.shell(terminal ?? false, { env, ...display, ...agentForward } as ShellOptions, started);
    else if (what.kind === 'subsystem') client.subsys(what.name, started);
    else
      client.exec(
        what.command,
        { env, ...(terminal !== undefined && { pty: terminal }), ...display, ...agentForward } as ExecOptions,
        started,
      );
  } catch (cause) {
    reject(new GatewayError('ERR_TARGET_CLOSED', 'The connection to the target is gone.', { cause }));
  }
  return promise;
}
