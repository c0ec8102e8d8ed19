import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { carryTunnel, type Passed } from './tunnel.ts';

let server: Server;
const sockets: Socket[] = [];

beforeEach(async () => {
  server = createServer({ allowHalfOpen: true });
  await once(server.listen(0, '127.0.0.1'), 'listening');
});
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  server.close();
});

/** Both ends of a TCP connection. */
async function pair(): Promise<readonly [Socket, Socket]> {
  const near = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', allowHalfOpen: true });
  const [far] = (await once(server, 'connection')) as [Socket];
  for (const socket of [near, far]) {
    socket.on('error', () => undefined);
    sockets.push(socket);
  }
  return [near, far];
}

/** A client and a server with a tunnel between them. */
async function tunnelled(): Promise<{ client: Socket; target: Socket; stop: AbortController; passed: Promise<Passed> }> {
  const [[client, near], [far, target]] = [await pair(), await pair()];
  const stop = new AbortController();
  return { client, target, stop, passed: carryTunnel(near, far, stop.signal) };
}

async function all(socket: Socket): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of socket.iterator({ destroyOnReturn: false })) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}

test('bytes pass both ways and are counted', async () => {
  const { client, target, passed } = await tunnelled();
  client.end('hello');
  target.end('good day');
  expect(await Promise.all([all(client), all(target)])).toEqual(['good day', 'hello']);
  expect(await passed).toEqual({ sent: 5, received: 8 });
});

test.each(['client', 'target'] as const)('when the %s has ended, the other may go on', async (first) => {
  const tunnel = await tunnelled();
  const [one, other] = first === 'client' ? [tunnel.client, tunnel.target] : [tunnel.target, tunnel.client];
  one.end('question');
  expect(await all(other)).toBe('question');
  other.write('answer ');
  other.end('at length');
  expect(await all(one)).toBe('answer at length');
  const passed = await tunnel.passed;
  expect(passed.sent + passed.received).toBe('questionanswer at length'.length);
});

test('a side that does not read is not read for', async () => {
  const { client, target, passed, stop } = await tunnelled();
  client.pause();
  const piece = Buffer.alloc(1 << 20, 'x');
  let written = 0;
  while (target.write(piece) || written < 4) written += 1;
  // What fits into the system's buffers is gone; what does not waits at its sender.
  for (let at = 0; at < 200 && written < 256; at += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    if (!target.writableNeedDrain) {
      target.write(piece);
      written += 1;
    }
  }
  expect(written).toBeLessThan(256);
  expect(target.writableNeedDrain).toBe(true);
  client.resume();
  await once(target, 'drain');
  stop.abort();
  expect((await passed).received).toBeGreaterThan(0);
});

test.each(['client', 'target'] as const)('a %s that is cut off cuts the other off', async (first) => {
  const tunnel = await tunnelled();
  const [one, other] = first === 'client' ? [tunnel.client, tunnel.target] : [tunnel.target, tunnel.client];
  one.write('x');
  await once(other, 'data');
  one.resetAndDestroy();
  await all(other);
  await tunnel.passed;
});

test('the end of the session ends both sides', async () => {
  const { client, target, passed, stop } = await tunnelled();
  client.write('begun');
  await once(target, 'data');
  stop.abort();
  expect(await Promise.all([all(client), all(target)])).toEqual(['', '']);
  expect(await passed).toEqual({ sent: 5, received: 0 });
});
