import { type Chunks, unlessSilent } from './silence.ts';

const [HOUR, CHUNK] = [3_600_000, Buffer.from('x')];

/** Chunks of which the reader has to wait for the first so many; the others are there. */
function source(waits: number, chunks: number): Chunks & { readonly returned: () => boolean } {
  let [at, returned] = [0, false];
  return {
    get ready() {
      return at >= waits;
    },
    async next() {
      if (at < waits) await new Promise(setImmediate);
      at += 1;
      return at > chunks ? { done: true, value: undefined } : { done: false, value: CHUNK };
    },
    return() {
      returned = true;
      return Promise.resolve({ done: true, value: undefined });
    },
    returned: () => returned,
  };
}

const { setTimeout: set, clearTimeout: clear } = globalThis;
/** Timers that nobody has cleared. */
const timers = new Set<unknown>();
beforeEach(() => {
  globalThis.setTimeout = ((act: () => void, ms: number) => {
    const timer = set(act, ms);
    timers.add(timer);
    return timer;
  }) as typeof set;
  globalThis.clearTimeout = (timer) => {
    timers.delete(timer);
    clear(timer);
  };
});
afterEach(() => {
  Object.assign(globalThis, { setTimeout: set, clearTimeout: clear });
  for (const timer of timers) clear(timer as NodeJS.Timeout);
  timers.clear();
});

test.each([
  ['no chunk', 0],
  ['the first chunk', 1],
  ['each chunk', 3],
  ['the end', 4],
])('no timer is left of a body where the reader waits for %s', async (_, waits) => {
  let got = 0;
  for await (const chunk of unlessSilent(source(waits, 3), HOUR, () => new Error('silent'))) got += chunk.length;
  expect([got, timers.size]).toEqual([3, 0]);
});

test('nor of one that is broken off', async () => {
  const chunks = source(3, 3);
  for await (const _ of unlessSilent(chunks, HOUR, () => new Error('silent'))) break;
  expect([chunks.returned(), timers.size]).toEqual([true, 0]);
});

test('a source that is silent for too long is told to end', async () => {
  const silent: Chunks & { ended: boolean } = {
    ended: false,
    next: () => new Promise(() => undefined),
    return() {
      silent.ended = true;
      return Promise.resolve({ done: true, value: undefined });
    },
  };
  const reading = unlessSilent(silent, 1, () => new Error('silent'))
    [Symbol.asyncIterator]()
    .next();
  await expect(reading).rejects.toThrow('silent');
  expect(silent.ended).toBe(true);
});
