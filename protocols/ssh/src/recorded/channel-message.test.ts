import { LONGEST_RECORDED_MESSAGE, ProtocolError } from '@sallyport/core';
import fc from 'fast-check';
import { type ChannelMessage, ChannelMessageDecoder, encodeChannelMessage, encodeOutput } from './channel-message.ts';

const uint32 = fc.integer({ min: 0, max: 0xffffffff });
const name = fc.string({ unit: 'grapheme', maxLength: 20 });
const data = fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes));
const message: fc.Arbitrary<ChannelMessage> = fc.oneof(
  fc.record({ type: fc.constantFrom('data', 'stderr'), channel: uint32, data }),
  fc.record({ type: fc.constantFrom('eof', 'close', 'shell'), channel: uint32 }),
  fc.record({ type: fc.constant('pty'), channel: uint32, term: name, columns: uint32, rows: uint32 }),
  fc.record({ type: fc.constant('window'), channel: uint32, columns: uint32, rows: uint32 }),
  fc.record({ type: fc.constant('exec'), channel: uint32, command: data }),
  fc.record({ type: fc.constantFrom('subsystem', 'signal', 'exit-signal'), channel: uint32, name }),
  fc.record({ type: fc.constant('exit-status'), channel: uint32, status: uint32 }),
  fc.record({ type: fc.constant('late'), channel: uint32, milliseconds: uint32 }),
) as fc.Arbitrary<ChannelMessage>;

function decoded(bytes: Buffer, sizes: readonly number[]): ChannelMessage[] {
  const decoder = new ChannelMessageDecoder();
  const messages: ChannelMessage[] = [];
  for (let at = 0, index = 0; at < bytes.length; index += 1) {
    const size = sizes[index % sizes.length] ?? 1;
    messages.push(...decoder.push(bytes.subarray(at, at + size)));
    at += size;
  }
  return messages;
}

const sizes = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 8 });

test('what is encoded is decoded, however the bytes are cut', () => {
  fc.assert(
    fc.property(fc.array(message, { maxLength: 8 }), sizes, (messages, cuts) =>
      expect(decoded(Buffer.concat(messages.map(encodeChannelMessage)), cuts)).toEqual(messages),
    ),
    { numRuns: 500 },
  );
});

test('output is encoded as any message, of whatever length', () => {
  const output = fc.record({
    type: fc.constantFrom('data', 'stderr'),
    channel: uint32,
    data: fc.oneof(
      data,
      data.map((some) => Buffer.concat([some, Buffer.alloc(200_000)])),
    ),
  });
  fc.assert(
    fc.property(output, ({ type, channel, data: said }) =>
      expect(encodeOutput(type, channel, said).equals(encodeChannelMessage({ type, channel, data: said }))).toBe(true),
    ),
  );
});

test('messages are those of RFC 4254, behind their length', () => {
  const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');
  expect(encodeChannelMessage({ type: 'data', channel: 1, data: Buffer.from('hi') })).toEqual(bytes('0000000b 5e 00000001 00000002 6869'));
  expect(encodeChannelMessage({ type: 'stderr', channel: 0, data: Buffer.from('!') })).toEqual(
    bytes('0000000e 5f 00000000 00000001 00000001 21'),
  );
  expect(encodeChannelMessage({ type: 'eof', channel: 2 })).toEqual(bytes('00000005 60 00000002'));
  expect(encodeChannelMessage({ type: 'exec', channel: 0, command: Buffer.from('id') })).toEqual(
    bytes('00000014 62 00000000 00000004 65786563 00 00000002 6964'),
  );
  expect(encodeChannelMessage({ type: 'window', channel: 0, columns: 80, rows: 24 }).subarray(-17)).toEqual(
    bytes('00 00000050 00000018 00000000 00000000'),
  );
});

test('random bytes throw ProtocolError only', () => {
  const noise = fc.oneof(
    fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes)),
    fc.tuple(message, fc.nat(), fc.nat(255)).map(([whole, at, byte]) => {
      const bytes = Buffer.from(encodeChannelMessage(whole));
      bytes[at % bytes.length] = byte;
      return bytes;
    }),
  );
  fc.assert(
    fc.property(fc.array(noise, { maxLength: 4 }), sizes, (parts, cuts) => {
      try {
        decoded(Buffer.concat(parts), cuts);
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolError);
      }
    }),
    { numRuns: 1000 },
  );
});

test('a length above the cap is refused before its bytes come', () => {
  const decoder = new ChannelMessageDecoder();
  const length = Buffer.alloc(4);
  length.writeUInt32BE(LONGEST_RECORDED_MESSAGE + 1);
  expect(() => [...decoder.push(length)]).toThrow(ProtocolError);
});

test('data above the cap is several messages', () => {
  const data = Buffer.alloc(LONGEST_RECORDED_MESSAGE * 2.5, 'x');
  const messages = decoded(encodeChannelMessage({ type: 'data', channel: 3, data }), [1 << 16]);
  expect(messages.length).toBe(3);
  const together = Buffer.concat(messages.map((each) => (each.type === 'data' ? each.data : Buffer.alloc(0))));
  expect(together.equals(data)).toBe(true);
});
