import { PassThrough } from 'node:stream';
import { type Frame, ProtocolError } from './index.ts';
import { Inlet } from './inlet.ts';

/** Every byte is a message; `!` is none. */
const decoder = {
  *push(chunk: Buffer): Iterable<Frame> {
    for (const [at, byte] of chunk.entries()) {
      if (byte === 0x21) throw new ProtocolError('client', 'not a message');
      yield { raw: chunk.subarray(at, at + 1), first: true, last: true };
    }
  },
};
/** Lets what was written arrive. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const text = (frames: readonly Frame[]): string => frames.map(({ raw }) => raw.toString()).join('');

test('gives all that waits at once, whatever the slices', async () => {
  const socket = new PassThrough();
  const inlet = new Inlet(socket, decoder);
  for (const letter of 'abc') socket.write(letter);
  await turn();
  expect(inlet.arrival()).toBeUndefined();
  expect(text(inlet.take())).toBe('abc');
  const arrival = inlet.arrival();
  socket.end('d');
  await arrival;
  expect(text(inlet.take())).toBe('d');
  await inlet.arrival();
  expect(inlet).toMatchObject({ finished: true, bytes: 4 });
});

test('a whole read of a socket is taken without pausing it', async () => {
  const socket = new PassThrough({ highWaterMark: 1 << 20 });
  const inlet = new Inlet(socket, decoder);
  const paused: string[] = [];
  socket.on('pause', () => paused.push('pause'));
  for (let read = 0; read < 3; read += 1) {
    socket.write(Buffer.alloc(65_536, 'x'));
    await turn();
    expect(inlet.take().length).toBe(65_536);
  }
  expect(paused).toEqual([]);
});

test('reads 64 KiB and one slice ahead and no more, and goes on when they are taken', async () => {
  const socket = new PassThrough({ highWaterMark: 1 << 20 });
  const full: number[] = [];
  const inlet = new Inlet(socket, decoder, { full: () => void full.push(1) });
  for (let slice = 0; slice < 100; slice += 1) socket.write(Buffer.alloc(1024, 'x'));
  await turn();
  expect([inlet.bytes, inlet.full, full.length, socket.isPaused()]).toEqual([66_560, true, 1, true]);
  expect(inlet.take().length).toBe(66_560);
  await turn();
  expect(inlet.take().length).toBe(35_840);
});

test('reads as far ahead as it is told', async () => {
  const socket = new PassThrough({ highWaterMark: 1 << 20 });
  const inlet = new Inlet(socket, decoder, { ahead: 10_000 });
  for (let slice = 0; slice < 100; slice += 1) socket.write(Buffer.alloc(1024, 'x'));
  await turn();
  expect([inlet.bytes, inlet.full, socket.isPaused()]).toEqual([10_240, true, true]);
});

test('what comes before a broken message is taken first; the end is seen at once', async () => {
  const socket = new PassThrough();
  const seen: string[] = [];
  const inlet = new Inlet(socket, decoder, { frame: ({ raw }) => void seen.push(raw.toString()), end: () => void seen.push('end') });
  socket.write('ab!c');
  socket.write('d');
  await turn();
  expect(seen).toEqual(['a', 'b', 'end']);
  expect([inlet.finished, text(inlet.take()), inlet.finished]).toEqual([false, 'ab', true]);
  expect(inlet.fault).toBeInstanceOf(ProtocolError);
});

test('tells what a socket failed with, also one that had failed before', async () => {
  const socket = new PassThrough();
  const cut = new Error('reset');
  const inlet = new Inlet(socket, decoder);
  const arrival = inlet.arrival();
  socket.destroy(cut);
  await arrival;
  expect(inlet).toMatchObject({ finished: true, cut });
  expect(new Inlet(socket, decoder)).toMatchObject({ finished: true, cut });
});

test('discards so that the end is still seen', async () => {
  const socket = new PassThrough();
  const inlet = new Inlet(socket, decoder);
  inlet.discard();
  for (let slice = 0; slice < 100; slice += 1) socket.write(Buffer.alloc(1024, 'x'));
  socket.end();
  await new Promise((resolve) => socket.once('end', resolve));
  expect(inlet).toMatchObject({ finished: true, bytes: 0 });
});
