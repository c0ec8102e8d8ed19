import { PassThrough, Writable } from 'node:stream';
import { Outlet } from './outlet.ts';

const bytes = (text: string): Buffer[] => [Buffer.from(text)];

test("a loop's pieces wait for the end of the other's message, and come behind it", async () => {
  const socket = new PassThrough();
  const outlet = new Outlet(socket);
  expect(outlet.write(bytes('large '), 'target', true)).toBeUndefined();
  expect(outlet.midMessage).toBe(true);
  const waiting = outlet.write(bytes('local'), 'client', false);
  void outlet.write(bytes('message '), 'target', false);
  await waiting;
  expect(String(socket.read())).toBe('large message local');
});

test('who waits for a message whose loop is done goes on, and writes nothing into it', async () => {
  const socket = new PassThrough();
  const outlet = new Outlet(socket);
  void outlet.write(bytes('half'), 'target', true);
  const waiting = outlet.write(bytes('local'), 'client', false);
  outlet.leave('client');
  outlet.leave('target');
  await waiting;
  expect(outlet.midMessage).toBe(true);
  expect(outlet.write(bytes('more'), 'client', false)).toBeUndefined();
  expect(String(socket.read())).toBe('half');
});

test('a writer waits for a full socket until it drains or closes', async () => {
  const release: (() => void)[] = [];
  const socket = new Writable({ highWaterMark: 1, write: (_chunk, _encoding, done) => void release.push(done) });
  const outlet = new Outlet(socket);
  const drained = outlet.write(bytes('one'), 'client', false);
  release.shift()?.();
  await drained;
  const closed = outlet.write(bytes('two'), 'client', false);
  socket.destroy();
  await closed;
  expect(outlet.write(bytes('three'), 'client', false)).toBeUndefined();
});
