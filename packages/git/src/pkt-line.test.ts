import { ProtocolError } from '@sallyport/core';
import fc from 'fast-check';
import { MAX_PKT_LINE, type PktLine, PktLineDecoder, pktLine } from './pkt-line.ts';
import { sideBand } from './side-band.ts';

/** Any stream of lines and marks. */
const streams = fc
  .array(
    fc.oneof(
      fc.constantFrom('0000', '0001', '0002').map((mark) => Buffer.from(mark)),
      fc.uint8Array({ maxLength: 300 }).map((data) => pktLine(Buffer.from(data))),
    ),
  )
  .map((pieces) => Buffer.concat(pieces));

function decode(chunks: readonly Buffer[]): PktLine[] {
  const decoder = new PktLineDecoder('client');
  return chunks.flatMap((chunk) => [...decoder.push(chunk)]);
}

describe('pkt-lines', () => {
  test('are the same wherever the stream is cut, and their bytes joined are the stream', () => {
    fc.assert(
      fc.property(streams, (stream) => {
        const whole = decode([stream]);
        expect(Buffer.concat(whole.map((line) => line.raw))).toEqual(stream);
        for (let at = 0; at <= stream.length; at++) expect(decode([stream.subarray(0, at), stream.subarray(at)])).toEqual(whole);
      }),
      { numRuns: 30 },
    );
  });

  test('random bytes throw nothing but ProtocolError', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        try {
          decode([Buffer.from(bytes)]);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }),
    );
  });

  test.each(['0003', 'fff1', 'ffff', '-001', '+001', '0x10', ' 001', 'PACK'])(
    '%s is refused as soon as its four bytes are there',
    (digits) => {
      expect(() => decode([Buffer.from(digits)])).toThrow(ProtocolError);
    },
  );

  test('the longest line passes, a longer one is not made', () => {
    const longest = pktLine(Buffer.alloc(MAX_PKT_LINE - 4));
    expect(longest.toString('latin1', 0, 4)).toBe('fff0');
    expect(decode([longest])).toHaveLength(1);
    expect(() => pktLine(Buffer.alloc(MAX_PKT_LINE - 3))).toThrow(RangeError);
  });

  test('who stops taking lines finds the rest untouched', () => {
    const decoder = new PktLineDecoder('client');
    const pack = Buffer.from('PACK\0\0\0\x02');
    for (const line of decoder.push(Buffer.concat([pktLine('one'), Buffer.from('0000'), pack]))) if (line.type === 'flush') break;
    expect(decoder.rest()).toEqual(pack);
    expect(decoder.rest()).toHaveLength(0);
  });
});

describe('side bands', () => {
  test.each([1000, MAX_PKT_LINE] as const)('lines of at most %d bytes carry all of the data', (limit) => {
    const data = Buffer.alloc(150_000, 'abcdefg');
    const lines = decode([sideBand(2, data, limit)]);
    expect(Math.max(...lines.map((line) => line.raw.length))).toBe(limit);
    expect(lines.every((line) => line.payload[0] === 2)).toBe(true);
    expect(Buffer.concat(lines.map((line) => line.payload.subarray(1)))).toEqual(data);
  });

  test('an empty one is a sign of life', () => {
    expect(sideBand(1, Buffer.alloc(0)).toString('latin1')).toBe('0005\x01');
  });
});
