import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { fingerprinter } from './fingerprint.ts';

test('it is the HMAC over length-prefixed parts, whatever their number and size', () => {
  const bytes = Buffer.alloc(32, 7);
  const print = fingerprinter(bytes);
  const part = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.uint8Array().map((one) => Buffer.from(one)),
    fc.integer({ min: 4_000, max: 40_000 }).map((length) => 'é'.repeat(length)),
  );
  fc.assert(
    fc.property(fc.array(part), (parts) => {
      const plain = createHmac('sha256', bytes);
      for (const one of parts) {
        const length = Buffer.alloc(4);
        length.writeUInt32BE(Buffer.byteLength(one));
        plain.update(length).update(one);
      }
      expect(print(...parts)).toBe(plain.digest('hex'));
    }),
  );
});
