import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { GatewayError } from '@sallyport/core';
import type { ServerChannel, SFTPWrapper } from 'ssh2';
import { type SshdServer, startSshd } from '../../../test-fixtures/servers/sshd.ts';
import { socketOf } from '../src/ssh2/private-parts.ts';
import { opened, said, type TestGateway, testGateway } from './test-gateway.ts';
import { startTestTarget, type TestTarget } from './test-target.ts';

/** What either side, or the recorder, may do in the middle: one plain sentence, a sealed record, and nothing that hangs. */

const CHUNK = Buffer.alloc(30_000, 'x');
const LIMITS = { readyMs: 500, keepaliveMs: 1_000, keepalives: 2 };

function endless(_command: string, channel: ServerChannel): void {
  const more = (): void => {
    while (channel.writable && channel.write(CHUNK));
    channel.once('drain', more);
  };
  more();
}

/** How the one session has ended, once it has. */
async function end(gateway: TestGateway): Promise<{ readonly code?: string; readonly message?: string } | undefined> {
  await gateway.settled();
  expect(gateway.ends).toHaveLength(1);
  const { error } = gateway.ends[0] ?? {};
  return error && { code: error.code, message: error.message };
}

describe('a target that is stopped', () => {
  const ended = { code: 'ERR_TARGET_CLOSED', message: 'The target web-1 did not answer for 3 seconds.' };

  test('in the middle of output is given up, and says so on the channel', async () => {
    await using stack = new AsyncDisposableStack();
    const sshd = await startSshd();
    stack.defer(() => sshd.stop());
    const gateway = testGateway({ ...sshd, username: sshd.user }, undefined, undefined, { limits: LIMITS });
    const client = await gateway.client();
    const channel = await opened(client, 'echo $PPID; exec yes');
    const all = said(channel);
    const [first] = (await once(channel, 'data')) as [Buffer];
    const serving = Number(first.toString().split('\n')[0]);
    process.kill(serving, 'SIGSTOP');
    stack.defer(() => void process.kill(serving, 'SIGKILL'));
    expect((await all).stderr).toContain(ended.message);
    expect(await end(gateway)).toEqual(ended);
    expect(gateway.gate.of('result')).toMatchObject([{ state: 'unknown', error: ended }]);
  });

  test('before it has let the gateway in is given up', async () => {
    await using stack = new AsyncDisposableStack();
    const sshd = await startSshd();
    stack.defer(() => sshd.stop());
    const gateway = testGateway({ ...sshd, username: sshd.user }, undefined, undefined, { limits: LIMITS });
    const pidFile = join(sshd.folder, 'sshd.pid');
    while (!existsSync(pidFile) || readFileSync(pidFile, 'utf8').trim() === '') await new Promise(setImmediate);
    const pid = Number(readFileSync(pidFile, 'utf8'));
    process.kill(pid, 'SIGSTOP');
    stack.defer(() => void process.kill(pid, 'SIGCONT'));
    const client = await gateway.client();
    const { stderr, exit } = await said(await opened(client, 'true'));
    expect(stderr).toContain('The target web-1 did not let the gateway in within 0.5 seconds: check that SSH runs there');
    expect(exit[0]).toBe(125);
    client.end();
    await gateway.settled();
    expect(gateway.gate.of('result')).toMatchObject([{ state: 'failed', error: { code: 'ERR_TARGET_UNREACHABLE' } }]);
  });
});

test('a target that accepts and says nothing is given up', async () => {
  const silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const port = (silent.address() as { port: number }).port;
  const gateway = testGateway({ port, hostKey: `SHA256:${'A'.repeat(43)}`, username: 'app', password: 'x' }, undefined, undefined, {
    limits: LIMITS,
  });
  const client = await gateway.client();
  expect((await said(await opened(client, 'true'))).stderr).toContain('did not let the gateway in within 0.5 seconds');
  client.end();
  await gateway.settled();
  silent.close();
});

test('a client that is stopped is disconnected, and its record says so', async () => {
  await using target = await started(endless);
  const gateway = testGateway(target, undefined, undefined, { limits: LIMITS });
  const client = await gateway.client();
  const channel = await opened(client, 'endless');
  await once(channel, 'readable');
  (socketOf(client) as unknown as Socket).pause();
  await end(gateway);
  expect(gateway.gate.of('result')).toMatchObject([{ state: 'unknown', error: { message: 'The client did not answer for 3 seconds.' } }]);
});

describe('a target that is dropped in the middle of a transfer', () => {
  const ended = { code: 'ERR_TARGET_CLOSED', message: 'The target web-1 closed the connection.' };

  test('is named to the client, with what is not known', async () => {
    await using target = await started(endless);
    const gateway = testGateway(target);
    const client = await gateway.client();
    const channel = await opened(client, 'endless');
    const all = said(channel);
    await once(channel, 'data');
    for (const connection of target.connections) socketOf(connection).destroy();
    const { stderr, exit } = await all;
    expect(stderr).toContain('The target web-1 closed the c');
    expect(exit[0]).toBe(125);
    expect(await end(gateway)).toEqual(ended);
    expect(gateway.gate.of('result')).toMatchObject([{ state: 'unknown', error: { code: 'ERR_TARGET_CLOSED' } }]);
  });

  test('ends the session also where the client reads nothing', async () => {
    await using target = await started(endless);
    const gateway = testGateway(target);
    const client = await gateway.client();
    await opened(client, 'endless'); // and never reads: the window fills
    await stalled(target);
    for (const connection of target.connections) socketOf(connection).destroy();
    expect(await end(gateway)).toEqual(ended);
    expect(gateway.gate.of('result')).toHaveLength(1);
  });
});

test('a full window that nobody empties keeps no more than the windows, and a session that is killed then ends', async () => {
  await using target = await started(endless);
  const gateway = testGateway(target);
  const client = await gateway.client();
  await opened(client, 'endless');
  await stalled(target);
  expect(sentBy(target)).toBeLessThan(24 << 20);
  gateway.end('An administrator ended the session: maintenance.');
  await end(gateway);
  expect(gateway.gate.of('result')).toHaveLength(1);
});

test('where neither side takes anything, a session that is killed has its record sealed, the command with it', async () => {
  await using target = await started(endless); // and reads nothing
  const gateway = testGateway(target);
  const client = await gateway.client();
  const channel = await opened(client, 'endless');
  while (channel.write(CHUNK)) await new Promise(setImmediate);
  await stalled(target);
  gateway.end('An administrator ended the session: maintenance.');
  await end(gateway);
  expect(gateway.gate.of('result')).toMatchObject([{ state: 'unknown', error: { message: expect.stringContaining('maintenance') } }]);
});

describe('a target that refuses', () => {
  test.each(['channels', 'commands'] as const)('%s is named, and the connection goes on', async (what) => {
    await using target = await started(() => undefined, what);
    const gateway = testGateway(target);
    const client = await gateway.client();
    for (let each = 0; each < 2; each += 1) {
      const { stderr, exit } = await said(await opened(client, 'id'));
      expect(stderr).toMatch(/^sallyport: The target refused to run this \(.+\)\.\n$/);
      expect(exit[0]).toBe(125);
    }
    client.end();
    expect(await end(gateway)).toBeUndefined();
    expect(gateway.gate.of('result')).toMatchObject([{ state: 'failed' }, { state: 'failed' }]);
  });
});

describe('a recorder that fails', () => {
  const failure = new GatewayError('ERR_RECORDING', 'The record in ./data cannot be written (ENOSPC): free space on its disk.');

  test('in the middle of output ends the program with its sentence: nothing passes unrecorded', async () => {
    let asked = 0;
    const ready = (): Promise<void> | undefined => (++asked > 20 ? Promise.reject(failure) : undefined);
    await using target = await started(endless);
    const gateway = testGateway(target, undefined, undefined, { recorder: { ready } });
    const client = await gateway.client();
    const { stdout, stderr, exit } = await said(await opened(client, 'endless'));
    expect(stderr).toContain(failure.message);
    expect(exit[0]).toBe(125);
    expect(stdout.length).toBeLessThan(2 << 20);
    client.end();
    await end(gateway);
    expect(gateway.gate.of('result')).toMatchObject([{ state: 'failed', error: { code: 'ERR_RECORDING' } }]);
  });

  test('before the command runs keeps it from running', async () => {
    const ran: string[] = [];
    await using target = await started((command) => void ran.push(command));
    const gateway = testGateway(target, undefined, undefined, { recorder: { durable: () => Promise.reject(failure) } });
    const client = await gateway.client();
    const { stderr, exit } = await said(await opened(client, 'id'));
    expect([stderr, exit[0], ran]).toEqual([`sallyport: ${failure.message}\n`, 125, []]);
    client.end();
    await end(gateway);
  });
});

describe('a file that is being fetched by SFTP', () => {
  let sshd: SshdServer;
  beforeAll(async () => {
    sshd = await startSshd();
    await writeFile(join(sshd.folder, 'large'), Buffer.alloc(64 << 20, 'x'));
  });
  afterAll(() => sshd.stop());

  /** Reads until some has come, then does that, and reads on to what becomes of it. */
  async function fetch(gateway: TestGateway, then: (serving: number) => void): Promise<string> {
    const client = await gateway.client();
    const serving = Number((await said(await opened(client, 'echo $PPID'))).stdout);
    const sftp = await new Promise<SFTPWrapper>((resolve, reject) =>
      client.sftp((error, opens) => (error === undefined ? resolve(opens) : reject(error))),
    );
    const stream = sftp.createReadStream(join(sshd.folder, 'large'));
    let seen = 0;
    stream.on('data', (chunk: Buffer) => {
      if (seen < 4 << 20 && seen + chunk.length >= 4 << 20) then(serving);
      seen += chunk.length;
    });
    const outcome = await Promise.race([
      once(stream, 'end').then(
        () => 'whole',
        (error: Error) => error.message,
      ),
      once(client, 'close').then(() => 'the connection is gone'),
    ]);
    client.end();
    return outcome;
  }

  const unfinished = { type: 'file', direction: 'download', path: expect.stringContaining('/large'), complete: false };

  test.each([
    ['dropped', 'SIGKILL', 'The target web-1 closed the connection.'],
    ['stopped', 'SIGSTOP', 'The target web-1 did not answer for 3 seconds.'],
  ] as const)('from a target that is %s is recorded as not whole', async (_what, signal, message) => {
    const gateway = testGateway({ ...sshd, username: sshd.user }, undefined, undefined, { limits: LIMITS });
    let stopped: number | undefined;
    const outcome = await fetch(gateway, (serving) => {
      stopped = serving;
      process.kill(serving, signal);
    });
    expect(outcome).not.toBe('whole');
    expect(await end(gateway)).toEqual({ code: 'ERR_TARGET_CLOSED', message });
    expect(gateway.gate.of('file')).toMatchObject([unfinished]);
    expect(gateway.gate.of('result').at(-1)).toMatchObject({ state: 'unknown', error: { code: 'ERR_TARGET_CLOSED' } });
    if (signal === 'SIGSTOP' && stopped !== undefined) process.kill(stopped, 'SIGKILL');
  });

  test('ends where the recorder fails', async () => {
    let failed = false;
    const ready = (): Promise<void> | undefined =>
      failed ? Promise.reject(new GatewayError('ERR_RECORDING', 'The disk is full.')) : undefined;
    const gateway = testGateway({ ...sshd, username: sshd.user }, undefined, undefined, { recorder: { ready } });
    const outcome = await fetch(gateway, () => {
      failed = true;
    });
    expect(outcome).not.toBe('whole');
    await end(gateway);
    expect(gateway.gate.of('file')).toMatchObject([unfinished]);
    expect(gateway.gate.of('result').at(-1)).toMatchObject({ error: { code: 'ERR_RECORDING', message: 'The disk is full.' } });
  });
});

async function started(
  run: Parameters<typeof startTestTarget>[0],
  refuses?: Parameters<typeof startTestTarget>[1],
): Promise<TestTarget & AsyncDisposable> {
  const target = await startTestTarget(run, refuses);
  return { ...target, [Symbol.asyncDispose]: () => Promise.resolve(target.stop()) };
}

/** What a target's first connection has sent. */
function sentBy({ connections: [connection] }: Pick<TestTarget, 'connections'>): number {
  return connection === undefined ? 0 : (socketOf(connection) as Socket).bytesWritten;
}

/** Resolves when a target that sends without end can send nothing more. */
async function stalled(target: Pick<TestTarget, 'connections'>): Promise<void> {
  for (let [sent, quiet] = [0, 0]; quiet < 500; ) {
    await new Promise(setImmediate);
    const more = sentBy(target);
    quiet = more === sent && more > 1 << 20 ? quiet + 1 : 0;
    sent = more;
  }
}
