import { ProtocolError } from '@sallyport/core';
import fc from 'fast-check';
import { encodeClose, encodeServerFrame, FrameDecoder, LONGEST_PAYLOAD, OPCODE } from './frame.ts';

function masked(frame: Buffer, key: Buffer): Buffer {
  const short = (frame[1] as number) & 0x7f;
  const size = short === 126 ? 4 : short === 127 ? 10 : 2;
  const head = Buffer.from(frame.subarray(0, size));
  head[1] = (head[1] as number) | 0x80;
  const body = Buffer.from(frame.subarray(size)).map((byte, at) => byte ^ (key[at % 4] as number));
  return Buffer.concat([head, key, body]);
}

const payloads = fc.array(
  fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.constant(new Uint8Array(70_000)), fc.uint8Array({ minLength: 126, maxLength: 300 })),
  { minLength: 1, maxLength: 5 },
);

describe('frames of a WebSocket', () => {
  test.each(['client', 'target'] as const)('of the %s are the same however their bytes are cut', (from) => {
    fc.assert(
      fc.property(
        payloads,
        fc.uint8Array({ minLength: 4, maxLength: 4 }),
        fc.array(fc.nat(300), { maxLength: 20 }),
        (bodies, key, cuts) => {
          const frames = bodies.map((body) => encodeServerFrame(OPCODE.binary, Buffer.from(body)));
          const wire = Buffer.concat(from === 'client' ? frames.map((frame) => masked(frame, Buffer.from(key))) : frames);
          const decoder = new FrameDecoder(from);
          const seen = [];
          let at = 0;
          for (const cut of [...cuts, wire.length]) {
            seen.push(...decoder.push(wire.subarray(at, at + cut)));
            at += cut;
          }
          seen.push(...decoder.push(wire.subarray(at)));
          expect(seen.map(({ payload }) => payload.equals(Buffer.from(bodies.shift() ?? [])))).not.toContain(false);
          expect(Buffer.concat(seen.map(({ raw }) => raw)).equals(wire)).toBe(true);
        },
      ),
    );
  });

  test('that are none throw ProtocolError and nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.constantFrom('client' as const, 'target' as const), (bytes, from) => {
        try {
          for (const _ of new FrameDecoder(from).push(Buffer.from(bytes)));
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }),
    );
  });

  test.each([
    ['client', Buffer.from([0x81, 0x00]), 'is not masked'],
    ['target', Buffer.from([0x81, 0x80, 0, 0, 0, 0]), 'is masked'],
    ['target', Buffer.from([0xc1, 0x00]), 'reserved bit'],
    ['target', Buffer.from([0x83, 0x00]), 'unknown opcode'],
    ['target', Buffer.from([0x8b, 0x00]), 'unknown opcode'],
    ['target', Buffer.from([0x09, 0x00]), 'control frame'],
    ['target', Buffer.from([0x89, 126, 0, 126]), 'control frame'],
    ['target', Buffer.concat([Buffer.from([0x82, 127]), Buffer.from('7fffffffffffffff', 'hex')]), 'MiB'],
  ] as const)('from the %s, %p: %s', (from, bytes, why) => {
    expect(() => [...new FrameDecoder(from).push(bytes)]).toThrow(why);
  });

  test('a length is refused before its bytes are there', () => {
    const head = Buffer.alloc(10);
    head[0] = 0x82;
    head[1] = 127;
    head.writeBigUInt64BE(BigInt(LONGEST_PAYLOAD + 1), 2);
    expect(() => [...new FrameDecoder('target').push(head)]).toThrow(ProtocolError);
  });

  test('a close frame says why, in at most 125 bytes', () => {
    const [frame] = new FrameDecoder('target').push(encodeClose(1008, 'x'.repeat(500)));
    expect([frame?.payload.readUInt16BE(0), frame?.payload.length]).toEqual([1008, 125]);
  });
});
