import type { Duplex } from 'node:stream';
import { GatewayError, type Session } from '@sallyport/core';
import type { Channel } from 'ssh2';
import { asGatewayError } from '../errors.ts';
import { ChannelWriter, carry } from './carry.ts';
import type { Conversation } from './conversation.ts';

/** The two ends of a tunnel that is open. */
interface TunnelEnds {
  readonly client: Channel;
  readonly target: Channel;
  /** The target's connection below its channel. */
  readonly targetSocket: Duplex;
}

/** Carries a tunnel's bytes until both sides are done. Nobody looks into them: they are counted, and the seal says how many. */
async function carryTunnel(
  { client, target, targetSocket }: TunnelEnds,
  conversation: Conversation,
): Promise<{ sent: number; received: number }> {
  const toClient = new ChannelWriter(client, conversation.parts.socket);
  const toTarget = new ChannelWriter(target, targetSocket);
  const close = (): void => {
    client.close();
    target.close();
  };
  conversation.over.addEventListener('abort', close, { once: true });
  client.once('close', () => target.close());
  target.once('close', () => client.close());
  await Promise.allSettled([
    carry(client, (chunk) => toTarget.write(chunk)).then(() => target.end()),
    carry(target, (chunk) => toClient.write(chunk)).then(() => client.eof()),
  ]);
  client.end();
  conversation.over.removeEventListener('abort', close);
  const { seen } = conversation;
  seen.clientBytes += toTarget.bytes;
  seen.targetBytes += toClient.bytes;
  seen.opaqueBytes += toTarget.bytes + toClient.bytes;
  return { sent: toTarget.bytes, received: toClient.bytes };
}

/** Opens a tunnel's far end and carries it; the command's result says how it went. */
export async function runTunnel(
  gate: Session,
  command: number,
  conversation: Conversation,
  open: () => Promise<TunnelEnds>,
): Promise<void> {
  const result = { type: 'result', command, rows: 0 } as const;
  try {
    const ends = await open();
    const { sent, received } = await carryTunnel(ends, conversation);
    gate.note({ ...result, state: 'completed', bytes: sent + received });
  } catch (cause) {
    const { code, message } = asGatewayError(cause);
    gate.note({ ...result, state: 'failed', bytes: 0, error: { code, message } });
  }
}

export function refusedTunnel(what: string, cause: Error): GatewayError {
  return new GatewayError('ERR_TARGET_CLOSED', `The target did not open the tunnel ${what} (${cause.message}).`, { cause });
}
