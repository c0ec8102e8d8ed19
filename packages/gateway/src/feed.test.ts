import { Feed } from './feed.ts';

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

test('gives each watcher what is published while it watches', async () => {
  const feed = new Feed<number>();
  feed.publish(0);
  const all = collect(feed.watch(new AbortController().signal));
  feed.publish(1);
  feed.publish(2);
  feed.close();
  expect(await all).toEqual([1, 2]);
});

test('lets a watcher go that lags too far', async () => {
  const feed = new Feed<number>();
  const watching = feed.watch(new AbortController().signal);
  const first = watching.next();
  for (let i = 0; i < 5_000; i++) feed.publish(i);
  expect((await first).value).toBe(0);
  expect((await collect(watching)).length).toBeLessThan(1_001);
});

test('lets a watcher go for whom too much waits, and says so', async () => {
  const feed = new Feed<string>({ weigh: { of: (text) => text.length, most: 10 }, lagged: '!' });
  expect(feed.watched).toBe(false);
  const watching = feed.watch(new AbortController().signal);
  const first = watching.next();
  expect(feed.watched).toBe(true);
  feed.publish('123456');
  expect((await first).value).toBe('123456');
  for (const text of ['1234567890', '1', '2']) feed.publish(text);
  expect(await collect(watching)).toEqual(['1234567890', '!']);
  expect(feed.watched).toBe(false);
});

test('ends with its signal', async () => {
  const feed = new Feed<number>();
  const stop = new AbortController();
  const all = collect(feed.watch(stop.signal));
  stop.abort();
  expect(await all).toEqual([]);
});
