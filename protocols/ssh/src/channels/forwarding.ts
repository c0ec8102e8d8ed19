import { isIPv6 } from 'node:net';
import type { Session, Target } from '@sallyport/core';
import type { AcceptConnection, Channel, Client, RejectConnection, ServerChannel, TcpipRequestInfo } from 'ssh2';
import { CHANNEL_VERBS, classifyChannel } from '../classify/command-line.ts';
import { asGatewayError } from '../errors.ts';
import { repaired } from '../ssh2/private-parts.ts';
import { ask } from './asking.ts';
import type { Conversation } from './conversation.ts';
import { refusedTunnel, runTunnel } from './tunnel.ts';

type Accept = AcceptConnection<ServerChannel>;

/**
 * A tunnel that the client opens through the target (`ssh -L`, `-D`, `-J`, `-W`).
 *
 * To the address of another target it leads through that target's own protocol, under the same identity: a tunnel is no
 * way round masks, rules and recording. Anything else needs a rule, and its bytes are counted and nothing more.
 * https://www.rfc-editor.org/rfc/rfc4254#section-7.2
 */
export async function forwardTcp(
  conversation: Conversation,
  accept: Accept,
  reject: RejectConnection,
  info: TcpipRequestInfo,
): Promise<void> {
  const { host, session } = conversation.parts;
  try {
    const gate = await conversation.unlessOver(session);
    const name = effectiveHost(info.destIP, gate.target);
    const known = host.targetAt(name, info.destPort);
    if (known !== undefined && known.name !== gate.target.name) return await throughProtocol(conversation, gate, accept, known);
    const address = addressText(info.destIP, info.destPort);
    const open = (client: Client): Promise<Channel> =>
      opened(address, (done) => client.forwardOut(info.srcIP, info.srcPort, info.destIP, info.destPort, done));
    await forward(conversation, gate, accept, reject, address, open);
  } catch (cause) {
    host.log('info', `A tunnel was refused: ${asGatewayError(cause).message}`);
    reject();
  }
}

/** A tunnel to a socket in the target's file system. https://github.com/openssh/openssh-portable/blob/master/PROTOCOL section 2.4 */
export async function forwardSocket(conversation: Conversation, accept: Accept, reject: RejectConnection, path: string): Promise<void> {
  try {
    const gate = await conversation.unlessOver(conversation.parts.session);
    await forward(conversation, gate, accept, reject, path, (client) =>
      opened(path, (done) => client.openssh_forwardOutStreamLocal(path, done)),
    );
  } catch {
    reject();
  }
}

async function forward(
  conversation: Conversation,
  gate: Session,
  accept: Accept,
  reject: RejectConnection,
  address: string,
  open: (client: Client) => Promise<Channel>,
): Promise<void> {
  const ruling = await ask(
    gate,
    { ...classifyChannel(CHANNEL_VERBS.forward, [address]), text: `forward to ${address}`, exact: ['forward', address] },
    {
      signal: conversation.over,
      context: () => Promise.resolve({ account: gate.target.credentials.username }),
      notice: (text) => conversation.parts.host.log('info', text),
    },
  );
  if (ruling.action === 'deny') return reject();
  await gate.durable();
  await runTunnel(gate, ruling.command, conversation, async () => {
    const { client, socket } = await conversation.unlessOver(conversation.parts.target);
    try {
      const target = await open(client);
      return { client: repaired(accept()), target, targetSocket: socket };
    } catch (cause) {
      reject();
      throw cause;
    }
  });
}

async function throughProtocol(conversation: Conversation, gate: Session, accept: Accept, target: Target): Promise<void> {
  gate.note({ type: 'tunnel', target: target.name });
  const channel = repaired(accept());
  const close = (): void => channel.close();
  conversation.over.addEventListener('abort', close, { once: true });
  try {
    await conversation.parts.host.open(target.name, channel, gate);
  } catch (cause) {
    conversation.parts.host.log('info', `A tunnel to ${target.name} was refused: ${asGatewayError(cause).message}`);
  } finally {
    conversation.over.removeEventListener('abort', close);
    channel.end();
  }
}

/** `localhost` is the target's own, not the gateway's. */
function effectiveHost(name: string, target: Target): string {
  return /^(?:localhost|127\.\d+\.\d+\.\d+|::1)$/i.test(name) ? target.host : name;
}

export function addressText(name: string, port: number): string {
  return isIPv6(name) ? `[${name}]:${port}` : `${name}:${port}`;
}

function opened(what: string, start: (done: (error: Error | undefined, channel: Channel) => void) => void): Promise<Channel> {
  return new Promise((resolve, reject) => {
    start((error, channel) => (error === undefined ? resolve(repaired(channel)) : reject(refusedTunnel(`to ${what}`, error))));
  });
}
