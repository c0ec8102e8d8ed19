import { once } from 'node:events';
import type { Client, ServerChannel } from 'ssh2';
import { repaired, sendPayload, socketOf } from '../src/ssh2/private-parts.ts';
import { opened, said, type TestGateway, testGateway } from './test-gateway.ts';
import { startTestTarget, type TestTarget } from './test-target.ts';

/** What the library does by itself, or would do wrong, seen through the gateway as it is served. */

let target: TestTarget;
let gateway: TestGateway;
const BIG = 5 << 20;

function run(command: string, accepted: ServerChannel): void {
  const channel = repaired(accepted);
  if (command === 'cat') channel.pipe(channel, { end: false }).once('end', () => leave(channel, 3));
  else if (command === 'both') {
    // As sshd does, each stream as its window lets it.
    let open = 2;
    const done = (): void => {
      open -= 1;
      if (open === 0) leave(channel, 0);
    };
    channel.write(Buffer.alloc(BIG, 'o'), done);
    channel.stderr.write(Buffer.alloc(BIG, 'e'), done);
  } else if (command === 'killed') {
    const { _client: client, outgoing } = channel as unknown as { _client: Client; outgoing: { id: number } };
    const text = (value: string): Buffer => Buffer.concat([Buffer.of(0, 0, 0, value.length), Buffer.from(value)]);
    const id = Buffer.of(0, 0, 0, outgoing.id);
    sendPayload(
      client,
      Buffer.concat([Buffer.of(98), id, text('exit-signal'), Buffer.of(0), text('NOSUCH'), Buffer.of(0), text(''), text('')]),
    );
    channel.end();
  } else leave(channel, 0);
}

function leave(channel: ServerChannel, status: number): void {
  channel.exit(status);
  channel.end();
}

beforeEach(async () => {
  target = await startTestTarget(run);
});
afterEach(() => target.stop());

test('what a client sends ahead of a held command is not lost', async () => {
  gateway = testGateway(target, () => 'hold');
  const client = await gateway.client();
  const channel = await opened(client, 'cat');
  const all = said(channel);
  channel.end('sent ahead');
  while (gateway.gate.holds.length === 0) await new Promise(setImmediate);
  gateway.gate.holds[0]?.approve();
  expect(await all).toMatchObject({ stdout: 'sent ahead', exit: [3] });
  client.end();
  await gateway.settled();
});

test('data comes first, then the exit status, then the end, then the close', async () => {
  gateway = testGateway(target);
  const client = await gateway.client();
  const order: string[] = [];
  const { _protocol: protocol } = client as unknown as { _protocol: { _handlers: Record<string, (...args: unknown[]) => void> } };
  for (const kind of ['CHANNEL_DATA', 'CHANNEL_REQUEST', 'CHANNEL_EOF', 'CHANNEL_CLOSE']) {
    const known = protocol._handlers[kind];
    protocol._handlers[kind] = (...args) => {
      order.push(kind === 'CHANNEL_REQUEST' ? String(args[2]) : kind);
      known?.(...args);
    };
  }
  const channel = await opened(client, 'cat');
  channel.end('x');
  await said(channel);
  expect(order).toEqual(['CHANNEL_DATA', 'exit-status', 'CHANNEL_EOF', 'CHANNEL_CLOSE']);
  client.end();
  await gateway.settled();
});

test('stdout and stderr beyond their window arrive once each, to a reader that is slow', async () => {
  gateway = testGateway(target);
  const client = await gateway.client();
  const channel = await opened(client, 'both');
  for (let turn = 0; turn < 200; turn += 1) await new Promise(setImmediate);
  const { stdout, stderr, exit } = await said(channel);
  expect([stdout.length, stderr.length, exit]).toEqual([BIG, BIG, [0]]);
  expect([/[^o]/.test(stdout), /[^e]/.test(stderr)]).toEqual([false, false]);
  client.end();
  await gateway.settled();
});

test('a signal of an unknown name still ends the program, and says so in the record', async () => {
  gateway = testGateway(target);
  const client = await gateway.client();
  const { exit } = await said(await opened(client, 'killed'));
  expect(exit).toEqual([125]);
  expect(gateway.gate.of('result')).toMatchObject([{ state: 'completed', exit: 'NOSUCH' }]);
  client.end();
  await gateway.settled();
});

test('a host with another key than the pinned one gets no password', async () => {
  const other = 'SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
  gateway = testGateway({ ...target, hostKey: other });
  const client = await gateway.client();
  const { stderr, exit } = await said(await opened(client, 'cat'));
  expect([exit, stderr]).toEqual([[125], expect.stringContaining('which is not among host_keys of the target web-1')]);
  expect(target.users).toEqual([]);
  client.end();
  await gateway.settled();
});

test('a command that is not UTF-8 is not run: what runs could differ from what was judged', async () => {
  gateway = testGateway(target);
  const client = await gateway.client();
  const { stderr, exit } = await said(await opened(client, 'echo \uFFFD'));
  expect([exit, stderr]).toEqual([[125], expect.stringContaining('bytes that are not UTF-8')]);
  expect(gateway.gate.commands).toEqual([]);
  client.end();
  await gateway.settled();
});

test('keys change in the middle of a transfer, asked for by either side', async () => {
  gateway = testGateway(target);
  const client = await gateway.client();
  const channel = await opened(client, 'cat');
  const all = said(channel);
  for (let part = 0; part < 8; part += 1) {
    channel.write(Buffer.alloc(1 << 20, 'k'));
    if (part % 3 === 0) (client as unknown as { rekey?(): void; _protocol: { rekey(): void } })._protocol.rekey();
    await new Promise(setImmediate);
  }
  channel.end();
  expect((await all).stdout).toHaveLength(8 << 20);
  client.end();
  await gateway.settled();
});

test('a client that is gone leaves nothing behind, and its record is sealed', async () => {
  gateway = testGateway(target);
  const client = await gateway.client();
  await opened(client, 'cat');
  socketOf(client).destroy();
  await gateway.settled();
  expect(gateway.ends).toHaveLength(1);
});

test('what is no SSH is refused before anything is kept of it', async () => {
  gateway = testGateway(target);
  const socket = gateway.dial();
  const ended = once(socket.resume(), 'close');
  socket.once('end', () => socket.end());
  socket.write('GET / HTTP/1.1\r\nCookie: '.padEnd(9_000, 'x')); // lines before the banner are allowed, long ones are not
  await ended;
  await gateway.settled();
  expect(gateway.ends).toEqual([]);
});
