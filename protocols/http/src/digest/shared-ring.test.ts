import fc from 'fast-check';
import { OPERATION, RingReader, RingWriter, sharedMemory } from './shared-ring.ts';

const SIZE = 64;

test('frames come out as they went in, wherever the ring begins again', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 2 * SIZE }), { maxLength: 40 }), (texts) => {
      const memory = sharedMemory(SIZE);
      const [writer, reader] = [new RingWriter(memory), new RingReader(memory)];
      const [sent, got] = [Buffer.concat(texts), [] as Buffer[]];
      texts.forEach((text, body) => {
        for (let rest = Buffer.from(text); ; ) {
          const written = writer.write(body, OPERATION.data, rest);
          if (written === undefined) throw new Error('There is no room though all was read.');
          const frame = reader.next();
          expect(frame).toMatchObject({ body, operation: OPERATION.data });
          got.push(Buffer.concat(frame.pieces));
          reader.release();
          rest = rest.subarray(written);
          if (rest.length === 0) break;
        }
      });
      expect(Buffer.concat(got).equals(sent)).toBe(true);
    }),
  );
});

test('a full ring takes nothing, and an end as soon as there is room for one', () => {
  const memory = sharedMemory(SIZE);
  const [writer, reader] = [new RingWriter(memory), new RingReader(memory)];
  expect(writer.write(1, OPERATION.data, Buffer.alloc(100))).toBe(SIZE - 8);
  expect(writer.write(1, OPERATION.end, Buffer.alloc(0))).toBeUndefined();
  expect(reader.next().pieces[0]).toHaveLength(SIZE - 8);
  reader.release();
  expect(writer.write(1, OPERATION.end, Buffer.alloc(0))).toBe(0);
  expect(reader.next()).toMatchObject({ body: 1, operation: OPERATION.end });
});
