import { type Decoder, type Frame, type GatewayError, pump, type Relay } from '@sallyport/core';
import type { ServerChannel } from 'ssh2';
import { EXIT } from '../errors.ts';
import { byteChunks } from '../files/byte-chunks.ts';
import type { FileCommandLine } from '../files/exec/file-command-line.ts';
import { createRsyncRelay } from '../files/rsync/relay.ts';
import { createScpRelay } from '../files/scp/relay.ts';
import { sftpDecoder } from '../files/sftp/decoder.ts';
import { createSftpRelay } from '../files/sftp/relay.ts';
import { ChannelWriter, carry } from './carry.ts';
import { ChannelStream } from './channel-stream.ts';
import { type ExitStatus, exitOf, type Outcome, type Running } from './running.ts';

/** A file transfer's conversation, and what its end needs of it. */
interface FileRelay<F extends Frame> extends Relay<F> {
  ended(): void;
}

/** Runs SFTP: each file is judged before it is touched, and recorded with its hash. Never masked: it is binary. */
export function runSftp(running: Running): Promise<Outcome> {
  const relay = createSftpRelay({ gate: running.gate, notice: (text) => running.say(text) });
  return runFrames(running, relay, sftpDecoder('client'), sftpDecoder('target'));
}

/** Runs the far side of scp, each file judged before its content passes, or of rsync, judged as a whole. Never masked either. */
export function runFileCommand(running: Running, line: FileCommandLine): Promise<Outcome> {
  const { gate, command } = running;
  const relay =
    line.program === 'scp'
      ? createScpRelay({ gate, command: line, notice: (text) => running.say(text) })
      : createRsyncRelay({ gate, line, command });
  return runFrames<Frame>(running, relay, byteChunks(), byteChunks());
}

async function runFrames<F extends Frame>(
  { client, connection, conversation, gate, input, left, start, say, writer }: Running,
  relay: FileRelay<F>,
  clientDecoder: Decoder<F>,
  targetDecoder: Decoder<F>,
): Promise<Outcome> {
  const target = await start();
  const said = carry(target.stderr, (text) => writer.write(text, client.stderr));
  input.release();
  const exit = exitOf(target);
  const ended = await pump({
    client: new ChannelStream({ channel: client, writer, endsAt: 'end', end: () => leave(client, exit.status()?.code) }),
    target: new ChannelStream({
      channel: target,
      writer: new ChannelWriter(target, connection.socket),
      endsAt: 'close',
      end: () => target.end(),
    }),
    targetName: gate.target.name,
    clientDecoder,
    targetDecoder,
    relay,
    // Content is recorded as what it is: files, by their names and hashes.
    gate: { durable: () => gate.durable(), ready: () => gate.ready(), record: () => undefined },
    signal: left,
    farewell(error) {
      // A program that has exited has had its last word.
      if (error.code !== 'ERR_ENDED' && exit.status() === undefined) say(error.message);
      return Buffer.alloc(0);
    },
  });
  await said;
  relay.ended();
  conversation.seen.clientBytes += ended.clientBytes;
  conversation.seen.targetBytes += ended.targetBytes;
  conversation.seen.clientFrames += ended.clientFrames;
  conversation.seen.targetFrames += ended.targetFrames;
  return { bytes: ended.targetBytes, exit: statusOf(exit.status(), ended.error), ...(ended.error !== undefined && { error: ended.error }) };
}

/** Where the gateway ended a transfer, that the target's program then ends in peace says nothing of it. */
function statusOf(told: ExitStatus | undefined, error: GatewayError | undefined): ExitStatus | undefined {
  if (error === undefined) return told ?? { code: 0, signal: undefined, dumped: false, description: '' };
  return error.code === 'ERR_ENDED' || error.code === 'ERR_TARGET_CLOSED' ? told : undefined;
}

/** An exit status has to come before the end. */
function leave(client: ServerChannel, status: number | undefined): void {
  if (client.writable) client.exit(status ?? EXIT.failed);
  client.end();
}
