import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { constants, deflateSync } from 'node:zlib';
import { type PushLimits, Quarantine, type SpooledPush } from '../src/index.ts';
import { GitBench } from './git-bench.ts';
import { receivePack } from './raw-client.ts';

const MIB = 1 << 20;

/** https://git-scm.com/docs/pack-format */
const TYPES = { commit: 1, tree: 2, blob: 3, offsetDelta: 6 } as const;

function packHeader(objects: number): Buffer {
  const header = Buffer.from('PACK\0\0\0\x02\0\0\0\0', 'latin1');
  header.writeUInt32BE(objects, 8);
  return header;
}

/** Type and size, 4 bits of it and then 7 a byte, the lowest first. */
function objectHeader(type: number, size: number): Buffer {
  const bytes = [(type << 4) | (size % 16)];
  for (let rest = Math.floor(size / 16); rest > 0; rest = Math.floor(rest / 128)) {
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) | 0x80;
    bytes.push(rest % 128);
  }
  return Buffer.from(bytes);
}

/** A MiB of zeros, deflated so that it can be repeated. */
function zeros(): Buffer {
  return deflateSync(Buffer.alloc(MIB), { finishFlush: constants.Z_FULL_FLUSH }).subarray(2);
}

/** An object of as many MiB of zeros; its end never comes, for none gets that far. */
function* endless(type: number, mebibytes: number): Generator<Buffer> {
  const block = zeros();
  yield Buffer.concat([packHeader(1), objectHeader(type, mebibytes * MIB), Buffer.from([0x78, 0x9c])]);
  for (let sent = 0; sent < mebibytes; sent += 64) yield Buffer.concat(Array.from({ length: 64 }, () => block));
}

/** A blob of 16 MiB, and one that is made of it by copying it again and again. */
function* delta(mebibytes: number): Generator<Buffer> {
  const base = deflateSync(Buffer.alloc(16 * MIB - 1));
  const head = Buffer.concat([packHeader(2), objectHeader(TYPES.blob, 16 * MIB - 1), base]);
  const copies = Math.floor(mebibytes / 16);
  const copy = Buffer.from([0b1111_0000, 0xff, 0xff, 0xff]);
  const made = copies * (16 * MIB - 1);
  const instructions = Buffer.concat([varint(16 * MIB - 1), varint(made), ...Array.from({ length: copies }, () => copy)]);
  const object = [objectHeader(TYPES.offsetDelta, instructions.length), offset(head.length - 12), deflateSync(instructions)];
  const pack = Buffer.concat([head, ...object]);
  yield Buffer.concat([pack, createHash('sha1').update(pack).digest()]);
}

function varint(value: number): Buffer {
  const bytes = [value % 128];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) {
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) | 0x80;
    bytes.push(rest % 128);
  }
  return Buffer.from(bytes);
}

/** Base 128 with the highest digit first, each further one counted from 1. */
function offset(value: number): Buffer {
  const bytes = [value % 128];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) bytes.unshift((--rest % 128) | 0x80);
  return Buffer.from(bytes);
}

describe('a pack that unfolds', () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'sallyport-bomb-'));
  });

  afterEach(() => {
    const left = readdirSync(directory);
    rmSync(directory, { recursive: true, force: true });
    expect(left).toEqual([]);
  });

  async function receive(
    chunks: Iterable<Buffer>,
    limits: Partial<PushLimits>,
  ): Promise<{ readonly taken: number; readonly error: unknown }> {
    const quarantine = await Quarantine.open({ directory, format: 'sha1', limits });
    let taken = 0;
    async function* counted(): AsyncGenerator<Buffer> {
      for (const chunk of chunks) {
        taken += chunk.length;
        yield chunk;
      }
    }
    try {
      return { error: await quarantine.receive(counted()).catch((cause: unknown) => cause), taken };
    } finally {
      await quarantine.close();
    }
  }

  test('a file of a TiB is given up when its time is over, long before its end', async () => {
    const { error, taken } = await receive(endless(TYPES.blob, MIB), { seconds: 1 });
    expect(error).toMatchObject({
      code: 'ERR_PROTOCOL',
      message: 'The pack of the push could not be read: git ran out of time or memory.',
    });
    expect(taken).toBeLessThan(256 * MIB);
  });

  test.each([
    ['a directory', TYPES.tree],
    ['a commit', TYPES.commit],
  ])('%s of 16 GiB has no room', async (_what, type) => {
    const { error, taken } = await receive(endless(type, 16 << 10), {});
    expect(error).toMatchObject({ message: expect.stringMatching(/^The pack of the push could not be read: .*(memory|malloc)/) });
    expect(taken).toBeLessThan(4 * MIB);
  });

  test('a delta of a few bytes that makes 1 GiB of 16 MiB has no room', async () => {
    const { error } = await receive(delta(1024), { memoryBytes: 512 * MIB });
    expect(error).toMatchObject({ message: expect.stringMatching(/^The pack of the push could not be read: .*(memory|malloc)/) });
  });

  test('a delta that makes 64 MiB has room', async () => {
    expect((await receive(delta(64), { memoryBytes: 512 * MIB })).error).toMatchObject({ objects: 2 });
  });
});

describe('what was unpacked', () => {
  let bench: GitBench;

  beforeEach(async () => {
    bench = await GitBench.open();
  });

  afterEach(async () => {
    await bench.close();
  });

  const contents = (): SpooledPush['contents'][number] | undefined => bench.relay.pushes.at(-1)?.contents[0];

  const EMPTY_TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

  async function commitOf(bytes: number): Promise<string> {
    await bench.hash('tree', Buffer.alloc(0));
    const person = 'Ann <ann@example.com> 1700000000 +0000';
    const header = `tree ${EMPTY_TREE}\nauthor ${person}\ncommitter ${person}\n\n`;
    return await bench.hash('commit', Buffer.from(header + 'x'.repeat(bytes)));
  }

  test('commits of many bytes cost as much as they are long, and above 1 MiB are not read', async () => {
    bench.relay.options = { limits: { steps: 5_000 } };
    await bench.push(`${await commitOf(500_000)}:refs/heads/main`);
    expect(contents()).toMatchObject({ seen: 'none', why: 'it has more commits and files than are looked through' });
    bench.relay.options = {};
    await bench.push(`${await commitOf(MIB)}:refs/heads/other`);
    expect(contents()).toMatchObject({ seen: 'part', why: 'a commit of it is malformed', commits: 0 });
  });

  test('a directory that is none costs as much as it is long', async () => {
    bench.relay.options = { limits: { steps: 5_000 } };
    const tree = await bench.hash('tree', Buffer.alloc(500_000, 'x'));
    const commit = await bench.inWork('commit-tree', '-m', 'x', tree);
    const request = `${'0'.repeat(40)} ${commit} refs/heads/main\0 report-status\n`;
    const head = Buffer.from(`${(request.length + 4).toString(16).padStart(4, '0')}${request}0000`);
    await receivePack(bench, Buffer.concat([head, await bench.packOf([commit, tree])]));
    expect(contents()).toMatchObject({ seen: 'none', why: 'it has more commits and files than are looked through' });
  });

  test('messages take room from the text that is looked at; a file without room takes none from the next one', async () => {
    const found: number[] = [];
    const finder = { value: (_bytes: Buffer, start: number, end: number) => void found.push(end - start) } as never;
    bench.relay.options = { finder, limits: { textBytes: 1_000, fileBytes: 600 } };
    await bench.commit({ a: 'x'.repeat(700), b: 'y'.repeat(300) }, 'm'.repeat(599));
    await bench.commit({ c: 'z'.repeat(500) }, 'm'.repeat(50));
    await bench.push('main');
    expect(found.sort((a, b) => a - b)).toEqual([51, 300, 500]);
    expect(contents()).toMatchObject({ unread: 2, addedLines: 2 });
  });
});
