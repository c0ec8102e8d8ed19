import type { ChannelItem, RecordedFrames, Side } from '@sallyport/core';
import { type ChannelMessage, ChannelMessageDecoder } from './channel-message.ts';

/** A recording again, message by message. What was cut off in the middle is left out. @throws ProtocolError */
export async function* decodeRecording(frames: AsyncIterable<RecordedFrames>): AsyncGenerator<ChannelItem> {
  const decoders: Record<Side, ChannelMessageDecoder> = { client: new ChannelMessageDecoder(), target: new ChannelMessageDecoder() };
  const late = new Map<number, number>();
  for await (const { from, at, data } of frames) {
    for (const message of decoders[from].push(data)) {
      if (message.type === 'late') late.set(message.channel, message.milliseconds);
      else {
        const item = itemOf(message, at - (late.get(message.channel) ?? 0));
        if (item?.type === 'output') late.delete(message.channel);
        if (item !== undefined) yield item;
      }
    }
  }
}

function itemOf(message: Exclude<ChannelMessage, { readonly type: 'late' }>, at: number): ChannelItem | undefined {
  const { channel } = message;
  switch (message.type) {
    case 'data':
      return { type: 'output', at, channel, stream: 'stdout', data: message.data };
    case 'stderr':
      return { type: 'output', at, channel, stream: 'stderr', data: message.data };
    case 'pty':
    case 'window':
      return { type: 'screen', at, channel, columns: message.columns, rows: message.rows };
    case 'shell':
      return { type: 'program', at, channel, kind: 'shell', command: '' };
    case 'exec':
      return { type: 'program', at, channel, kind: 'exec', command: message.command.toString() };
    case 'subsystem':
      return { type: 'program', at, channel, kind: 'subsystem', command: message.name };
    case 'exit-status':
      return { type: 'exit', at, channel, status: message.status, signal: null };
    case 'exit-signal':
      return { type: 'exit', at, channel, status: null, signal: message.name };
    case 'signal':
    case 'eof':
    case 'close':
      return undefined;
  }
}
