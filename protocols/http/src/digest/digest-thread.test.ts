import { createHash } from 'node:crypto';
import fc from 'fast-check';
import type { BodyDigest } from './body-digest.ts';
import { DigestThread } from './digest-thread.ts';

const thread = new DigestThread();
afterAll(() => thread.close());

/** Longer than the ring of shared memory. */
const LONG = 5 << 20;

async function give(digest: BodyDigest, chunks: readonly Buffer[]): Promise<string> {
  for (const chunk of chunks) {
    digest.update(chunk);
    await digest.room();
  }
  await digest.finish();
  return digest.digest().toString('hex');
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function cut(bytes: Buffer, lengths: readonly number[]): readonly Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0, next = 0; at < bytes.length; next += 1) {
    const length = lengths[next % lengths.length] ?? 1;
    chunks.push(bytes.subarray(at, at + length));
    at += length;
  }
  return chunks;
}

test('however bodies are cut, and however many pass at once, each digest is that of node:crypto', async () => {
  const body = fc.record({
    seed: fc.integer({ min: 0, max: 255 }),
    length: fc.integer({ min: 0, max: LONG }),
    cuts: fc.array(fc.integer({ min: 1_000, max: 3 << 20 }), { minLength: 1, maxLength: 5 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(body, { minLength: 1, maxLength: 3 }), async (bodies) => {
      const all = bodies.map(({ seed, length }) => Buffer.alloc(length, `${seed} ${length}`));
      const digests = await Promise.all(all.map((bytes, index) => give(thread.begin(), cut(bytes, bodies[index]?.cuts ?? []))));
      expect(digests).toEqual(all.map(sha256));
    }),
    { numRuns: 20 },
  );
});

test('who brings bytes may use their memory again at once, and need not wait for room', async () => {
  const digest = thread.begin();
  const chunk = Buffer.alloc(LONG / 5);
  const expected = createHash('sha256');
  for (let each = 0; each < 10; each += 1) {
    chunk.fill(each);
    expected.update(chunk);
    digest.update(chunk);
  }
  chunk.fill(0xff);
  await digest.finish();
  expect(digest.digest().equals(expected.digest())).toBe(true);
});

test('a body that breaks off takes no other along', async () => {
  const [broken, whole] = [thread.begin(), thread.begin()];
  broken.update(Buffer.from('some'));
  whole.update(Buffer.from('all'));
  broken.drop();
  await whole.finish();
  whole.drop();
  expect(whole.digest().toString('hex')).toBe(sha256(Buffer.from('all')));
});

test('short bodies are none of its business', () => {
  const digest = thread.begin(1_000);
  digest.update(Buffer.from('here'));
  expect(digest.finish()).toBeUndefined();
  expect(digest.digest().toString('hex')).toBe(sha256(Buffer.from('here')));
});

test('a thread that ends leaves no digest, and whoever waits is told so; the next body gets another thread', async () => {
  const mortal = new DigestThread();
  const digest = mortal.begin();
  for (let each = 0; each < 4; each += 1) digest.update(Buffer.alloc(1 << 20));
  const [room, end] = [digest.room(), digest.finish()];
  mortal.close();
  await expect(end).rejects.toMatchObject({ code: 'ERR_RECORDING' });
  await room?.catch(() => undefined); // it ends, one way or the other
  expect(() => digest.digest()).toThrow();
  await expect(digest.room()).rejects.toMatchObject({ code: 'ERR_RECORDING' });
  await expect(give(mortal.begin(), [Buffer.from('next')])).resolves.toBe(sha256(Buffer.from('next')));
  mortal.close();
});
