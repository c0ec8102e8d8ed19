import type { Readable } from 'node:stream';
import {
  AdvertisementEditor,
  type AllowedPush,
  type BaseConversation,
  type GitCall,
  judgePush,
  type PushEnd,
  readPushRequest,
  repositoryName,
} from '@sallyport/git';
import type { ClientChannel } from 'ssh2';
import { asGatewayError } from '../errors.ts';
import { repaired } from '../ssh2/private-parts.ts';
import { ChannelWriter, carry } from './carry.ts';
import { type ExitStatus, exitOf, type Outcome, type Running } from './running.ts';

/** The end of a conversation in which nothing is pushed. */
const FLUSH = Buffer.from('0000');

/** The push that goes on to the target, once it does. */
interface Sent {
  push?: AllowedPush;
}

/**
 * Carries `git push`: what it brings is taken in and looked at before the target gets any of it, and each ref is judged.
 * https://git-scm.com/docs/gitprotocol-pack#_pushing_data_to_a_server
 */
export async function runPush(running: Running, call: GitCall): Promise<Outcome> {
  const { client, connection, conversation, input, left, writer } = running;
  const target = await running.start();
  const close = (): void => target.close();
  left.addEventListener('abort', close, { once: true });
  const exit = exitOf(target);
  input.release();
  const editor = new AdvertisementEditor();
  const toTarget = new ChannelWriter(target, connection.socket);
  const sent: Sent = {};
  const answered = Promise.all([
    carry(target, (chunk) => {
      conversation.seen.targetBytes += chunk.length;
      sent.push?.answered(chunk);
      return writer.write(editor.push(chunk));
    }),
    carry(target.stderr, (chunk) => writer.write(chunk, client.stderr)),
    exit.closed,
  ]);
  try {
    // A target that has ended takes nothing more: it has no such repository, or was stopped.
    const pushing = push(running, call, toTarget, target, sent);
    pushing.catch(() => undefined); // where the target has ended first, that is the reason
    await Promise.race([pushing, answered]);
    await answered;
    sent.push?.ended(endOf(exit.status()));
    return { bytes: writer.bytes, exit: exit.status() };
  } catch (cause) {
    sent.push?.ended({ state: 'unknown' });
    target.close();
    return { bytes: writer.bytes, exit: undefined, error: asGatewayError(cause) };
  } finally {
    left.removeEventListener('abort', close);
  }
}

async function push(running: Running, call: GitCall, toTarget: ChannelWriter, target: ClientChannel, sent: Sent): Promise<void> {
  const { client, conversation, gate, left, writer } = running;
  const read = await readPushRequest(chunksOf(client));
  if (read === undefined || read.request.updates.length === 0) return goodbye(toTarget, target);
  const { host } = conversation.parts;
  const judged = await judgePush(read.request, read.rest, {
    ...{ gate, left, scratch: host.scratch, repository: repositoryName(call.path) ?? call.path },
    tell: (lines) => void writer.write(lines),
    base: () => openBase(running, call),
    unfit: (error) => host.log('error', error.message, { session: gate.id, err: error.cause }),
  });
  if (judged.action === 'deny') {
    await writer.write(judged.answer);
    return goodbye(toTarget, target);
  }
  try {
    sent.push = judged;
    await gate.durable();
    for await (const bytes of judged.bytes()) {
      conversation.seen.clientBytes += bytes.length;
      await toTarget.write(bytes);
    }
    target.end();
  } finally {
    await judged.close();
  }
}

/** Nothing is pushed: the target's git ends in peace. */
async function goodbye(toTarget: ChannelWriter, target: ClientChannel): Promise<void> {
  await toTarget.write(FLUSH);
  target.end();
}

/** How the target's git says it went. */
function endOf(status: ExitStatus | undefined): PushEnd {
  if (status === undefined) return { state: 'unknown' };
  return { state: status.code === 0 ? 'completed' : 'failed' };
}

/** What the target has, to compare with: its own git, asked over another channel. */
async function openBase({ connection }: Running, { path }: GitCall): Promise<BaseConversation> {
  const quoted = `'${path.replace(/['!]/g, "'\\$&'")}'`;
  const channel = await new Promise<ClientChannel>((resolve, reject) => {
    connection.client.exec(`git-upload-pack ${quoted}`, { env: { GIT_PROTOCOL: 'version=2' } }, (error, opened) =>
      error === undefined ? resolve(repaired(opened)) : reject(error),
    );
  });
  channel.stderr.resume();
  const writer = new ChannelWriter(channel, connection.socket);
  return { send: (bytes) => writer.write(bytes), received: chunksOf(channel), close: () => channel.close() };
}

/** A channel piece by piece; it stays open behind the last one that is taken. */
function chunksOf(channel: Readable): AsyncIterable<Buffer> {
  return { [Symbol.asyncIterator]: () => channel.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer> };
}
