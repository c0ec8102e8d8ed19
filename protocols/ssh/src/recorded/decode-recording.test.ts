import type { ChannelItem, RecordedFrames, Side } from '@sallyport/core';
import { type ChannelMessage, encodeChannelMessage } from './channel-message.ts';
import { decodeRecording } from './decode-recording.ts';

async function decoded(said: readonly (readonly [Side, ChannelMessage])[], cut = 0): Promise<ChannelItem[]> {
  async function* frames(): AsyncGenerator<RecordedFrames> {
    for (const [index, [from, message]] of said.entries()) {
      const bytes = encodeChannelMessage(message);
      yield { from, at: 1_000 + index, data: bytes.subarray(0, cut) };
      yield { from, at: 1_000 + index, data: bytes.subarray(cut) };
    }
  }
  const items: ChannelItem[] = [];
  for await (const item of decodeRecording(frames())) items.push(item);
  return items;
}

const data = Buffer.from('hi');
const SAID: readonly (readonly [Side, ChannelMessage])[] = [
  ['client', { type: 'pty', channel: 0, term: 'xterm', columns: 80, rows: 24 }],
  ['client', { type: 'shell', channel: 0 }],
  ['target', { type: 'data', channel: 0, data }],
  ['client', { type: 'window', channel: 0, columns: 100, rows: 30 }],
  ['client', { type: 'exec', channel: 1, command: Buffer.from('ls') }],
  ['target', { type: 'stderr', channel: 1, data }],
  ['client', { type: 'eof', channel: 1 }],
  ['target', { type: 'exit-status', channel: 1, status: 2 }],
  ['client', { type: 'subsystem', channel: 2, name: 'sftp' }],
  ['client', { type: 'signal', channel: 0, name: 'INT' }],
  ['target', { type: 'exit-signal', channel: 0, name: 'HUP' }],
  ['target', { type: 'close', channel: 0 }],
];

test('items in their order, however the frames are cut', async () => {
  for (const cut of [0, 1, 5, 9]) {
    expect(await decoded(SAID, cut)).toEqual([
      { type: 'screen', at: 1_000, channel: 0, columns: 80, rows: 24 },
      { type: 'program', at: 1_001, channel: 0, kind: 'shell', command: '' },
      { type: 'output', at: 1_002, channel: 0, stream: 'stdout', data },
      { type: 'screen', at: 1_003, channel: 0, columns: 100, rows: 30 },
      { type: 'program', at: 1_004, channel: 1, kind: 'exec', command: 'ls' },
      { type: 'output', at: 1_005, channel: 1, stream: 'stderr', data },
      { type: 'exit', at: 1_007, channel: 1, status: 2, signal: null },
      { type: 'program', at: 1_008, channel: 2, kind: 'subsystem', command: 'sftp' },
      { type: 'exit', at: 1_010, channel: 0, status: null, signal: 'HUP' },
    ]);
  }
});

test('what was recorded late has the time when it was seen', async () => {
  const items = await decoded([
    ['target', { type: 'late', channel: 0, milliseconds: 300 }],
    ['target', { type: 'data', channel: 1, data }],
    ['target', { type: 'data', channel: 0, data }],
    ['target', { type: 'data', channel: 0, data }],
  ]);
  expect(items.map(({ at }) => at)).toEqual([1_001, 702, 1_003]);
});
