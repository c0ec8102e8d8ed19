import { type LiveFrame, LiveFrames } from './live-frames.ts';

const open = (frames: LiveFrames, signal: AbortSignal, durable: () => Promise<void> | undefined = () => undefined) =>
  frames.watch(signal, durable)[Symbol.asyncIterator]();

async function rest(watching: AsyncIterator<LiveFrame>): Promise<LiveFrame[]> {
  const all: LiveFrame[] = [];
  for (let next = await watching.next(); next.done !== true; next = await watching.next()) all.push(next.value);
  return all;
}

test('tells where it begins once all before can be read, and of each frame what came before it', async () => {
  const frames = new LiveFrames();
  frames.publish('target', Buffer.from('old'));
  const stored = Promise.withResolvers<void>();
  const watching = open(frames, new AbortController().signal, () => stored.promise);
  const first = watching.next();
  frames.publish('target', Buffer.from('new'));
  stored.resolve();
  expect((await first).value).toMatchObject({ type: 'open' });
  frames.publish('client', Buffer.from('asked'));
  frames.close();
  expect(await rest(watching)).toMatchObject([
    { type: 'frame', from: 'target', before: 3, data: Buffer.from('new').toString('base64') },
    { type: 'frame', from: 'client', before: 0 },
  ]);
});

test('lets one go who does not take what comes, with a sentence', async () => {
  const frames = new LiveFrames();
  const watching = open(frames, new AbortController().signal);
  await watching.next();
  const chunk = Buffer.alloc(1 << 20);
  for (let i = 0; i < 20; i += 1) frames.publish('target', chunk);
  const all = await rest(watching);
  expect(all.at(-1)).toEqual({ type: 'lagged', message: expect.stringMatching(/more than can be shown/) });
  expect(all.length).toBeLessThan(10);
});

test('nobody watches after the signal, and publishing goes on', async () => {
  const frames = new LiveFrames();
  const stop = new AbortController();
  const watching = open(frames, stop.signal);
  await watching.next();
  stop.abort();
  expect(await rest(watching)).toEqual([]);
  frames.publish('target', Buffer.from('x'));
});
