import { type Decoder, PART_BYTES, ProtocolError } from '@sallyport/core';
import fc from 'fast-check';
import { message } from './bytes.ts';
import { encodeCopyData } from './copy.ts';
import { backendDecoder, frontendDecoder } from './decoder.ts';
import type { PgFrame } from './frames.ts';
import { BACKEND, FRONTEND } from './message-types.ts';
import { encodeQuery } from './query.ts';

type Outcome = { readonly frames: PgFrame[]; readonly error: unknown };

function decode(decoder: Decoder<PgFrame>, chunks: readonly Buffer[]): Outcome {
  const frames: PgFrame[] = [];
  try {
    for (const chunk of chunks) for (const frame of decoder.push(chunk)) frames.push(frame);
  } catch (error) {
    return { frames, error };
  }
  return { frames, error: undefined };
}

function cut(bytes: Buffer, offsets: readonly number[]): Buffer[] {
  const at = [0, ...offsets.map((offset) => offset % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end));
}

const frontendMessage = fc
  .tuple(fc.constantFrom(...Object.values(FRONTEND)), fc.uint8Array({ maxLength: 300 }))
  .map(([type, body]) => message(type, Buffer.from(body)));

describe('the frontend and backend decoders', () => {
  test('however a stream is split, the frames are the same and add up to it', () => {
    fc.assert(
      fc.property(fc.array(frontendMessage, { maxLength: 20 }), fc.array(fc.nat(), { maxLength: 30 }), (messages, offsets) => {
        const stream = Buffer.concat(messages);
        const { frames, error } = decode(frontendDecoder(), cut(stream, offsets));
        expect(error).toBeUndefined();
        expect(frames.map((frame) => frame.raw.toString('hex'))).toEqual(messages.map((raw) => raw.toString('hex')));
      }),
    );
  });

  test('random bytes give frames and then at most a ProtocolError, the same for every split', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.array(fc.nat(), { maxLength: 10 }), (bytes, offsets) => {
        const stream = Buffer.from(bytes);
        const whole = decode(backendDecoder(), [stream]);
        const split = decode(backendDecoder(), cut(stream, offsets));
        if (whole.error !== undefined) expect(whole.error).toBeInstanceOf(ProtocolError);
        expect(split).toEqual(whole);
      }),
      { numRuns: 500 },
    );
  });

  test('rows may come as runs: split into messages they are the same, and nothing else is joined', () => {
    const backend = fc
      .tuple(fc.constantFrom(BACKEND.DataRow, BACKEND.DataRow, BACKEND.CommandComplete), fc.uint8Array({ maxLength: 40 }))
      .map(([type, body]) => message(type, Buffer.from(body)));
    fc.assert(
      fc.property(
        fc.array(backend, { maxLength: 30 }),
        fc.array(fc.nat(), { maxLength: 8 }),
        fc.uint8Array(),
        (messages, offsets, tail) => {
          const chunks = cut(Buffer.concat([...messages, Buffer.from(tail)]), offsets);
          const [runs, plain] = [decode(backendDecoder({ rowRuns: true }), chunks), decode(backendDecoder(), chunks)];
          expect(runs.error).toEqual(plain.error);
          const single = runs.frames.flatMap(({ raw, messages: count = 1 }) =>
            count === 1 ? [raw] : decode(backendDecoder(), [raw]).frames.map((frame) => frame.raw),
          );
          expect(single.map((raw) => raw.toString('hex'))).toEqual(plain.frames.map(({ raw }) => raw.toString('hex')));
          expect(runs.frames.reduce((sum, { messages: count = 1 }) => sum + count, 0)).toBe(plain.frames.length);
          for (const { type, messages: count = 1, size, raw } of runs.frames) {
            if (count > 1) expect([type, size]).toEqual([BACKEND.DataRow, raw.length]);
          }
        },
      ),
    );
  });

  test('a whole message is a view of its chunk, a straddling one a copy', () => {
    const chunk = Buffer.concat([encodeQuery('SELECT 1'), encodeQuery('SELECT 2')]);
    const decoder = frontendDecoder();
    const [first] = decoder.push(chunk.subarray(0, chunk.length - 3));
    const [second] = decoder.push(chunk.subarray(chunk.length - 3));
    expect(first?.raw.buffer).toBe(chunk.buffer);
    expect(first?.raw.byteOffset).toBe(chunk.byteOffset);
    expect(second?.raw).toEqual(encodeQuery('SELECT 2'));
  });

  test('a message above a part comes in full parts and a rest, for every split', () => {
    const large = encodeCopyData(Buffer.alloc(2 * PART_BYTES + 100, 7));
    const stream = Buffer.concat([encodeQuery('before'), large, encodeQuery('behind')]);
    const shape = ({ frames }: Outcome) => frames.map(({ raw, first, last, type, size }) => [raw.length, first, last, type, size]);
    const d = FRONTEND.CopyData;
    const parts = [
      [PART_BYTES, true, false, d, large.length],
      [PART_BYTES, false, false, d, large.length],
      [105, false, true, d, large.length],
    ];
    for (const step of [stream.length, 65_536, PART_BYTES, 1_000_003]) {
      const chunks = Array.from({ length: Math.ceil(stream.length / step) }, (_, index) =>
        stream.subarray(index * step, (index + 1) * step),
      );
      const outcome = decode(frontendDecoder(), chunks);
      expect(shape(outcome).slice(1, -1)).toEqual(parts);
      expect(Buffer.concat(outcome.frames.map((frame) => frame.raw)).equals(stream)).toBe(true);
    }
  });

  test('a message of exactly one part is whole', () => {
    const raw = encodeCopyData(Buffer.alloc(PART_BYTES - 5));
    const { frames } = decode(frontendDecoder(), [raw]);
    expect(frames.map(({ first, last }) => [first, last])).toEqual([[true, true]]);
  });
});

describe('what is refused before anything is allocated', () => {
  const header = (type: number, length: number): Buffer => {
    const raw = Buffer.from([type, 0, 0, 0, 0]);
    raw.writeInt32BE(length, 1);
    return raw;
  };

  test.each([
    ['length 0', header(FRONTEND.Query, 0)],
    ['length 3', header(FRONTEND.Query, 3)],
    ['length -1', header(FRONTEND.Query, -1)],
    ['length 2³¹-1', header(FRONTEND.Query, 2 ** 31 - 1)],
    ['just above 1 GiB', header(FRONTEND.CopyData, 2 ** 30 + 5)],
    ['a name of 10 001 bytes', header(FRONTEND.Describe, 10_005)],
    ['a password of 65 536 bytes', header(FRONTEND.PasswordMessage, 65_540)],
    ['an unknown type', header(0x7a, 4)],
    ['a type that only a server sends', header(BACKEND.ReadyForQuery, 5)],
  ])('%s', (_, bytes) => {
    const before = process.memoryUsage().arrayBuffers;
    const { frames, error } = decode(frontendDecoder(), [Buffer.concat([encodeQuery('SELECT 1'), bytes])]);
    expect(frames).toHaveLength(1);
    expect(error).toBeInstanceOf(ProtocolError);
    expect(error).toMatchObject({ side: 'client', code: 'ERR_PROTOCOL' });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(PART_BYTES);
  });

  test('the cap can be lowered, and names the target on its side', () => {
    const decoder = backendDecoder({ maxMessageBytes: 1000 });
    const { error } = decode(decoder, [header(BACKEND.DataRow, 1000)]);
    expect(error).toMatchObject({ side: 'target', message: 'The target sent a message of type 0x44 with length 1000, outside 4 to 999.' });
  });

  test('a broken stream stays broken', () => {
    const decoder = frontendDecoder();
    expect(decode(decoder, [header(0x7a, 4)]).error).toBeInstanceOf(ProtocolError);
    expect(decode(decoder, [encodeQuery('SELECT 1')])).toMatchObject({ frames: [], error: expect.any(ProtocolError) });
  });
});
