import { makeMask } from '../method.ts';
import { Pattern } from './pattern.ts';
import { RulesMask } from './text-mask.ts';

const keys = { hashKey: Buffer.alloc(32, 7), tokenKey: Buffer.alloc(32, 8) };
const maskBy = (...patterns: string[]) =>
  new RulesMask([
    { mask: makeMask({ name: 'r', method: 'redact' }, keys), detectors: [], patterns: patterns.map((text) => new Pattern(text)) },
  ]);

const masked = (pattern: string, text: string | Buffer) => {
  const bytes = Buffer.from(text as string);
  return (maskBy(pattern).value(bytes, 0, bytes.length, () => {}) ?? bytes).toString('latin1');
};

test.each([
  ['HX-[0-9]{8}', 'a HX-12345678 b HX-1 HX-00000000', 'a [redacted] b HX-1 [redacted]'],
  ['(?i)hx-\\d+', 'hX-1', '[redacted]'],
  ['^ab', 'abab', '[redacted]ab'],
  ['ab$', 'abab', 'ab[redacted]'],
  ['\\bab\\b', 'ab xab ab', '[redacted] xab [redacted]'],
])('%s in %s', (pattern, text, expected) => expect(masked(pattern, text)).toBe(expected));

test('characters of other scripts count as one, and bytes that are none survive', () => {
  expect(masked('x.y', 'x漢y')).toBe('[redacted]');
  expect(masked('HX-1', Buffer.from('\xffHX-1\xc3', 'latin1'))).toBe('\xff[redacted]\xc3');
});

test('a match is found wherever it stands in a long text, also across windows', () => {
  for (let before = 4080; before < 4110; before += 1) {
    const text = `${'-'.repeat(before)}HX-12345678${'-'.repeat(9000)}HX-12345678`;
    expect(masked('HX-[0-9]{8}', text)).toBe(text.replaceAll('HX-12345678', '[redacted]'));
  }
  const long = 'x'.repeat(4096);
  for (const before of [0, 1, 4095, 4096, 5000])
    expect(masked('x+', `${'-'.repeat(before)}${long}.`)).toBe(`${'-'.repeat(before)}[redacted].`);
});

test.each([
  ['a(b', 'is no pattern: missing closing )'],
  ['(?<=a)b', 'is no pattern'],
  ['(a)\\1', 'is no pattern: invalid escape sequence'],
  ['a*', 'matches the empty text'],
  ['[a-z]{900}[a-z]{900}[a-z]{900}', 'too large'],
])('%s is refused', (pattern, why) => expect(() => new Pattern(pattern)).toThrow(why));
