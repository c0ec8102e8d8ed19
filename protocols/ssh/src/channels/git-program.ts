import type { Readable } from 'node:stream';
import { type Command, type CommandResult, type Denied, GatewayError, type Ruling, type Session } from '@sallyport/core';
import {
  AdvertisementEditor,
  type BaseConversation,
  type GitCall,
  type GitCommand,
  type PushRequest,
  pushCommands,
  pushDenial,
  pushKeepalive,
  pushNotice,
  readPushRequest,
  repositoryName,
  type SpooledPush,
  spoolPush,
} from '@sallyport/git';
import type { ClientChannel } from 'ssh2';
import { asGatewayError } from '../errors.ts';
import { repaired } from '../ssh2/private-parts.ts';
import { ChannelWriter, carry } from './carry.ts';
import { type ExitStatus, exitOf, type Outcome, type Running } from './running.ts';

/** Connections that stay silent are closed by what lies between: git is told that the gateway lives. */
const KEEPALIVE_MS = 10_000;
/** The end of a conversation in which nothing is pushed. */
const FLUSH = Buffer.from('0000');

/**
 * Carries `git push`: what it brings is taken in and looked at before the target gets any of it, and each ref is judged.
 * https://git-scm.com/docs/gitprotocol-pack#_pushing_data_to_a_server
 */
export async function runPush(running: Running, call: GitCall): Promise<Outcome> {
  const { client, connection, conversation, gate, input, left, writer } = running;
  const target = await running.start();
  const close = (): void => target.close();
  left.addEventListener('abort', close, { once: true });
  const exit = exitOf(target);
  input.release();
  const editor = new AdvertisementEditor();
  const toTarget = new ChannelWriter(target, connection.socket);
  const answered = Promise.all([
    carry(target, (chunk) => {
      conversation.seen.targetBytes += chunk.length;
      return writer.write(editor.push(chunk));
    }),
    carry(target.stderr, (chunk) => writer.write(chunk, client.stderr)),
    exit.closed,
  ]);
  try {
    // A target that has ended takes nothing more: it has no such repository, or was stopped.
    const pushing = push(running, call, toTarget, target);
    pushing.catch(() => undefined); // where the target has ended first, that is the reason
    const sent = await Promise.race([pushing, answered.then(() => [])]);
    await answered;
    noteEnds(gate, sent, endOf(exit.status()));
    return { bytes: writer.bytes, exit: exit.status() };
  } catch (cause) {
    target.close();
    return { bytes: writer.bytes, exit: undefined, error: asGatewayError(cause) };
  } finally {
    left.removeEventListener('abort', close);
  }
}

/** @returns the rulings' ordinals, of a push that went on to the target. */
async function push(running: Running, call: GitCall, toTarget: ChannelWriter, target: ClientChannel): Promise<readonly number[]> {
  const { client, conversation, gate, writer } = running;
  const read = await readPushRequest(chunksOf(client));
  if (read === undefined || read.request.updates.length === 0) return goodbye(toTarget, target);
  const { request, rest } = read;
  const spooled = await spool(running, call, request, rest);
  if (spooled instanceof GatewayError) {
    await writer.write(pushDenial(request, { message: `sallyport: ${spooled.message}`, reason: 'refused by the gateway' }));
    return goodbye(toTarget, target);
  }
  try {
    const { allowed, refusal } = await judge(running, call, request, spooled);
    if (refusal !== undefined) {
      noteEnds(gate, allowed, { state: 'failed', error: OTHER_DENIED });
      await writer.write(pushDenial(request, refusal));
      return await goodbye(toTarget, target);
    }
    await gate.durable();
    for await (const bytes of spooled.bytes()) {
      conversation.seen.clientBytes += bytes.length;
      await toTarget.write(bytes);
    }
    target.end();
    return allowed;
  } finally {
    await spooled.close();
  }
}

/** @returns the sentence for a push that cannot be taken in: too large, or there is no git here to look at it. */
async function spool(
  running: Running,
  call: GitCall,
  request: PushRequest,
  rest: AsyncIterable<Buffer>,
): Promise<SpooledPush | GatewayError> {
  const { conversation, gate } = running;
  try {
    return await spoolPush(request, rest, {
      directory: conversation.parts.host.scratch,
      base: () => openBase(running, call),
      ...(gate.textMask !== undefined && { finder: gate.textMask }),
    });
  } catch (cause) {
    if (cause instanceof GatewayError && cause.code !== 'ERR_PROTOCOL') return cause;
    throw cause;
  }
}

/** What its own hooks made of each ref stands in what git showed the client. */
function endOf(status: ExitStatus | undefined): Pick<CommandResult, 'state'> {
  if (status === undefined) return { state: 'unknown' };
  return { state: status.code === 0 ? 'completed' : 'failed' };
}

/** Nothing is pushed: the target's git ends in peace. */
async function goodbye(toTarget: ChannelWriter, target: ClientChannel): Promise<readonly never[]> {
  await toTarget.write(FLUSH);
  target.end();
  return [];
}

interface Refusal {
  readonly message: string;
  readonly reason: string;
  readonly reasons: ReadonlyMap<string, string>;
}

/** Judges each ref; git refuses a push as a whole, so one denied ref denies all. */
async function judge(
  { gate, left, writer }: Running,
  call: GitCall,
  request: PushRequest,
  spooled: SpooledPush,
): Promise<{ readonly allowed: readonly number[]; readonly refusal?: Refusal }> {
  const reasons = new Map<string, string>();
  const allowed: number[] = [];
  const alive = setInterval(() => void writer.write(pushKeepalive(request)), KEEPALIVE_MS);
  try {
    const commands = pushCommands(repositoryName(call.path) ?? call.path, spooled.contents);
    for (const [at, command] of commands.entries()) {
      const ruling = await askFor(
        gate,
        commandOf(gate, command, spooled, at),
        left,
        (text) => void writer.write(pushNotice(request, text)),
      );
      if (ruling.action === 'allow') allowed.push(ruling.command);
      else for (const ref of command.objects.refs) reasons.set(ref, ruling.message);
    }
  } finally {
    clearInterval(alive);
  }
  const [first] = reasons.values();
  if (first === undefined) return { allowed };
  return { allowed, refusal: { message: `sallyport: ${first}`, reason: 'another ref of this push was denied', reasons } };
}

async function askFor(gate: Session, command: Command, left: AbortSignal, notice: (text: string) => void): Promise<Ruling> {
  const ruling = gate.command(command);
  if (ruling.action !== 'hold') return ruling;
  const asked = ruling.ask({}, left);
  if (asked.notice !== undefined) notice(`sallyport: ${asked.notice}`);
  return asked.outcome satisfies Promise<Ruling | Denied>;
}

const OTHER_DENIED = { code: 'ERR_ACCESS', message: 'Another ref of the same push was denied, so nothing was pushed.' };

function noteEnds(gate: Session, commands: readonly number[], end: Pick<CommandResult, 'state' | 'error'>): void {
  for (const command of commands) gate.note({ type: 'result', command, rows: 0, bytes: 0, ...end });
}

function commandOf(
  gate: Session,
  { digestParts, objects, ...command }: GitCommand,
  { contents, pack, request }: SpooledPush,
  at: number,
): Command {
  const found = [...new Set((contents[at]?.findings ?? []).map(({ rule }) => rule))];
  return {
    ...command,
    objects: { ...objects, ...(found.length > 0 && { findings: found }) },
    parameters: [],
    digest: gate.fingerprint(...digestParts, pack?.sha256 ?? '', ...request.options),
  };
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
