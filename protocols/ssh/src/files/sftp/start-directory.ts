import type { Duplex } from 'node:stream';
import { ProtocolError } from '@sallyport/core';
import { pathText } from '../paths.ts';
import { PacketReader, type SftpFrame, sftpDecoder } from './decoder.ts';
import { encodePacket, TYPE, VERSION } from './messages.ts';

/**
 * Asks a target by a channel of SFTP's own in which directory its commands, and relative paths, begin. Ends the channel.
 *
 * @returns undefined where the target does not say, or the signal is aborted first.
 */
export function askStartDirectory(channel: Duplex, signal: AbortSignal): Promise<string | undefined> {
  const decoder = sftpDecoder('target');
  return new Promise((resolve) => {
    const finish = (directory?: string): void => {
      signal.removeEventListener('abort', abort);
      channel.destroy();
      resolve(directory);
    };
    const abort = (): void => finish();
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) return abort();
    channel.on('error', abort);
    channel.once('end', abort);
    channel.once('close', abort);
    channel.on('data', (chunk: Buffer) => {
      try {
        for (const frame of decoder.push(chunk)) {
          if (frame.type === TYPE.VERSION) channel.write(startDirectoryRequest());
          else finish(startDirectoryOf(frame));
        }
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
        finish();
      }
    });
    channel.write(encodePacket(TYPE.INIT, VERSION));
  });
}

/** `REALPATH "."`, which no client's request can be confused with before it has sent any. */
export function startDirectoryRequest(): Buffer {
  return encodePacket(TYPE.REALPATH, 0, Buffer.from('.'));
}

/** What a server answers to it: `count uint32 | filename string | …`. Undefined for any other answer. */
export function startDirectoryOf(frame: SftpFrame): string | undefined {
  if (frame.type !== TYPE.NAME) return undefined;
  const reader = new PacketReader('target', frame);
  if (reader.uint32() === 0) return undefined;
  const path = reader.string();
  return path[0] === 0x2f ? pathText(path) : undefined;
}
