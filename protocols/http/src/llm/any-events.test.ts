import type { ContentMasks, FieldPlace } from '@sallyport/core';
import fc from 'fast-check';
import { findWords } from '../../test/find-words.ts';
import { eventsMask } from './any-events.ts';

const TEXT: ContentMasks = { text: findWords, fields: undefined };
const CLEAR: FieldPlace = { mask: undefined, clear: true, member: () => CLEAR, element: () => CLEAR };
const FIELDS: ContentMasks = { text: undefined, fields: { root: CLEAR } };

function masked(chunks: readonly (Buffer | string)[], masks = TEXT): string {
  const stream = eventsMask(masks, () => {});
  return Buffer.concat([...chunks.map((chunk) => stream.push(Buffer.from(chunk))), stream.flush()]).toString();
}

const piece = fc.constantFrom(
  'data: ',
  'data:',
  'id: 7',
  'event: x',
  ': hello',
  '\n',
  '\r\n',
  '\r',
  '\n\n',
  'bob@example.com',
  '{"a":"bob@example.com"}',
  '4111111111111111',
  '[1,',
  'é',
  '\u{feff}',
);

test('is the same however the stream is cut, and byte for byte where nothing is found', () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), fc.integer({ min: 1, max: 9 }), (pieces, size) => {
      const bytes = Buffer.from(pieces.join(''));
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) => bytes.subarray(index * size, (index + 1) * size));
      const once = masked([bytes]);
      expect(masked(chunks)).toBe(once);
      expect(once).not.toMatch(/\bbob@example\.com\b(?![\w@.+-])|(?<![\w@.+-])4111111111111111(?![\w@.+-])/);
      const plain = bytes.toString().replaceAll(/bob@example\.com|4111111111111111/g, 'x y');
      expect(masked([plain])).toBe(plain);
    }),
    { numRuns: 1000 },
  );
});

test('data is masked as JSON where it is that, over all its lines, and as a text otherwise', () => {
  expect(masked(['data: {"to":\ndata: "bob\\u0040example.com"}\n\n'])).toBe('data: {"to":\ndata: "***"}\n\n');
  expect(masked(['data: 4111111111111111 is mine\n\n'])).toBe('data: *** is mine\n\n');
  expect(masked(['data: {"to": bob@example.com\n\n'])).toBe('data: {"to": ***\n\n');
  expect(masked([': bob@example.com\nid: bob@example.com\nx\n\n'])).toBe(': ***\nid: ***\nx\n\n');
});

test('where places are masked, data that breaks off is refused, and words are not', () => {
  expect(() => masked(['data: {"to": "bo\n\n'], FIELDS)).toThrow('The target sent an event whose data is broken JSON');
  expect(masked(['data: [DONE]\n\ndata: hello\n\n'], FIELDS)).toBe('data: [DONE]\n\ndata: hello\n\n');
});

test('an event leaves with the push that completes it', () => {
  const stream = eventsMask(TEXT, () => {});
  expect(stream.push(Buffer.from('data: a\n')).toString()).toBe('');
  expect(stream.push(Buffer.from('\ndata: b')).toString()).toBe('data: a\n\n');
});
