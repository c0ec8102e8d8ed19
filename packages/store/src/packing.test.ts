import type { RecordKind } from '@sallyport/core';
import fc from 'fast-check';
import { PACKED_HEAD, packFrame, packRecord, unpackFrames, unpackRecords } from './packing.ts';

const kind = fc.constantFrom<RecordKind>('event', 'client', 'target');
const at = fc.double({ noNaN: true });
const body = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));

test('packed records come back as they were', () => {
  const record = fc.record({ handle: fc.integer({ min: 0, max: 2 ** 32 - 1 }), kind, at, body }, { noNullPrototype: true });
  fc.assert(
    fc.property(fc.array(record), (records) => {
      const packed = Buffer.alloc(records.reduce((sum, each) => sum + PACKED_HEAD + each.body.length, 0));
      let end = 0;
      for (const each of records) end = packRecord(packed, end, each.handle, each.kind, each.at, each.body);
      expect(end).toBe(packed.length);
      expect([...unpackRecords(packed)]).toEqual(records);
    }),
  );
});

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
