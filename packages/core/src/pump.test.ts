import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { reach } from './dial.ts';
import { GatewayError } from './errors.ts';
import type { Decoder, Frame, Relay } from './frame.ts';
import type { Target } from './index.ts';
import { pump } from './pump.ts';

/** One line is one message; a line that ends in `...` is a part of one. */
class Lines implements Decoder<Frame> {
  #rest = Buffer.alloc(0);
  *push(chunk: Buffer): Iterable<Frame> {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    for (let end = this.#rest.indexOf(10); end >= 0; end = this.#rest.indexOf(10)) {
      const raw = this.#rest.subarray(0, end + 1);
      yield { raw, first: true, last: !raw.toString().endsWith('...\n') };
      this.#rest = this.#rest.subarray(end + 1);
    }
  }
}

const servers: Server[] = [];
afterAll(() => {
  for (const server of servers) server.close();
});

/** Two ends of a loopback connection. */
async function pair(): Promise<{ readonly near: Socket; readonly far: Socket }> {
  const server = createServer({ allowHalfOpen: true });
  servers.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const far = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' });
  const [near] = (await once(server, 'connection')) as [Socket];
  return { near, far };
}

const straight: Relay<Frame> = {
  fromClient: (frame) => [{ to: 'target', data: frame.raw }],
  fromTarget: (frame) => [{ to: 'client', data: frame.raw }],
  clientGone: () => undefined,
};

interface Wishes {
  durable?(): Promise<void> | undefined;
  stopTarget?(): Promise<void>;
}

async function start(relay: Relay<Frame>, { durable = () => undefined, stopTarget }: Wishes = {}) {
  const client = await pair();
  const target = await pair();
  const ended = new AbortController();
  const recorded: Buffer[] = [];
  const result = pump({
    client: client.near,
    target: target.near,
    targetName: 'shop',
    clientDecoder: new Lines(),
    targetDecoder: new Lines(),
    relay,
    gate: { durable, ready: () => undefined, record: (_from, data) => recorded.push(data) },
    signal: ended.signal,
    farewell: (error) => Buffer.from(`bye: ${error.message}\n`),
    ...(stopTarget && { stopTarget }),
  });
  return { client: client.far, target: target.far, ended, recorded, result };
}

const read = async (stream: Socket): Promise<string> => String((await once(stream, 'data'))[0]);

test('carries both directions and records what the client saw', async () => {
  const session = await start(straight);
  session.client.write('a\nb\n');
  expect(await read(session.target)).toBe('a\nb\n');
  session.target.write('1\n2\n');
  expect(await read(session.client)).toBe('1\n2\n');
  session.client.end();
  const end = await session.result;
  expect(end).toMatchObject({ clientBytes: 4, targetBytes: 4, clientFrames: 2, targetFrames: 2 });
  expect(end.error).toBeUndefined();
  expect(Buffer.concat(session.recorded).toString()).toBe('1\n2\n');
});

test('writes nothing to the target before it is durable', async () => {
  const durable = Promise.withResolvers<void>();
  const session = await start(straight, { durable: () => durable.promise });
  let seen = '';
  session.target.on('data', (chunk) => {
    seen += chunk;
  });
  session.client.write('a\n');
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(seen).toBe('');
  durable.resolve();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(seen).toBe('a\n');
  session.client.end();
  session.target.end();
  await session.result;
});

test('a record that cannot be kept ends the session with a sentence, unforwarded', async () => {
  const session = await start(straight, { durable: () => Promise.reject(new GatewayError('ERR_RECORDING', 'disk full')) });
  session.client.write('a\n');
  expect(await read(session.client)).toBe('bye: disk full\n');
  expect((await session.result).error?.code).toBe('ERR_RECORDING');
});

/** Holds every command, until its client leaves. */
function holding(): Relay<Frame> & { readonly left: Promise<void> } {
  const left = Promise.withResolvers<void>();
  let held = false;
  return {
    ...straight,
    left: left.promise,
    held: () => held,
    leaves: ({ raw }) => raw.equals(Buffer.from('quit\n')),
    fromClient: (frame) =>
      frame.raw.equals(Buffer.from('quit\n'))
        ? [{ to: 'target', data: frame.raw }]
        : (async function* () {
            held = true;
            yield [{ to: 'client' as const, data: Buffer.from('wait\n') }];
            await left.promise;
          })(),
    clientGone: () => left.resolve(),
  };
}

test('a step that waits sees its client leave', async () => {
  const session = await start(holding());
  session.client.write('drop\n');
  expect(await read(session.client)).toBe('wait\n');
  session.client.end();
  session.target.end();
  expect((await session.result).error).toBeUndefined();
});

test.each([
  ['behind it', 'drop\nquit\n'],
  ['later', 'drop\n', 'quit\n'],
])('a step that waits sees its client say goodbye, %s, with the socket left open', async (_when, ...said) => {
  const relay = holding();
  const session = await start(relay);
  for (const words of said) {
    session.client.write(words);
    if (said.length > 1 && words === said[0]) await read(session.client);
  }
  await relay.left;
  expect(await read(session.target)).toBe('quit\n');
  session.target.end();
  session.client.resume();
  expect((await session.result).error).toBeUndefined();
});

test('an ended session tells the client why', async () => {
  const session = await start(straight);
  session.ended.abort(new GatewayError('ERR_ENDED', 'your token was revoked'));
  expect(await read(session.client)).toBe('bye: your token was revoked\n');
  expect((await session.result).error?.code).toBe('ERR_ENDED');
});

test('a held command ends with its session when more waits behind it than may be read', async () => {
  const session = await start(holding());
  session.client.write(`drop\n${'behind\n'.repeat(20_000)}`);
  expect((await session.result).error?.code).toBe('ERR_LIMIT');
});

test('a target that closes before its client is named, and the client is told', async () => {
  const session = await start(straight);
  session.target.end('1\n');
  let told = '';
  for await (const chunk of session.client) told += String(chunk);
  expect(told).toBe('1\nbye: The target shop closed the connection.\n');
  expect((await session.result).error?.code).toBe('ERR_TARGET_CLOSED');
});

test('who cuts the connection is named', async () => {
  const one = await start(straight);
  one.target.resetAndDestroy();
  expect(await read(one.client)).toBe('bye: The target shop cut the connection (ECONNRESET).\n');
  expect((await one.result).error?.code).toBe('ERR_TARGET_CLOSED');
  const other = await start(straight);
  other.client.resetAndDestroy();
  expect((await other.result).error).toMatchObject({ code: 'ERR_ENDED', message: 'The client cut the connection (ECONNRESET).' });
});

test('a client that closes in peace gets what it asked for, however long the target works', async () => {
  let busy = true;
  const session = await start({ ...straight, busy: () => busy });
  session.client.end('slow\n');
  await new Promise((resolve) => setTimeout(resolve, 3_500)); // longer than a side may take to close
  busy = false;
  session.target.end('done\n');
  expect(await read(session.client)).toBe('done\n');
  expect((await session.result).error).toBeUndefined();
});

test('an answer that cannot be delivered to a client that left ends the session', async () => {
  const session = await start({ ...straight, busy: () => true });
  session.client.end('slow\n');
  await read(session.target);
  session.client.destroy();
  const answers = setInterval(() => session.target.write('row\n'), 10);
  session.target.on('error', () => undefined);
  expect((await session.result).error).toBeUndefined();
  clearInterval(answers);
});

test('what the target still works on is stopped before its connection goes, when the gateway ends the session', async () => {
  const order: string[] = [];
  const stopped = Promise.withResolvers<void>();
  const session = await start(straight, {
    stopTarget: () => {
      order.push('stop');
      return stopped.promise;
    },
  });
  const closed = once(session.target.resume(), 'end').then(() => order.push('closed'));
  session.ended.abort(new GatewayError('ERR_ENDED', 'revoked'));
  expect(await read(session.client)).toBe('bye: revoked\n');
  expect(order).toEqual(['stop']);
  stopped.resolve();
  await session.result;
  await closed;
  expect(order).toEqual(['stop', 'closed']);
});

test.each(['client', 'target'] as const)('nothing is stopped where the %s went by itself', async (side) => {
  const stops: string[] = [];
  const session = await start(straight, { stopTarget: async () => void stops.push('stop') });
  session[side].resetAndDestroy();
  session.client.resume();
  await session.result;
  expect(stops).toEqual([]);
});

test('a target that ends in the middle of a message leaves nobody waiting for its rest', async () => {
  const session = await start({ ...straight, fromClient: ({ raw }) => [{ to: 'client', data: raw }] });
  session.target.write('half...\n');
  expect(await read(session.client)).toBe('half...\n');
  session.client.write('local\n');
  session.target.end();
  const end = await session.result;
  expect(end.error?.code).toBe('ERR_TARGET_CLOSED');
  expect(Buffer.concat(session.recorded).toString()).not.toContain('bye'); // it would stand inside the message
});

test('a message in slices of one byte is one message', async () => {
  const session = await start(straight);
  session.client.setNoDelay(true);
  for (const letter of 'abc\ndef\n') {
    session.client.write(letter);
    await new Promise((resolve) => setImmediate(resolve));
  }
  session.client.end();
  let seen = '';
  for await (const chunk of session.target) seen += String(chunk);
  expect(seen).toBe('abc\ndef\n');
  expect(await session.result).toMatchObject({ clientBytes: 8, clientFrames: 2 });
});

/** A target that sends so many bytes, no two stretches of which are alike. */
async function talker(bytes: number): Promise<Socket> {
  const words = Buffer.alloc(bytes);
  for (let at = 0; at < bytes; at += 4) words.writeUInt32BE(at, at);
  const server = createServer((socket) => socket.end(words));
  servers.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return reach({ name: 'talker', host: '127.0.0.1', port } as Target, new AbortController().signal);
}

/** Whatever arrives is a message. */
const chunks: Decoder<Frame> = { push: (raw) => [{ raw, first: true, last: true }] };

test.each([
  ['all of it', Number.POSITIVE_INFINITY],
  ['little of it', 20_000],
])('memory of large reads is used again, and never while a client that stalls has still to get %s', async (_what, most) => {
  const client = await pair();
  const forwarded: Buffer[] = [];
  const memories = new Set<ArrayBufferLike>();
  let large = 0;
  const result = pump({
    client: client.near,
    target: await talker(64 << 20),
    targetName: 'talker',
    clientDecoder: new Lines(),
    targetDecoder: chunks,
    recycle: true,
    relay: {
      ...straight,
      busy: () => true,
      fromTarget({ raw }) {
        large += Number(raw.length >= 65_536);
        memories.add(raw.buffer);
        const data = raw.subarray(0, most);
        forwarded.push(Buffer.from(data));
        return [{ to: 'client', data }];
      },
    },
    gate: { durable: () => undefined, ready: () => undefined, record: () => undefined },
    signal: new AbortController().signal,
    farewell: () => Buffer.alloc(0),
  });
  while (!client.near.writableNeedDrain) await turn();
  const got: Buffer[] = [];
  for await (const chunk of client.far) got.push(chunk as Buffer);
  expect((await result).error?.code).toBe('ERR_TARGET_CLOSED');
  expect(Buffer.concat(got).equals(Buffer.concat(forwarded))).toBe(true);
  expect(memories.size).toBeLessThan(large);
});
