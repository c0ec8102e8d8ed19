import { type ContentMasks, ProtocolError } from '@sallyport/core';
import fc from 'fast-check';
import { inPieces, masksOf } from '../../test/body-masks.ts';
import { pieceSizes, someJson, someText } from '../../test/json-documents.ts';
import { type BodyMaskOptions, bodyMask } from './body-mask.ts';

const forms = masksOf({ detect: ['email', 'us-ssn', 'api-key'] });
const fields = masksOf({ fields: ['$.card', '$..hide'] });
const both: ContentMasks = { text: forms.text, fields: fields.fields };
let opaque = 0;
const options: BodyMaskOptions = {
  side: 'target',
  opaque: (bytes) => {
    opaque += bytes;
  },
};
beforeEach(() => {
  opaque = 0;
});

const maskFor = (type: string | undefined, masks: ContentMasks = both, by = options) => bodyMask(type, masks, () => {}, by);

function masked(type: string | undefined, body: string, sizes: readonly number[] = [body.length + 1], masks: ContentMasks = both): string {
  const mask = maskFor(type, masks);
  if (mask === undefined || mask === 'opaque') return String(mask);
  return Buffer.from(inPieces(mask, Buffer.from(body), sizes), 'latin1').toString();
}

test.each([
  'application/json',
  'Application/JSON; charset=utf-8',
  'application/problem+json',
  'application/vnd.github.v3+json; charset="UTF-8"',
  'application/x-ndjson',
  'application/json-seq',
  'text/json',
])('%s is JSON', (type) => expect(masked(type, '{"card":"1","a":"a\\u0040b.com"}')).toBe('{"card":"[redacted]","a":"[redacted]"}'));

test.each([
  undefined,
  '',
  'nonsense',
  'text/plain',
  'text/html; charset=iso-8859-1',
  'application/xml',
  'image/svg+xml',
  'application/javascript',
  'application/graphql',
  'application/x-yaml',
  'text/event-stream',
  'text/x-shellscript; charset=binary',
  'application/vnd.github.raw; charset=utf-8',
  'application/vnd.github.v3.diff',
  'application/vnd.own; charset=utf-8',
])('%s is a text', (type) => {
  expect(masked(type, 'mail a@b.com or {"card":"1"}')).toBe('mail [redacted] or {"card":"1"}');
  expect(maskFor(type, fields)).toBeUndefined();
});

test.each([
  'application/octet-stream',
  'image/png',
  'application/pdf',
  'application/grpc+proto',
  'application/x-gzip; charset=binary',
  'application/zip',
  'video/mp4',
])('%s is opaque', (type) => expect(maskFor(type)).toBe('opaque'));

test('without a rule there is no mask', () => expect(maskFor('application/json', { text: undefined, fields: undefined })).toBeUndefined());

test.each(['text/plain; charset=utf-16', 'application/json;charset="UTF-16LE"', 'text/html; charset=utf-7', 'text/plain; charset=x-none'])(
  'what cannot be searched is refused: %s',
  (type) => expect(() => maskFor(type)).toThrow(/is a text in .*, in which nothing can be masked/),
);

test('a text that begins as UTF-16 does is refused, whatever it says', () => {
  for (const size of [1, 2, 50])
    expect(() => inPieces(maskFor('text/plain') as never, Buffer.from('\ufeffa@b.com', 'utf16le'), [size])).toThrow('UTF-16');
  expect(masked('text/plain', '\ufeffa@b.com', [1])).toBe('\ufeff[redacted]');
});

test('a stream of events has its own mask', () => {
  const stream = { push: (bytes: Buffer) => bytes, flush: () => Buffer.alloc(0) };
  expect(maskFor('text/event-stream; charset=utf-8', both, { ...options, events: () => stream })).toBe(stream);
});

describe('multipart', () => {
  const FORM = 'multipart/form-data; boundary="x y"';
  const part = (head: string, body: string) => `--x y\r\n${head}\r\n\r\n${body}\r\n`;
  const form = (...parts: readonly string[]) => `${parts.join('')}--x y--\r\n`;

  test.each([
    [
      'a field',
      part('Content-Disposition: form-data; name="a"', 'a@b.com'),
      part('Content-Disposition: form-data; name="a"', '[redacted]'),
    ],
    [
      'a masked one',
      part('content-disposition: form-data; name=card', '1\r\n--x'),
      part('content-disposition: form-data; name=card', '[redacted]'),
    ],
    ['an empty one', part('Content-Disposition: form-data; name="b"', ''), part('Content-Disposition: form-data; name="b"', '')],
    [
      'JSON',
      part('Content-Disposition: form-data; name="j"\r\nContent-Type: application/json', '{"hide":["x"],"m":"a\\u0040b.com"}'),
      part('Content-Disposition: form-data; name="j"\r\nContent-Type: application/json', '{"hide":["[redacted]"],"m":"[redacted]"}'),
    ],
    [
      'a text file with an address for its name',
      part('Content-Disposition: form-data; name="f"; filename="of a@b.com"\r\nContent-Type: text/plain', '219-09-9999'),
      part('Content-Disposition: form-data; name="f"; filename="of [redacted]"\r\nContent-Type: text/plain', '[redacted]'),
    ],
    [
      'a picture',
      part('Content-Disposition: form-data; name="p"; filename="p.png"\r\nContent-Type: image/png', 'a@b.com\r\n--x\r\n-'),
      part('Content-Disposition: form-data; name="p"; filename="p.png"\r\nContent-Type: image/png', 'a@b.com\r\n--x\r\n-'),
    ],
    ['no head', '--x y\r\n\r\na@b.com\r\n', '--x y\r\n\r\n[redacted]\r\n'],
    ['nothing at all', '--x y\r\n\r\n--x y\r\nA: b\r\n\r\n', '--x y\r\n\r\n--x y\r\nA: b\r\n\r\n'],
    [
      'nothing at all, and a picture',
      '--x y\r\n\r\n--x y\r\nContent-Type: image/png\r\n\r\na@b.com\r\n',
      '--x y\r\n\r\n--x y\r\nContent-Type: image/png\r\n\r\na@b.com\r\n',
    ],
    ['something before', `a@b.com\r\n${part('A: b', 'c')}`, `[redacted]\r\n${part('A: b', 'c')}`],
    ['white space behind a boundary', '--x y \t\r\nA: b\r\n\r\na@b.com\r\n', '--x y \t\r\nA: b\r\n\r\n[redacted]\r\n'],
  ])('%s', (_name, body, expected) => {
    for (let size = 1; size < 40; size += 1)
      expect(masked(FORM, `${form(body)}after a@b.com`, [size])).toBe(`${form(expected)}after [redacted]`);
  });

  test.each([1, 7, 1000])('bytes of binary parts and of those with a coding of their own are counted, in pieces of %d', (size) => {
    const encoded = part('Content-Type: text/plain\r\nContent-Transfer-Encoding: base64', 'eA==');
    masked(FORM, form(part('Content-Type: image/png', 'x\r\ny'), part('A: b', 'text'), encoded), [size]);
    expect(opaque).toBe(8);
  });

  test('parts within parts', () => {
    const inner = '--i\r\nContent-Type: application/json\r\n\r\n{"hide":1}\r\n--i--';
    const body = form(part('Content-Type: multipart/mixed; boundary=i', inner));
    for (const size of [1, 13, 1000])
      expect(masked('multipart/mixed; boundary="x y"', body, [size])).toBe(body.replace('{"hide":1}', '{"hide":null}'));
  });

  test('parts that are nested without end are refused', () => {
    const nested = (depth: number): string =>
      depth === 0
        ? 'a@b.com'
        : `--b${depth}\r\nContent-Type: ${depth === 1 ? 'text/plain' : `multipart/mixed; boundary=b${depth - 1}`}\r\n\r\n${nested(depth - 1)}\r\n--b${depth}--`;
    expect(masked('multipart/mixed; boundary=b4', nested(4))).toBe(nested(4).replace('a@b.com', '[redacted]'));
    expect(() => masked('multipart/mixed; boundary=b6', nested(6))).toThrow('more than 4 deep');
  });

  test.each([
    ['multipart/form-data', form()],
    ['multipart/mixed; boundary=""', form()],
    [FORM, '--x yz\r\n\r\na\r\n--x y--'],
    [FORM, '--x y\n\na\n--x y--\n'],
    [FORM, form(part('A: b\nContent-Type: image/png', 'x'))],
    [FORM, form(part('no colon', 'x'))],
    [FORM, form(part('Content-Type: text/plain\r\nContent-Type: image/png', 'x'))],
    [FORM, `--x y\r\nA: b\r\n--x y\r\n\r\n\r\n`],
    [FORM, `--x y\r\nA: ${'b'.repeat(20_000)}`],
    [FORM, form(part('Content-Type: text/plain; charset=utf-16', 'x'))],
  ])('what can be read in several ways is refused: %s %#', (type, body) => expect(() => masked(type, body)).toThrow(ProtocolError));

  const somePart = fc.oneof(
    someText.map((text) => part('Content-Disposition: form-data; name="a"', text)),
    someText.map((text) => part('Content-Disposition: form-data; name="card"', text)),
    someJson.map((json) => part('Content-Type: application/json', json)),
    someText.map((text) => part('Content-Type: image/png', text)),
    fc.constantFrom('--x y\r\n', '\r\n', '--', 'Content-Type: a/b\r\n', '\r', '--x'),
  );
  const outcome = (body: string, sizes: readonly number[]) => {
    try {
      return masked(FORM, body, sizes);
    } catch (error) {
      expect(error).toBeInstanceOf(ProtocolError);
      return 'refused';
    }
  };

  test('law: however it is cut, it comes out the same; nothing but refusals is thrown', () => {
    fc.assert(
      fc.property(fc.array(somePart, { maxLength: 5 }), pieceSizes, (parts, sizes) =>
        expect(outcome(form(...parts), sizes)).toBe(outcome(form(...parts), [1 << 20])),
      ),
      { numRuns: 500 },
    );
  });
});

test('law: bodies of any type throw nothing but refusals', () => {
  const type = fc.constantFrom(
    'application/json',
    'application/x-www-form-urlencoded',
    'multipart/mixed; boundary=a',
    'text/plain',
    'text/xml',
  );
  fc.assert(
    fc.property(type, fc.uint8Array({ maxLength: 80 }), pieceSizes, (contentType, bytes, sizes) => {
      try {
        inPieces(maskFor(contentType) as never, Buffer.from(bytes), sizes);
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolError);
      }
    }),
    { numRuns: 500 },
  );
});
