import { type RecordKind, writeRecordHead } from '@sallyport/core';
import fc from 'fast-check';
import { ByteRun, unpackRecords } from './packing.ts';

const kind = fc.constantFrom<RecordKind>('event', 'client', 'target');
const at = fc.double({ noNaN: true });
const body = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));

test('packed records come back as they were', () => {
  const record = fc.record({ seq: fc.maxSafeNat(), kind, at, body }, { noNullPrototype: true });
  fc.assert(
    fc.property(fc.array(record), (records) => {
      const run = new ByteRun();
      for (const each of records) {
        const { bytes, at: offset } = run.extend(21);
        writeRecordHead(bytes, offset, each.seq, each.kind, each.at, each.body.length);
        run.append(each.body);
      }
      expect([...unpackRecords(run.view())]).toEqual(records);
    }),
  );
});

test('bytes that are no segment give a RangeError, whatever they are', () => {
  fc.assert(
    fc.property(body, (bytes) => {
      try {
        expect([...unpackRecords(bytes)].length).toBeGreaterThanOrEqual(0);
      } catch (error) {
        expect((error as Error).name).toBe('RangeError');
      }
    }),
  );
});
