import { randomBytes } from 'node:crypto';
import {
  brotliCompressSync,
  constants,
  createBrotliCompress,
  createGzip,
  createZstdCompress,
  deflateRawSync,
  deflateSync,
  gzipSync,
  zstdCompressSync,
} from 'node:zlib';
import { GatewayError, ProtocolError } from '@sallyport/core';
import fc from 'fast-check';
import { contentDecoder, narrowed } from './content-coding.ts';

const limits = { most: 64 << 20, side: 'target' } as const;

async function* pieces(bytes: Buffer, size = bytes.length || 1): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function all(body: AsyncIterable<Buffer> | undefined): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of body ?? []) parts.push(Buffer.from(part));
  return Buffer.concat(parts);
}

const decode = (coding: string, bytes: Buffer, size?: number, by = limits) => all(contentDecoder(coding, by)?.(pieces(bytes, size)));

const CODERS = {
  gzip: gzipSync,
  'x-gzip': gzipSync,
  deflate: deflateSync,
  br: brotliCompressSync,
  zstd: zstdCompressSync,
} as const;
const text = Buffer.from('what the target said, '.repeat(500));

test.each(Object.entries(CODERS))('%s comes off, however it is cut', async (name, code) => {
  for (const size of [1, 7, 1000, 1 << 20]) expect((await decode(name, code(text), size)).equals(text)).toBe(true);
  expect(await decode(name.toUpperCase(), code(Buffer.alloc(0)))).toHaveLength(0);
  expect(await decode(name, Buffer.alloc(0))).toHaveLength(0);
});

test('deflate without its wrapping, several members of gzip, and codings on top of each other', async () => {
  expect((await decode('deflate', deflateRawSync(text), 1)).equals(text)).toBe(true);
  expect((await decode('gzip', Buffer.concat([gzipSync('a'), gzipSync('b')]), 3)).toString()).toBe('ab');
  expect((await decode('deflate, identity , br,gzip', gzipSync(brotliCompressSync(deflateSync(text))), 10)).equals(text)).toBe(true);
  expect(await decode('', text)).toEqual(text);
  expect(await decode('identity', text)).toEqual(text);
});

test('law: any bytes come back', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 300 }),
      fc.array(fc.constantFrom(...(Object.keys(CODERS) as (keyof typeof CODERS)[])), { maxLength: 3 }),
      fc.integer({ min: 1, max: 50 }),
      async (bytes, names, size) => {
        const coded = names.reduce<Buffer>((inner, name) => CODERS[name](inner), Buffer.from(bytes));
        expect(await decode(names.join(','), coded, size)).toEqual(Buffer.from(bytes));
      },
    ),
    { numRuns: 200 },
  );
});

test.each(['compress', 'gzip, dcb', 'gzip;q=1', 'toString', 'gzip, gzip, gzip, gzip'])('unknown, or too many: %s', (coding) => {
  expect(contentDecoder(coding, limits)).toBeUndefined();
});

test.each(Object.entries(CODERS))('%s that is broken or cut off is refused in a sentence', async (name, code) => {
  const bytes = code(text);
  await expect(decode(name, bytes.subarray(0, bytes.length - 5), 9)).rejects.toThrow(`says that it is ${name} and cannot be unpacked`);
  const error: unknown = await decode(name, Buffer.from('this is plain text'), 3).catch((cause: unknown) => cause);
  expect(error).toBeInstanceOf(ProtocolError);
});

test('law: random bytes throw nothing else', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), fc.constantFrom(...Object.keys(CODERS)), async (bytes, name) => {
      const error: unknown = await decode(name, Buffer.from(bytes), 5).catch((cause: unknown) => cause);
      expect(Buffer.isBuffer(error) || error instanceof GatewayError).toBe(true);
    }),
    { numRuns: 300 },
  );
});

test('bombs end early, whatever they are made of', async () => {
  const bomb = Buffer.alloc(32 << 20);
  await expect(decode('br', brotliCompressSync(bomb))).rejects.toThrow('more than 1000 times its size');
  await expect(decode('zstd', zstdCompressSync(bomb))).rejects.toThrow('more than 1000 times its size');
  await expect(decode('gzip', gzipSync(bomb), undefined, { ...limits, most: 1 << 20 })).rejects.toThrow('more than 1048576 bytes');
  await expect(decode('gzip, gzip', gzipSync(gzipSync(bomb)), undefined, { ...limits, most: 1 << 20 })).rejects.toThrow(GatewayError);
});

test('a window that no browser would give is not given', async () => {
  const wide = zstdCompressSync(Buffer.alloc(20 << 20, 'ab'), {
    params: { [constants.ZSTD_c_windowLog]: 25, [constants.ZSTD_c_enableLongDistanceMatching]: 1 },
  });
  await expect(decode('zstd', wide)).rejects.toThrow(ProtocolError);
});

test('what the body itself broke off with is what the reader learns', async () => {
  const why = new Error('read ECONNRESET');
  async function* broken(): AsyncGenerator<Buffer> {
    yield gzipSync(text).subarray(0, 30);
    throw why;
  }
  await expect(all(contentDecoder('gzip', limits)?.(broken()))).rejects.toBe(why);
});

test.each([
  ['gzip', () => createGzip(), constants.Z_SYNC_FLUSH],
  ['br', () => createBrotliCompress(), constants.BROTLI_OPERATION_FLUSH],
  ['zstd', () => createZstdCompress(), constants.ZSTD_e_flush],
])('%s: each event of a stream leaves before the next one has come', async (name, make, flag) => {
  const coder = make();
  const asked: string[] = [];
  async function* events(): AsyncGenerator<Buffer> {
    for (let index = 0; index < 5; index += 1) {
      asked.push(`event ${index}`);
      coder.write(`data: ${index}\n\n`);
      await new Promise<void>((resolve) => void coder.flush(flag, () => resolve()));
      for (let part: Buffer | null = coder.read() as Buffer | null; part !== null; part = coder.read() as Buffer | null) yield part;
      // Nothing more comes until the reader has seen this event.
      await new Promise<void>((resolve) => {
        seen = resolve;
      });
    }
  }
  let seen = (): void => {};
  let text = '';
  for await (const part of contentDecoder(name, limits)?.(events()) ?? []) {
    text += part.toString();
    if (text.endsWith(`${asked.length - 1}\n\n`) && asked.length < 5) seen();
    if (asked.length === 5 && text.endsWith('4\n\n')) break;
  }
  expect(text).toBe([0, 1, 2, 3, 4].map((index) => `data: ${index}\n\n`).join(''));
});

test('a reader that stops has the body stop too, and nothing is read far ahead of it', async () => {
  let given = 0;
  let ended = false;
  const coded = gzipSync(randomBytes(4 << 20));
  async function* body(): AsyncGenerator<Buffer> {
    try {
      for (let at = 0; at < coded.length; at += 1000, given += 1000) yield coded.subarray(at, at + 1000);
    } finally {
      ended = true;
    }
  }
  for await (const _ of contentDecoder('gzip', limits)?.(body()) ?? []) break;
  await new Promise((resolve) => setImmediate(resolve));
  expect(ended).toBe(true);
  expect(given).toBeLessThan(1 << 20);
});

test.each([
  [undefined, 'identity'],
  ['', 'identity'],
  ['gzip, deflate, br, zstd', 'gzip, deflate, br, zstd'],
  ['gzip;q=1.0, compress, dcb;q=0.5, br ; q=0.8', 'gzip;q=1.0, br ; q=0.8'],
  ['*', 'identity'],
  ['compress, *;q=0.1', 'identity'],
  ['identity;q=0, compress', 'identity'],
  ['GZIP, identity;q=0', 'GZIP, identity;q=0'],
  ['gzip;q=7, br\tx', 'identity'],
])('of %j this may be asked: %s', (said, expected) => expect(narrowed(said)).toBe(expected));
