import { type ExchangeItem, LONGEST_RECORDED_MESSAGE, ProtocolError, type RecordedFrames, type Side } from '@sallyport/core';
import fc from 'fast-check';
import { decodeRecording } from './decode-recording.ts';
import { type ExchangeMessage, ExchangeMessageDecoder, encodeMessage } from './message.ts';

const uint32 = fc.integer({ min: 0, max: 0xffffffff });
const data = fc.uint8Array({ minLength: 1, maxLength: 100 }).map((bytes) => Buffer.from(bytes));
const word = fc.stringMatching(/^[a-z-]{1,12}$/);
const value = fc.stringMatching(/^[ -~\u00a0-\u00ff]{0,20}$/);
const fields = fc.array(fc.tuple(word, value), { maxLength: 4 });
const sha256 = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes));
const message: fc.Arbitrary<ExchangeMessage> = fc.oneof(
  fc.record({ type: fc.constantFrom('request', 'response'), exchange: uint32, line: value, fields }),
  fc.record({ type: fc.constant('judged'), exchange: uint32, command: uint32 }),
  fc.record({ type: fc.constant('data'), exchange: uint32, data }),
  fc.record({ type: fc.constant('end'), exchange: uint32, bytes: fc.maxSafeNat(), unrecorded: fc.maxSafeNat(), sha256 }),
  fc.record({ type: fc.constant('trailers'), exchange: uint32, fields }),
  fc.record({ type: fc.constant('websocket'), exchange: uint32, opcode: fc.nat(15), data }),
) as fc.Arbitrary<ExchangeMessage>;
const sizes = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 8 });

function* cut(bytes: Buffer, at: readonly number[]): Generator<Buffer> {
  for (let from = 0, index = 0; from < bytes.length; index += 1) {
    const size = at[index % at.length] ?? 1;
    yield bytes.subarray(from, from + size);
    from += size;
  }
}

function decoded(bytes: Buffer, at: readonly number[]): ExchangeMessage[] {
  const decoder = new ExchangeMessageDecoder();
  return [...cut(bytes, at)].flatMap((chunk) => [...decoder.push(chunk)]);
}

async function items(frames: Iterable<readonly [Side, Buffer]>): Promise<ExchangeItem[]> {
  async function* recorded(): AsyncGenerator<RecordedFrames> {
    for (const [from, bytes] of frames) yield { from, at: 1_000, data: bytes };
  }
  const all: ExchangeItem[] = [];
  for await (const item of decodeRecording(recorded())) all.push(item);
  return all;
}

test('what is encoded is decoded, however the bytes are cut', () => {
  fc.assert(
    fc.property(fc.array(message, { maxLength: 8 }), sizes, (messages, at) =>
      expect(decoded(Buffer.concat(messages.map(encodeMessage)), at)).toEqual(messages),
    ),
    { numRuns: 500 },
  );
});

test('every cut of a recording gives the same items, and a torn tail is left out', async () => {
  const said: readonly ExchangeMessage[] = [
    { type: 'request', exchange: 0, line: 'PUT /orders/7 HTTP/1.1', fields: [['host', 'shop']] },
    { type: 'judged', exchange: 0, command: 1 },
    { type: 'data', exchange: 0, data: Buffer.from('{"state":"paid"}') },
    { type: 'end', exchange: 0, bytes: 20, unrecorded: 4, sha256: Buffer.alloc(32, 1) },
    { type: 'trailers', exchange: 0, fields: [['checksum', 'x: y']] },
    { type: 'websocket', exchange: 1, opcode: 1, data: Buffer.from('hi') },
  ];
  const bytes = Buffer.concat(said.map(encodeMessage));
  const whole = await items([['client', bytes]]);
  expect(whole).toEqual([
    { type: 'request', at: 1_000, exchange: 0, line: 'PUT /orders/7 HTTP/1.1', fields: [['host', 'shop']] },
    { type: 'judged', at: 1_000, exchange: 0, command: 1 },
    { type: 'body', at: 1_000, exchange: 0, from: 'client', data: Buffer.from('{"state":"paid"}') },
    { type: 'cut', at: 1_000, exchange: 0, from: 'client', bytes: 20, unrecorded: 4, sha256: '01'.repeat(32) },
    { type: 'trailers', at: 1_000, exchange: 0, from: 'client', fields: [['checksum', 'x: y']] },
    { type: 'websocket', at: 1_000, exchange: 1, from: 'client', opcode: 1, data: Buffer.from('hi') },
  ]);
  const ends = said.map((_, index) => Buffer.concat(said.slice(0, index + 1).map(encodeMessage)).length);
  for (let at = 0; at <= bytes.length; at += 1) {
    const head = ['client', bytes.subarray(0, at)] as const;
    expect(await items([head, ['client', bytes.subarray(at)]])).toEqual(whole);
    expect(await items([head])).toEqual(whole.slice(0, ends.filter((end) => end <= at).length));
  }
});

test('the two sides do not disturb each other', async () => {
  const request = encodeMessage({ type: 'data', exchange: 0, data: Buffer.from('asked') });
  const answer = encodeMessage({ type: 'data', exchange: 0, data: Buffer.from('answered') });
  const found = await items([
    ['client', request.subarray(0, 7)],
    ['target', answer.subarray(0, 3)],
    ['client', request.subarray(7)],
    ['target', answer.subarray(3)],
  ]);
  expect(found.map((item) => (item.type === 'body' ? `${item.from}: ${item.data}` : ''))).toEqual(['client: asked', 'target: answered']);
});

test('random bytes throw ProtocolError only', () => {
  const noise = fc.oneof(
    fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes)),
    fc.tuple(message, fc.nat(), fc.nat(255)).map(([whole, at, byte]) => {
      const bytes = Buffer.from(encodeMessage(whole));
      bytes[at % bytes.length] = byte;
      return bytes;
    }),
  );
  fc.assert(
    fc.property(fc.array(noise, { maxLength: 4 }), sizes, (parts, at) => {
      try {
        decoded(Buffer.concat(parts), at);
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolError);
      }
    }),
    { numRuns: 1000 },
  );
});

test('a length above the cap is refused before its bytes come', () => {
  const decoder = new ExchangeMessageDecoder();
  const length = Buffer.alloc(4);
  length.writeUInt32BE(LONGEST_RECORDED_MESSAGE + 1);
  expect(() => [...decoder.push(length)]).toThrow(ProtocolError);
});

test('data above the cap is several messages', () => {
  const bytes = Buffer.alloc(LONGEST_RECORDED_MESSAGE * 2.5, 'x');
  const messages = decoded(encodeMessage({ type: 'data', exchange: 3, data: bytes }), [1 << 16]);
  expect(messages.length).toBe(3);
  expect(Buffer.concat(messages.map((each) => (each.type === 'data' ? each.data : Buffer.alloc(0)))).equals(bytes)).toBe(true);
});
