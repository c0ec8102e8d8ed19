import fc from 'fast-check';
import { Batch } from './batch.ts';
import type { Side } from './frame.ts';

const memory = Buffer.from(Array.from({ length: 64 }, (_, i) => i)).buffer;
const pieces = fc.array(
  fc.record({ to: fc.constantFrom<Side>('client', 'target'), at: fc.nat(50), length: fc.nat(10), own: fc.boolean() }),
  { maxLength: 20 },
);

test('gives each side its bytes in order, in views of the memory that they came in', () => {
  fc.assert(
    fc.property(pieces, (all) => {
      const batch = new Batch();
      const outs = all.map(({ to, at, length, own }) => {
        const data = Buffer.from(memory, at, length);
        return { to, data: own ? Buffer.from(data) : data };
      });
      batch.add(outs);
      const total = outs.reduce((sum, { data }) => sum + data.length, 0);
      expect(batch.bytes).toBe(total);
      for (const side of ['client', 'target'] as const) {
        const wanted = Buffer.concat(outs.filter(({ to }) => to === side).map(({ data }) => data));
        expect(batch.holds(side)).toBe(wanted.length > 0);
        const taken = batch.take(side);
        expect(Buffer.concat(taken)).toEqual(wanted);
        expect(taken.every(({ length }) => length > 0)).toBe(true);
        expect(batch.holds(side)).toBe(false);
      }
      expect(batch.bytes).toBe(0);
    }),
  );
});

test('joins neighbours of one buffer without copying, and nothing else', () => {
  const chunk = Buffer.from(memory, 8, 40);
  const batch = new Batch();
  const add = (data: Buffer) => batch.add([{ to: 'client', data }]);
  add(chunk.subarray(0, 5));
  batch.add([{ to: 'target', data: chunk.subarray(5, 9) }]); // the other side is none of its business
  add(chunk.subarray(5, 20));
  add(chunk.subarray(21, 30));
  add(Buffer.from(chunk.subarray(30, 31)));
  const [joined, ...others] = batch.take('client');
  expect([joined?.buffer === memory, joined?.byteOffset, joined?.length]).toEqual([true, 8, 20]);
  expect(others.map(({ length }) => length)).toEqual([9, 1]);
  add(chunk.subarray(30, 35)); // behind what was taken already
  expect(batch.take('client').map(({ length }) => length)).toEqual([5]);
});
