import { randomBytes } from 'node:crypto';
import { zstdDecompressSync } from 'node:zlib';
import fc from 'fast-check';
import { SegmentCodec } from './segment-codec.ts';

const SEGMENT = 256 * 1024;
const random = (): Buffer => randomBytes(SEGMENT);
const text = (): Buffer => Buffer.from(randomBytes(SEGMENT / 2).toString('hex'));
const codecs = (all: readonly Buffer[]): readonly string[] => {
  const codec = new SegmentCodec();
  return all.map((bytes) => codec.encode(bytes).codec);
};

test('what does not shrink is stored as it is, and what comes behind it is compressed where that shrinks', () => {
  expect(codecs([text(), random(), random(), text(), text(), random()])).toEqual(['zstd', 'raw', 'raw', 'zstd', 'zstd', 'raw']);
});

test('a segment whose middle alone does not shrink is compressed, unless the one before did not shrink either', () => {
  const around = Buffer.concat([Buffer.alloc(SEGMENT / 4), randomBytes(SEGMENT / 2), Buffer.alloc(SEGMENT / 4)]);
  expect(codecs([around, random(), around])).toEqual(['zstd', 'raw', 'raw']);
});

test('few bytes are stored as they are where their frame would be longer', () => {
  expect(codecs([Buffer.from('x'), Buffer.alloc(1_000)])).toEqual(['raw', 'zstd']);
});

test('every segment comes back as it was', () => {
  const bytes = fc.uint8Array({ maxLength: 1_000 }).map((some) => Buffer.concat(Array.from({ length: 40 }, () => some)));
  fc.assert(
    fc.property(fc.array(bytes, { maxLength: 5 }), (all) => {
      const codec = new SegmentCodec();
      for (const each of all) {
        const { codec: name, data } = codec.encode(each);
        expect((name === 'raw' ? data : zstdDecompressSync(data)).equals(each)).toBe(true);
      }
    }),
  );
});
