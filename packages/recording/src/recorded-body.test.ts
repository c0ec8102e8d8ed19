import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { RecordedBody, textOf } from './recorded-body.ts';

const body = (most: number, ...parts: readonly Buffer[]): RecordedBody => {
  const recorded = new RecordedBody(most);
  for (const data of parts) recorded.push({ type: 'body', at: 0, exchange: 0, from: 'target', data });
  return recorded;
};
const text = Buffer.from('{"note":"héllo"}'.repeat(20));

test.each([
  ['gzip', gzipSync(text)],
  ['deflate', deflateSync(text)],
  ['deflate', deflateRawSync(text)],
  ['br', brotliCompressSync(text)],
  ['zstd', zstdCompressSync(text)],
  ['gzip, br', brotliCompressSync(gzipSync(text))],
  ['identity', text],
  [undefined, text],
])('%s is undone', (coding, data) => {
  expect(body(1_000, data).content(coding)?.toString()).toBe(text.toString());
});

test.each(['gzip', 'deflate'])('%s that was cut off is shown as far as it goes', (coding) => {
  const lines = Buffer.from(Array.from({ length: 2_000 }, (_, at) => `line ${at * 7919}\n`).join(''));
  const whole = coding === 'gzip' ? gzipSync(lines) : deflateSync(lines);
  const shown =
    body(100_000, whole.subarray(0, whole.length / 2))
      .content(coding)
      ?.toString() ?? '';
  expect(shown.length).toBeGreaterThan(100);
  expect(lines.toString().startsWith(shown)).toBe(true);
});

test('what is unknown, damaged or unfolds to too much has no content', () => {
  expect(body(100, text).content('exi')).toBeUndefined();
  expect(body(1_000, text).content('gzip')).toBeUndefined();
  expect(body(10_000, gzipSync(Buffer.alloc(1_000_000))).content('gzip')).toBeUndefined();
  expect(body(1_000, text).content('gzip, gzip, gzip, gzip')).toBeUndefined();
});

test('no more than the bound is kept, and all of it is counted', () => {
  const recorded = body(5, Buffer.from('abc'), Buffer.from('defg'));
  expect(recorded.raw.toString()).toBe('abcde');
  expect(recorded).toMatchObject({ bytes: 7, recorded: 7, whole: false });
  recorded.push({ type: 'cut', at: 0, exchange: 0, from: 'target', bytes: 100, unrecorded: 93, sha256: 'ab' });
  expect(recorded).toMatchObject({ bytes: 100, recorded: 7, restSha256: 'ab' });
});

test('text is what reads as text, also where a character was cut', () => {
  expect(textOf(Buffer.from('h\u00e9'), undefined, false)).toBe('h\u00e9');
  expect(textOf(Buffer.from('h\u00e9').subarray(0, 2), undefined, true)).toBe('h');
  expect(textOf(Buffer.from('h\u00e9').subarray(0, 2), undefined, false)).toBeUndefined();
  expect(textOf(Buffer.from('h\u00e9', 'latin1'), 'text/plain; charset=ISO-8859-1', false)).toBe('h\u00e9');
  expect(textOf(Buffer.from('a\0'), 'text/plain', false)).toBeUndefined();
});
