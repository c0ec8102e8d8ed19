import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { reach } from './dial.ts';
import type { Target } from './index.ts';
import { SocketReader } from './socket-reader.ts';

const BYTES = 3 << 20;

/** A server that greets with a letter and sends many of it when asked. */
async function serve(letter: string) {
  const server = createServer((socket) => {
    socket.write(letter);
    socket.once('data', () => socket.end(Buffer.alloc(BYTES, letter)));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const target = { name: letter, host: '127.0.0.1', port } as Target;
  return { target, [Symbol.asyncDispose]: async () => void server.close() };
}

test('what several targets send at the same time does not mix, read by hand or as it flows', async () => {
  const { signal } = new AbortController();
  await using one = await serve('1');
  await using two = await serve('2');
  const sockets = await Promise.all([one, two].map(({ target }) => reach(target, signal)));
  const greetings = sockets.map((socket) => new SocketReader(socket, 'target', signal).bytes(1));
  expect((await Promise.all(greetings)).map(String)).toEqual(['1', '2']);
  for (const socket of sockets) socket.write('go');
  const all = await Promise.all(sockets.map((socket) => buffer(socket)));
  expect(all.map((bytes, at) => bytes.equals(Buffer.alloc(BYTES, String(at + 1))))).toEqual([true, true]);
});
