import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { GatewayError } from './errors.ts';
import type { Decoder, Frame, Relay } from './frame.ts';
import { pump } from './pump.ts';

/** One line is one message. */
class Lines implements Decoder<Frame> {
  #rest = Buffer.alloc(0);
  *push(chunk: Buffer): Iterable<Frame> {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    for (let end = this.#rest.indexOf(10); end >= 0; end = this.#rest.indexOf(10)) {
      yield { raw: this.#rest.subarray(0, end + 1), first: true, last: true };
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

async function start(relay: Relay<Frame>, gate: { durable?: () => Promise<void> | undefined } = {}) {
  const client = await pair();
  const target = await pair();
  const ended = new AbortController();
  const recorded: Buffer[] = [];
  const result = pump({
    client: client.near,
    target: target.near,
    clientDecoder: new Lines(),
    targetDecoder: new Lines(),
    relay,
    gate: { durable: gate.durable ?? (() => undefined), ready: () => undefined, record: (_from, data) => recorded.push(data) },
    signal: ended.signal,
    farewell: (error) => Buffer.from(`bye: ${error.message}\n`),
  });
  return { client: client.far, target: target.far, ended, recorded, result };
}

const read = async (stream: Socket): Promise<string> => String((await once(stream, 'data'))[0]);

test('carries both directions and records what the client saw', async () => {
  const session = await start(straight);
  session.client.write('a\nb\n');
  expect(await read(session.target)).toBe('a\nb\n');
  session.target.write('1\n2\n');
  session.target.end();
  expect(await read(session.client)).toBe('1\n2\n');
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

test('a step that waits sees its client leave', async () => {
  const left = Promise.withResolvers<void>();
  const relay: Relay<Frame> = {
    ...straight,
    fromClient: () =>
      (async function* () {
        yield [{ to: 'client' as const, data: Buffer.from('wait\n') }];
        await left.promise;
      })(),
    clientGone: () => left.resolve(),
  };
  const session = await start(relay);
  session.client.write('drop\n');
  expect(await read(session.client)).toBe('wait\n');
  session.client.end();
  session.target.end();
  expect((await session.result).error).toBeUndefined();
});

test('an ended session tells the client why', async () => {
  const session = await start(straight);
  session.ended.abort(new GatewayError('ERR_ENDED', 'your token was revoked'));
  expect(await read(session.client)).toBe('bye: your token was revoked\n');
  expect((await session.result).error?.code).toBe('ERR_ENDED');
});

test('a held command ends with its session when more waits behind it than may be read', async () => {
  const left = Promise.withResolvers<void>();
  let held = false;
  const relay: Relay<Frame> = {
    ...straight,
    held: () => held,
    fromClient: () =>
      (async function* () {
        held = true;
        yield [{ to: 'client' as const, data: Buffer.from('wait\n') }];
        await left.promise;
      })(),
    clientGone: () => left.resolve(),
  };
  const session = await start(relay);
  session.client.write(`drop\n${'behind\n'.repeat(20_000)}`);
  expect((await session.result).error?.code).toBe('ERR_LIMIT');
});
