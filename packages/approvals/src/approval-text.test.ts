import fc from 'fast-check';
import { MAX_COMMAND_CHARACTERS, showDuration, showLine, showText } from './approval-text.ts';

test.each([
  ['plain text and its lines stay', 'SELECT 1;\n\tSELECT 2', 'SELECT 1;\n\tSELECT 2'],
  ['letters of any script and emoji stay', 'größe 名前 😀', 'größe 名前 😀'],
  ['controls', 'a\u0000\r\u001b[2J\u009b', 'a\\u{0}\\u{d}\\u{1b}[2J\\u{9b}'],
  ['bidirectional overrides and isolates', '\u202e\u2066\u200f\u061c', '\\u{202e}\\u{2066}\\u{200f}\\u{61c}'],
  ['what has no width', '\u200b\u200d\ufeff\u00ad\u3164\ufe0f', '\\u{200b}\\u{200d}\\u{feff}\\u{ad}\\u{3164}\\u{fe0f}'],
  ['spaces that are none to a parser', 'DROP\u00a0TABLE\u2028', 'DROP\\u{a0}TABLE\\u{2028}'],
  ['tags, private and lone halves', '\u{e0041}\ue000\ud800', '\\u{e0041}\\u{e000}\\u{d800}'],
])('%s', (_, text, shown) => {
  expect(showText(text)).toBe(shown);
});

test('a line has no breaks', () => {
  expect(showLine('a\nb\tc')).toBe('a\\u{a}b\\u{9}c');
});

test('what is cut is counted, and no pair is split', () => {
  const text = `${'x'.repeat(MAX_COMMAND_CHARACTERS - 1)}😀; DROP TABLE x`;
  expect(showText(text)).toBe(`${'x'.repeat(MAX_COMMAND_CHARACTERS - 1)} … [16 of ${text.length} characters are not shown]`);
});

test('nothing deceptive ever comes through, and harmless text comes through whole', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
      expect(showLine(text)).not.toMatch(/[\p{Cc}\u061c\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/u);
    }),
  );
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', ' ', "'", '\\', ';', 'é'), maxLength: 60 }), (text) =>
      expect(showLine(text)).toBe(text),
    ),
  );
});

test.each([
  [1, '1s'],
  [30_000, '30s'],
  [90_000, '90s'],
  [600_000, '10m'],
  [3_600_000, '1h'],
  [5_400_000, '90m'],
  [172_800_000, '2d'],
])('%d ms are %s', (ms, text) => {
  expect(showDuration(ms)).toBe(text);
});
