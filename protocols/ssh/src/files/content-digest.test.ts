import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { ContentDigest, EarlyBudget, MAX_CHANNEL_EARLY_BYTES, MAX_EARLY_BYTES } from './content-digest.ts';

const sha256 = (data: Buffer): string => createHash('sha256').update(data).digest('hex');

describe('a digest over a content', () => {
  test('is that of the whole, in whatever order its pieces come', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 50 }), { maxLength: 30 }),
        fc.infiniteStream(fc.nat()),
        fc.nat(9),
        (parts, dice, start) => {
          let at = start;
          const pieces = parts.map((data) => {
            const offset = at;
            at += data.length;
            return { offset, data: Buffer.from(data), rank: dice.next().value as number };
          });
          const digest = new ContentDigest(new EarlyBudget());
          digest.begin(start);
          for (const { offset, data } of pieces.toSorted((a, b) => a.rank - b.rank)) digest.add(offset, data);
          const bytes = at - start;
          expect(digest.finish()).toEqual({
            sha256: sha256(Buffer.concat(parts)),
            bytes,
            end: bytes > 0 ? at : start,
            ...(start > 0 && { offset: start }),
          });
        },
      ),
    );
  });

  test('is none where a part is missing, comes twice or overlaps', () => {
    const digested = (...pieces: readonly (readonly [number, string])[]): unknown => {
      const digest = new ContentDigest(new EarlyBudget());
      for (const [offset, data] of pieces) digest.add(offset, Buffer.from(data));
      return digest.finish();
    };
    expect(digested([0, 'abc'], [5, 'de'])).toMatchObject({ sha256: null, why: 'parts are missing, or overlap', bytes: 5, end: 7 });
    expect(digested([0, 'abc'], [1, 'x'])).toMatchObject({ sha256: null, why: 'a part was transferred more than once' });
    expect(digested([0, 'a'], [2, 'cd'], [1, 'bc'])).toMatchObject({ sha256: null, why: 'parts are missing, or overlap' });
    expect(digested([0, 'a'], [2 ** 60, 'b'])).toMatchObject({ sha256: null, why: 'an offset is beyond 2^53' });
  });

  test('is none where too much came early, counting what each piece costs', () => {
    const early = new ContentDigest(new EarlyBudget());
    early.begin(0);
    for (let count = 0; count < MAX_EARLY_BYTES / 128; count++) early.add(10 + count * 2, Buffer.of(1));
    expect(early.finish()).toMatchObject({ sha256: null, why: 'its parts came too far out of order' });
  });

  test('shares its memory with the other files of the channel, and gives it back', () => {
    const budget = new EarlyBudget();
    const piece = Buffer.alloc(MAX_EARLY_BYTES / 2);
    const digests = Array.from({ length: (MAX_CHANNEL_EARLY_BYTES / MAX_EARLY_BYTES) * 2 }, () => new ContentDigest(budget));
    for (const digest of digests) {
      digest.begin(0);
      digest.add(1, piece);
    }
    const results = digests.map((digest) => {
      digest.add(0, Buffer.of(1));
      return digest.finish().sha256;
    });
    expect(results.at(-1)).toBeNull();
    expect(results[0]).toBe(sha256(Buffer.concat([Buffer.of(1), piece])));
    const after = new ContentDigest(budget);
    after.begin(0);
    after.add(1, piece);
    after.add(0, Buffer.of(1));
    expect(after.finish().sha256).toBe(results[0]);
  });
});
