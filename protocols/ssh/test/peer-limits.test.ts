import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Client, ClientChannel } from 'ssh2';
import { sendPayload, socketOf } from '../src/ssh2/private-parts.ts';
import { opened, said, type TestGateway, testGateway } from './test-gateway.ts';
import { startTestTarget, type TestTarget } from './test-target.ts';

/** What a client may make the gateway keep, and what it may break: nothing but its own connection. */

const MESSAGE = { KEXINIT: 20, GLOBAL_REQUEST: 80, WINDOW_ADJUST: 93, CHANNEL_DATA: 94, CHANNEL_REQUEST: 98 } as const;

let target: TestTarget;
let gateway: TestGateway;
/** Windows are no multiple of it. */
const CHUNK = Buffer.alloc(30_000, 'x');

beforeEach(async () => {
  target = await startTestTarget((command, channel) => {
    if (command === 'endless') {
      const more = (): void => {
        while (channel.writable && channel.write(CHUNK));
        channel.once('drain', more);
      };
      more();
    } else if (command === 'echo') channel.pipe(channel);
    else if (command.startsWith('length')) {
      channel.write(String(command.length));
      channel.exit(0);
      channel.end();
    } // 'stall' reads and says nothing
  });
  gateway = testGateway(target);
});
afterEach(() => target.stop());

/** A message that ssh2 itself would not send. */
function forge(client: Client, type: number, ...fields: readonly (number | string | boolean | Buffer)[]): void {
  const parts = fields.flatMap((field) => {
    if (typeof field === 'number') return [uint32(field)];
    if (typeof field === 'boolean') return [Buffer.of(field ? 1 : 0)];
    return [uint32(Buffer.byteLength(field)), Buffer.from(field)];
  });
  sendPayload(client, Buffer.concat([Buffer.of(type), ...parts]));
}
function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
const idOf = (channel: ClientChannel): number => (channel as unknown as { outgoing: { id: number } }).outgoing.id;

test('who sends beyond a channel’s window loses the connection, and the record says why', async () => {
  const client = await gateway.client();
  const channel = await opened(client, 'stall');
  const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
  for (let sent = 0; sent < 64 << 20 && !socketOf(client).destroyed; sent += CHUNK.length) {
    forge(client, MESSAGE.CHANNEL_DATA, idOf(channel), CHUNK);
    if (sent % (10 * CHUNK.length) === 0) await new Promise(setImmediate);
  }
  await closed;
  await gateway.settled();
  const message = 'What the client sent is not SSH: more was sent on a channel than its window allows.';
  expect(gateway.ends.map(({ error }) => error)).toMatchObject([{ code: 'ERR_PROTOCOL', message }]);
});

test('channels that run nothing are counted, and a closed one makes room', async () => {
  const client = await gateway.client();
  const open = (): Promise<number | string> =>
    new Promise((resolve) => {
      const { _chanMgr: channels } = client as unknown as {
        _chanMgr: { add(done: (error?: Error, channel?: ClientChannel) => void): number };
      };
      const id = channels.add((error, channel) => resolve(channel === undefined ? String(error?.message) : idOf(channel)));
      const { _protocol: protocol } = client as unknown as { _protocol: { session(id: number, window: number, size: number): void } };
      protocol.session(id, 1 << 21, 32_768);
    });
  const answers = await Promise.all(Array.from({ length: 300 }, open));
  expect(answers.filter((answer) => typeof answer === 'number')).toHaveLength(256);
  for (const answer of answers) if (typeof answer === 'number') forge(client, 97, answer); // CHANNEL_CLOSE
  expect(typeof (await open())).toBe('number');
  client.end();
  await gateway.settled();
});

/** A session channel whose client takes packets of so many bytes. */
function openSession(client: Client, packet: number): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    const { _chanMgr: channels, _protocol: protocol } = client as unknown as {
      _chanMgr: { add(done: object): number };
      _protocol: { session(id: number, window: number, size: number): void };
    };
    const opened = (error: Error | undefined, channel: ClientChannel): void => (error === undefined ? resolve(channel) : reject(error));
    protocol.session(channels.add(Object.assign(opened, { type: 'session' })), 1 << 21, packet);
  });
}

test.each([0, 100])('who takes packets of %i bytes loses the connection: the gateway would send nothing else', async (bytes) => {
  const client = await gateway.client();
  const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
  const channel = await openSession(client, bytes);
  forge(client, MESSAGE.CHANNEL_REQUEST, idOf(channel), 'exec', false, 'length');
  await closed;
  await gateway.settled();
  const message = `What the client sent is not SSH: a channel takes packets of ${bytes} bytes, and 1024 are the least.`;
  expect(gateway.ends.map(({ error }) => error)).toMatchObject([{ code: 'ERR_PROTOCOL', message }]);
});

test('of many commands in one channel the first runs, and no more than 128 variables are kept', async () => {
  const client = await gateway.client();
  const channel = await openSession(client, 32_768);
  for (let each = 0; each < 5_000; each += 1) forge(client, MESSAGE.CHANNEL_REQUEST, idOf(channel), 'env', false, `LC_${each}`, 'x');
  const all = said(channel);
  for (let each = 0; each < 5_000; each += 1) forge(client, MESSAGE.CHANNEL_REQUEST, idOf(channel), 'exec', false, `length${each}`);
  expect((await all).stdout).toBe('7');
  client.end();
  await gateway.settled();
  expect(gateway.gate.commands.map(({ text }) => text)).toEqual(['length0']);
  expect([target.variables.length, target.variables.at(-1)]).toEqual([128, 'LC_127']);
});

test('windows without end end nothing', async () => {
  const client = await gateway.client();
  const channel = await opened(client, 'echo');
  for (let each = 0; each < 10_000; each += 1) forge(client, MESSAGE.WINDOW_ADJUST, idOf(channel), 0xffff_ffff);
  channel.end('still here');
  expect((await said(channel)).stdout).toBe('still here');
  client.end();
  await gateway.settled();
  expect(gateway.ends[0]?.error).toBeUndefined();
});

test.each([40_000, 1 << 20])(
  'a packet of %i bytes, longer than any may be, loses the connection, and the record says why',
  async (bytes) => {
    const client = await gateway.client();
    const channel = await opened(client, 'stall');
    const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
    forge(client, MESSAGE.CHANNEL_DATA, idOf(channel), Buffer.alloc(bytes));
    await closed;
    await gateway.settled();
    expect(gateway.ends.map(({ error }) => error)).toMatchObject([
      { code: 'ERR_PROTOCOL', message: expect.stringMatching(/^What the client sent is not SSH: .*packet length.*\.$/i) },
    ]);
  },
);

test('a packet that says it is of 2 GiB ends a connection before sign-in, and nothing is kept for it', async () => {
  const near = gateway.dial();
  const answer: Buffer[] = [];
  near.on('data', (chunk: Buffer) => answer.push(chunk));
  const closed = once(near, 'close');
  near.write('SSH-2.0-Nobody\r\n');
  await once(near, 'data');
  near.write(Buffer.concat([uint32(0x7fff_ffff), Buffer.alloc(1_000)]));
  await closed;
  await gateway.settled();
  expect(gateway.ends).toEqual([]);
  expect(Buffer.concat(answer).length).toBeLessThan(4_000);
});

test('who does not read the answers is not read from', async () => {
  const client = await gateway.client();
  const near = socketOf(client);
  const far = gateway.sockets[0];
  if (far === undefined) throw new Error('no socket');
  (near as unknown as NodeJS.ReadStream).pause();
  near.setMaxListeners(0);
  let most = 0;
  for (let round = 0; round < 400; round += 1) {
    for (let each = 0; each < 1_000; each += 1) forge(client, MESSAGE.GLOBAL_REQUEST, 'nonsense', true);
    await new Promise(setImmediate);
    most = Math.max(most, far.writableLength);
  }
  expect(most).toBeGreaterThan(1 << 20);
  expect(most).toBeLessThan(8 << 20);
  near.destroy();
  await gateway.settled();
});

test('who begins to change keys and never goes on gets no queue of output', async () => {
  const client = await gateway.client();
  const channel = await opened(client, 'endless');
  channel.resume();
  await once(channel, 'data');
  (client as unknown as { _protocol: { parse: unknown } })._protocol.parse = () => undefined; // it is deaf from here on
  // A window of 4 GiB for all that is to come, and the first message of a key exchange.
  forge(client, 93, idOf(channel), 0xf000_0000);
  const { _protocol: protocol } = client as unknown as { _protocol: { rekey(): void } };
  protocol.rekey();
  const [connection] = target.connections;
  const read = (): number => (connection === undefined ? 0 : (socketOf(connection) as Socket).bytesWritten);
  const before = read();
  for (let turn = 0; turn < 3_000; turn += 1) await new Promise(setImmediate);
  expect(read() - before).toBeLessThan(24 << 20); // windows and the system's buffers
  socketOf(client).destroy();
  await gateway.settled();
});

test('a target that opens channels without end has as many as a client', async () => {
  const client = await gateway.client();
  client.on('tcp connection', (_details, accept) => void accept());
  while (target.connections.length === 0) await new Promise(setImmediate);
  const [connection] = target.connections;
  connection?.on('request', (accept) => accept?.());
  await new Promise<void>((resolve, reject) => client.forwardIn('127.0.0.1', 4_000, (error) => (error ? reject(error) : resolve())));
  const open = (): Promise<boolean> =>
    new Promise((resolve) => connection?.forwardOut('127.0.0.1', 4_000, '127.0.0.1', 1, (error) => resolve(error === undefined)));
  const opens = await Promise.all(Array.from({ length: 300 }, open));
  expect(opens.filter(Boolean).length).toBe(256);
  client.end();
  await gateway.settled();
});

test('a signal that nobody knows ends nothing', async () => {
  const client = await gateway.client();
  const channel = await opened(client, 'echo');
  channel.write('running, ');
  await once(channel, 'readable');
  forge(client, MESSAGE.CHANNEL_REQUEST, idOf(channel), 'signal', false, 'INFO');
  channel.end('still here');
  expect((await said(channel)).stdout).toBe('running, still here');
  client.end();
  await gateway.settled();
  expect(gateway.ends[0]?.error).toBeUndefined();
});

test('a long command runs', async () => {
  const client = await gateway.client();
  const { stdout } = await said(await opened(client, `length${'x'.repeat(30_000)}`));
  expect(stdout).toBe('30006');
  client.end();
  await gateway.settled();
});
