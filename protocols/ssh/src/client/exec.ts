import type { Readable } from 'node:stream';
import { type Endpoint, ExecError, type ExecItem, ItemQueue, parseSshKeyLine } from '@sallyport/core';
import ssh2, { type ClientChannel } from 'ssh2';
import { ChannelWriter, carry } from '../channels/carry.ts';
import { EXIT } from '../errors.ts';
import { socketOf } from '../ssh2/private-parts.ts';

const READY_MS = 60_000;
/** Output that may wait for its reader beyond what a channel's window holds. */
const LEAVE_MS = 1_000;

/**
 * Runs a command line at the target, through the gateway. Its output streams: a slow reader holds the program back.
 *
 * @throws ExecError
 */
export async function* exec(endpoint: Endpoint, command: string, signal: AbortSignal, input?: Readable): AsyncGenerator<ExecItem> {
  signal.throwIfAborted();
  const client = new ssh2.Client();
  let channel: ClientChannel | undefined;
  const items = new ItemQueue<ExecItem>({ pause: () => pauseOf(channel, 'pause'), resume: () => pauseOf(channel, 'resume') });
  const abort = (): void => {
    channel?.signal('INT');
    channel?.close();
    setTimeout(() => client.end(), LEAVE_MS).unref();
    items.fail(signal.reason);
  };
  signal.addEventListener('abort', abort, { once: true });
  client.on('error', (error) => items.fail(error));
  client.once('close', () => items.fail(new Error('The gateway closed the connection.')));
  client.on('banner', (message) => items.push({ type: 'notice', message: message.trim() }));
  client.once('ready', () => {
    client.exec(command, (error, opened) => {
      if (error !== undefined) return items.fail(error);
      channel = opened;
      follow(opened, items);
      send(opened, input, client);
    });
  });
  try {
    client.connect({
      host: endpoint.host,
      port: endpoint.port,
      username: endpoint.user,
      password: endpoint.token,
      readyTimeout: READY_MS,
      hostVerifier: (key: Buffer) => (endpoint.hostKeys ?? []).some((line) => parseSshKeyLine(line)?.equals(key)),
    });
    yield* items;
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof ExecError ? error : new ExecError('SSH', (error as Error).message, false);
  } finally {
    signal.removeEventListener('abort', abort);
    client.removeAllListeners('close').end();
  }
}

function follow(channel: ClientChannel, items: ItemQueue<ExecItem>): void {
  let exit: ExecItem = { type: 'exit', status: EXIT.failed };
  channel.on('data', (data: Buffer) => items.push({ type: 'output', stream: 'stdout', data }));
  channel.stderr.on('data', (data: Buffer) => items.push({ type: 'output', stream: 'stderr', data }));
  channel.on('exit', (status: number | null, name?: string) => {
    exit = { type: 'exit', status: status ?? EXIT.failed, ...(name !== undefined && { signal: name }) };
  });
  channel.once('close', () => {
    items.push(exit);
    items.end();
  });
}

function send(channel: ClientChannel, input: Readable | undefined, client: ssh2.Client): void {
  if (input === undefined) return void channel.end();
  const writer = new ChannelWriter(channel, socketOf(client));
  carry(input, (chunk) => writer.write(chunk)).then(
    () => channel.end(),
    () => channel.close(),
  );
}

function pauseOf(channel: ClientChannel | undefined, what: 'pause' | 'resume'): void {
  channel?.[what]();
  channel?.stderr[what]();
}
