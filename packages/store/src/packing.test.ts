import type { RecordKind } from '@sallyport/core';
import fc from 'fast-check';
import { packFrame, unpackFrames } from './packing.ts';

const kind = fc.constantFrom<RecordKind>('event', 'client', 'target');
const at = fc.double({ noNaN: true });
const body = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));

test('packed frames come back as they were', () => {
  const frame = fc.record({ seq: fc.maxSafeNat(), kind, at, body }, { noNullPrototype: true });
  fc.assert(
    fc.property(fc.array(frame), (frames) => {
      expect(unpackFrames(Buffer.concat(frames.map(packFrame)))).toEqual(frames);
    }),
  );
});

test('bytes that are no segment give a RangeError, whatever they are', () => {
  fc.assert(
    fc.property(body, (bytes) => {
      try {
        unpackFrames(bytes);
      } catch (error) {
        expect((error as Error).name).toBe('RangeError');
      }
    }),
  );
});
