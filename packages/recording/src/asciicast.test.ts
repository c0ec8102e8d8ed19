import type { ChannelItem, RecordedFrames } from '@sallyport/core';
import { collect, END, type Fixture, openFixture, openSession } from '../test/fixture.ts';
import { exportAsciicast } from './index.ts';

let fixture: Fixture;
beforeEach(async () => {
  fixture = await openFixture();
});
afterEach(() => fixture.close());

/** Frames that are JSON, one item each; `late` is taken off the time. */
async function* decode(frames: AsyncIterable<RecordedFrames>): AsyncGenerator<ChannelItem> {
  for await (const { at, data } of frames) {
    const { late = 0, text, ...item } = JSON.parse(data.toString()) as { late?: number; text?: string };
    yield { ...item, at: at - late, ...(text !== undefined && { data: Buffer.from(text, 'latin1') }) } as unknown as ChannelItem;
  }
}

async function recorded(...items: readonly object[]): Promise<void> {
  const session = await openSession(fixture, 's');
  for (const item of items) {
    if ('note' in item) session.note({ type: String(item.note), command: 1 });
    else session.record('target', Buffer.from(JSON.stringify(item)));
  }
  await session.end(END, 'ended');
}
const screen = (channel: number, columns = 80, rows = 24) => ({ type: 'screen', channel, columns, rows });
const output = (channel: number, text: string, late?: number) => ({ type: 'output', channel, stream: 'stdout', text, late });

async function cast(channel?: number): Promise<unknown[]> {
  const text = Buffer.concat(await collect(exportAsciicast(fixture.store, 's', decode, channel))).toString();
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
}

test('one terminal, its sizes, its output as any terminal may have it, and what was decided', async () => {
  await recorded(
    output(0, 'of a command'),
    screen(1),
    output(1, 'h\xc3'),
    output(0, 'other'),
    output(1, '\xa9 \x1b]52;c;eA==\x07\x1b[1m'),
    { note: 'denied' },
    screen(1, 100, 30),
    { type: 'exit', channel: 1, status: 0, signal: null },
    output(1, 'nothing follows'),
  );
  const [head, ...events] = await cast();
  expect(head).toEqual({ version: 2, width: 80, height: 24, timestamp: expect.any(Number), title: 's: alice at shop-db' });
  expect(events.map((event) => (event as unknown[]).slice(1))).toEqual([
    ['o', 'h'],
    ['o', 'é \x1b[1m'],
    ['m', 'denied'],
    ['r', '100x30'],
    ['o', expect.stringContaining('\x1b[0m')],
  ]);
});

test('times never go back', async () => {
  await recorded(screen(0), output(0, 'a'), output(0, 'b', 60_000), output(0, 'c'));
  const times = (await cast()).slice(1).map((event) => (event as number[])[0] as number);
  expect(times).toEqual([...times].sort((one, other) => one - other));
});

test('the channel that was asked for, and a sentence where there is none', async () => {
  await recorded(screen(0), output(0, 'a'), screen(3), output(3, 'b'));
  expect((await cast(3)).map((line) => (line as unknown[])[2])).toEqual([undefined, 'b', expect.any(String)]);
  await expect(cast(1)).rejects.toThrow('Session s had no terminal in its channel 1: `sallyport replay s` shows what it had.');
});
