import { readdirSync, readFileSync } from 'node:fs';
import { type Decoder, PART_BYTES, ProtocolError } from '@sallyport/core';
import fc from 'fast-check';
import { packets } from './bytes.ts';
import { packetDecoder } from './decoder.ts';
import { MAX_PAYLOAD_BYTES, type MyFrame } from './frames.ts';
import { decodeGreeting, decodeHandshakeResponse, encodeGreeting, encodeHandshakeResponse } from './handshake.ts';

function decode(decoder: Decoder<MyFrame>, chunks: readonly Buffer[]): MyFrame[] {
  return chunks.flatMap((chunk) => [...decoder.push(chunk)]);
}

function cut(bytes: Buffer, offsets: readonly number[]): Buffer[] {
  const at = [0, ...offsets.map((offset) => offset % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end));
}

const message = fc
  .tuple(fc.uint8Array({ maxLength: 300 }), fc.nat(255))
  .map(([payload, sequence]) => packets(Buffer.from(payload), sequence));
const shape = ({ raw, first, last, sequence, header, payload, size }: MyFrame) => [
  raw.length,
  first,
  last,
  sequence,
  header,
  payload.length,
  size,
];

describe('the packet decoder', () => {
  test('however a stream is split, the frames are the same and add up to it', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 20 }), fc.array(fc.nat(), { maxLength: 30 }), (messages, offsets) => {
        const frames = decode(packetDecoder('client'), cut(Buffer.concat(messages), offsets));
        expect(frames.map(({ raw }) => raw.toString('hex'))).toEqual(messages.map((raw) => raw.toString('hex')));
        expect(frames.every(({ first, last, header }) => first && last && header)).toBe(true);
      }),
    );
  });

  test('random bytes give frames that add up to them, and at most a ProtocolError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.array(fc.nat(), { maxLength: 10 }), (bytes, offsets) => {
        const stream = Buffer.from(bytes);
        const read = (chunks: readonly Buffer[]): string => {
          try {
            return Buffer.concat(decode(packetDecoder('target'), chunks).map(({ raw }) => raw)).toString('hex');
          } catch (error) {
            expect(error).toBeInstanceOf(ProtocolError);
            return 'error';
          }
        };
        const whole = read([stream]);
        expect(stream.toString('hex').startsWith(whole)).toBe(true);
        expect(read(cut(stream, offsets))).toBe(whole);
      }),
    );
  });

  test('runs hold the same messages, of which none is large or cut; how the stream is split shows in their length alone', () => {
    const stream = fc.array(
      fc.oneof(
        message,
        fc.constantFrom(PART_BYTES, 9).map((size) => packets(Buffer.alloc(size), 3)),
      ),
      { maxLength: 9 },
    );
    fc.assert(
      fc.property(stream, fc.array(fc.nat(), { maxLength: 9 }), (messages, offsets) => {
        const frames = decode(packetDecoder('target', { runs: true }), cut(Buffer.concat(messages), offsets));
        expect(Buffer.concat(frames.map(({ raw }) => raw)).equals(Buffer.concat(messages))).toBe(true);
        const whole = frames.filter(({ first, last }) => first && last);
        const walked = whole.flatMap(({ raw, messages: count = 1 }) => {
          const single = decode(packetDecoder('target'), [raw]);
          expect(single.length).toBe(count);
          return single;
        });
        const large = messages.filter((raw) => raw.length > PART_BYTES);
        expect(walked.length).toBe(messages.length - large.length);
        expect(frames.filter(({ last }) => !last).length).toBe(large.length);
      }),
      { numRuns: 50 },
    );
  });

  test('a whole packet is a view of its chunk, a straddling one a copy', () => {
    const chunk = Buffer.concat([packets(Buffer.from('one'), 0), packets(Buffer.from('two'), 1)]);
    const decoder = packetDecoder('client');
    const [first] = decoder.push(chunk.subarray(0, chunk.length - 1));
    const [second] = decoder.push(chunk.subarray(chunk.length - 1));
    expect(first?.raw.buffer).toBe(chunk.buffer);
    expect(second?.payload.toString()).toBe('two');
  });

  test('a message of several packets is one message; an exact multiple ends with an empty packet', () => {
    const stream = Buffer.concat([packets(Buffer.alloc(MAX_PAYLOAD_BYTES, 7), 254), packets(Buffer.from('next'), 0)]);
    const whole = decode(packetDecoder('target'), [stream]);
    expect(whole[0]).toMatchObject({ first: true, last: false, sequence: 254, header: true, size: MAX_PAYLOAD_BYTES });
    expect(whole[0]?.raw.length).toBe(PART_BYTES);
    expect(whole.slice(1, 16).every(({ first, header, last }) => !first && !header && !last)).toBe(true);
    expect(whole.slice(-2).map(shape)).toEqual([
      [4, false, true, 255, true, 0, 0],
      [8, true, true, 0, true, 4, 4],
    ]);
    for (const step of [65_536, 1_000_003]) {
      const chunks = Array.from({ length: Math.ceil(stream.length / step) }, (_, index) =>
        stream.subarray(index * step, (index + 1) * step),
      );
      expect(decode(packetDecoder('target'), chunks).map(shape)).toEqual(whole.map(shape));
    }
    expect(Buffer.concat(whole.map(({ raw }) => raw)).equals(stream)).toBe(true);
  });

  test('a message of more than 1 GiB is refused before it is kept', () => {
    const decoder = packetDecoder('client');
    const part = packets(Buffer.alloc(MAX_PAYLOAD_BYTES), 0).subarray(0, MAX_PAYLOAD_BYTES + 4);
    expect(() => {
      for (let index = 0; index < 65; index += 1) for (const frame of decoder.push(part)) void frame;
    }).toThrow(ProtocolError);
  });
});

describe('captured streams', () => {
  const folder = new URL('../../../../test-fixtures/mysql/', import.meta.url);
  const names = readdirSync(folder).filter((name) => name.endsWith('.bin'));

  test.each(names)('%s: split at every byte, the frames are the same and add up to it', (name) => {
    const stream = readFileSync(new URL(name, folder));
    const side = name.includes('.client.') ? 'client' : 'target';
    const whole = decode(packetDecoder(side), [stream]);
    expect(Buffer.concat(whole.map(({ raw }) => raw)).equals(stream)).toBe(true);
    for (let at = 1; at < stream.length; at += 1) {
      const split = decode(packetDecoder(side), [stream.subarray(0, at), stream.subarray(at)]);
      expect(split.map(shape)).toEqual(whole.map(shape));
    }
    expect(
      decode(
        packetDecoder(side),
        cut(
          stream,
          Array.from(stream, (_, index) => index),
        ),
      ).map(shape),
    ).toEqual(whole.map(shape));
  });

  test('begin with a greeting and a response that encode as they were read', () => {
    for (const name of names.filter((one) => one.includes('.target.'))) {
      const [greeting] = decode(packetDecoder('target'), [readFileSync(new URL(name, folder))]);
      const read = decodeGreeting(greeting?.payload ?? Buffer.alloc(0));
      expect(decodeGreeting(encodeGreeting(read))).toEqual(read);
      const [response] = decode(packetDecoder('client'), [readFileSync(new URL(name.replace('.target.', '.client.'), folder))]);
      const said = decodeHandshakeResponse(response?.payload ?? Buffer.alloc(0));
      expect(decodeHandshakeResponse(encodeHandshakeResponse(said))).toEqual(said);
      expect(said.user).toBe('app');
    }
  });
});
