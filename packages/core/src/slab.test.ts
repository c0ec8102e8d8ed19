import fc from 'fast-check';
import { LentMemory } from './lent-memory.ts';
import { Slab } from './slab.ts';

const part = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.nat(90_000).map((length) => new Uint8Array(length).fill(length)),
);
const piece = fc.record({ about: fc.constantFrom(0, 100, 70_000, 300_000), parts: fc.array(part, { maxLength: 6 }), given: fc.boolean() });

test('pieces are what was put into them, side by side in several slabs, whatever was given back between', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(1), piece), { maxLength: 12 }), (pieces) => {
      const slabs = [new Slab(), new Slab()];
      const kept: { readonly made: Buffer; readonly wanted: Buffer }[] = [];
      for (const [index, { about, parts, given }] of pieces) {
        const slab = slabs[index] as Slab;
        slab.begin(about);
        slab.int32(0);
        for (const bytes of parts) slab.copy(Buffer.from(bytes), 0, bytes.length);
        slab.setInt32(slab.length, 0);
        const made = slab.end();
        const body = Buffer.concat(parts);
        const head = Buffer.alloc(4);
        head.writeInt32BE(body.length + 4);
        if (given) LentMemory.giveBack([made], true);
        else kept.push({ made, wanted: Buffer.concat([head, body]) });
      }
      for (const { made, wanted } of kept) expect(made.equals(wanted)).toBe(true);
    }),
  );
});

test('a large piece that was given back is where the next one is made, by the same slab only', () => {
  const make = (slab: Slab): Buffer => {
    slab.begin(100_000);
    slab.int32(1);
    return slab.end();
  };
  const [slab, other] = [new Slab(), new Slab()];
  const one = make(slab);
  expect(make(slab).buffer).not.toBe(one.buffer);
  LentMemory.giveBack([one], true);
  expect(make(other).buffer).not.toBe(one.buffer);
  expect(make(slab).buffer).toBe(one.buffer);
});
