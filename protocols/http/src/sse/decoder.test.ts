import { ProtocolError } from '@sallyport/core';
import fc from 'fast-check';
import { EventDecoder } from './decoder.ts';
import { encodeEvent, rewritten } from './encoder.ts';
import { dataOf, eolOf, fieldOf, type ServerSentEvent } from './event.ts';

function decoded(chunks: readonly Buffer[], limit?: number): ServerSentEvent[] {
  const decoder = new EventDecoder(limit);
  const events = chunks.flatMap((chunk) => decoder.push(chunk));
  const rest = decoder.flush();
  return rest === undefined ? events : [...events, rest];
}

const eol = fc.constantFrom('\n', '\r\n', '\r');
const line = fc.oneof(
  fc.tuple(fc.constantFrom('data', 'event', 'id', 'retry', '', 'x'), fc.constantFrom(':', ': ', ':  '), fc.string({ maxLength: 8 })),
  fc.tuple(fc.constantFrom('data', 'odd'), fc.constant(''), fc.constant('')),
);
/** Text made of lines with ends of every kind, so that events, empty ones and an unfinished one are among it. */
const stream = fc
  .array(fc.tuple(fc.oneof({ weight: 2, arbitrary: line.map((parts) => parts.join('')) }, { weight: 1, arbitrary: fc.constant('') }), eol))
  .map((lines) => Buffer.from(lines.flat().join('')));

/** What is there to be read, by the lines of the specification alone. */
function read(bytes: Buffer): string[] {
  const text = bytes.toString('latin1').replace(/^\xef\xbb\xbf/, '');
  const blocks: string[][] = [[]];
  for (const part of text.split(/\r\n|\r|\n/)) {
    if (part === '') blocks.push([]);
    else blocks.at(-1)?.push(part);
  }
  return blocks
    .map((lines) => lines.filter((part) => /^data(:|$)/.test(part)).map((part) => part.replace(/^data:? ?/, '')))
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'));
}

function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0, index = 0; at < bytes.length; index += 1) {
    const size = sizes[index % sizes.length] ?? 1;
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 });

test('leads and raws are the bytes that came, however they were cut, and data is what the specification says', () => {
  fc.assert(
    fc.property(stream, sizes, fc.boolean(), (bytes, parts, marked) => {
      const all = marked ? Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes]) : bytes;
      const events = decoded(cut(all, parts));
      expect(Buffer.concat(events.flatMap(({ lead, raw }) => [lead, raw]))).toEqual(all);
      expect(Buffer.concat(events.flatMap(({ lines, end }) => [...lines.flatMap((each) => [each.raw, each.eol]), end])).length).toBe(
        events.reduce((sum, { raw }) => sum + raw.length, 0),
      );
      const found = events.map((event) => dataOf(event)?.toString('latin1')).filter((data) => data !== undefined);
      expect(found).toEqual(read(all));
      expect(found).toEqual(
        decoded([all])
          .map((event) => dataOf(event)?.toString('latin1'))
          .filter((data) => data !== undefined),
      );
    }),
    { numRuns: 1000 },
  );
});

test('an event is there in the push that brings its empty line', () => {
  const decoder = new EventDecoder();
  expect(decoder.push(Buffer.from('event: a\r\nid: 7\r\ndata: x\r\ndata: y\r\n\r')).map((event) => dataOf(event)?.toString())).toEqual([
    'x\ny',
  ]);
  expect(decoder.push(Buffer.from('\ndata: z\n'))).toEqual([]);
  const [event] = decoder.push(Buffer.from('\n')) as [ServerSentEvent];
  expect([event.lead.toString(), dataOf(event)?.toString(), eolOf(event).toString()]).toEqual(['\n', 'z', '\n']);
  expect(decoder.flush()).toBeUndefined();
});

test('the last line of a field counts, and a comment has no field', () => {
  const [event] = decoded([Buffer.from(': event: no\nevent: a\nevent: b\nid\n\n')]) as [ServerSentEvent];
  expect([fieldOf(event, 'event'), fieldOf(event, 'id'), fieldOf(event, 'data'), event.lines[0]?.field]).toEqual(['b', '', undefined, '']);
});

test('an event above the limit is refused before it is kept', () => {
  expect(() => decoded([Buffer.from('data: 1234567\n')], 12)).toThrow(ProtocolError);
  expect(() => decoded([Buffer.from('data: 12'), Buffer.from('345\n\n')], 12)).toThrow('The target sent an event of more than 12 bytes.');
  expect(decoded([Buffer.from('data: 1234\n\ndata: 5678\n\n')], 12)).toHaveLength(2);
});

test('other data takes the place and the manner of the lines before it', () => {
  const again = (text: string, data: string) => {
    const [event] = decoded([Buffer.from(text)]) as [ServerSentEvent];
    return rewritten(event, Buffer.from(data), () => undefined).toString();
  };
  expect(again('data:a\r\nid: 1\r\ndata:b\r\n\r\n', 'c\nd')).toBe('data:c\r\nid: 1\r\ndata:d\r\n\r\n');
  expect(again('data: a\nid: 1\ndata: b\n\n', 'c')).toBe('data: c\nid: 1\n\n');
  expect(again('data: a\n\n', 'b\r\nc\rd')).toBe('data: b\ndata: c\ndata: d\n\n');
  expect(again('data:a\n\n', ' b')).toBe('data:  b\n\n');
  expect(again('data: a', 'b\nc')).toBe('data: b\ndata: c');
  expect(again('data\n\n', 'x')).toBe('data: x\n\n');
});

test('what is written can be read, whatever the data', () => {
  fc.assert(
    fc.property(stream, fc.string(), fc.boolean(), (bytes, text, changes) => {
      const line = changes ? (raw: Buffer) => (raw.includes('x') ? Buffer.from('x: y\nz') : undefined) : () => undefined;
      for (const event of decoded([bytes])) {
        const data = dataOf(event);
        if (data === undefined || event.end.length === 0) continue;
        const [again, ...more] = decoded([rewritten(event, Buffer.from(text), line)]) as [ServerSentEvent];
        expect(more).toEqual([]);
        expect(dataOf(again)?.toString()).toBe(text.replaceAll(/\r\n|\r/g, '\n'));
        if (!changes) expect(rewritten(event, data, line)).toBe(event.raw);
      }
    }),
    { numRuns: 500 },
  );
  const [event] = decoded([encodeEvent({ name: 'ping', data: '{}' }, '\r\n')]) as [ServerSentEvent];
  expect([fieldOf(event, 'event'), dataOf(event)?.toString()]).toEqual(['ping', '{}']);
});
