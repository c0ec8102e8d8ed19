import fc from 'fast-check';
import { terminalText } from './terminal-text.ts';

const ESC = '\x1b';

test.each([
  ['plain text, tabs, line ends', 'a\tb\r\nc\b é 漢 \u{1f600}', 'a\tb\r\nc\b é 漢 \u{1f600}'],
  ['colours', `${ESC}[1;31mred${ESC}[0m${ESC}[38:2:1:2:3mx`, `${ESC}[1;31mred${ESC}[0m${ESC}[38:2:1:2:3mx`],
  ['cursor moves', `${ESC}[2A${ESC}[10;5H${ESC}[G`, `${ESC}[2A${ESC}[10;5H${ESC}[G`],
  ['a title', `a${ESC}]0;owned\x07b`, 'ab'],
  ['the clipboard', `a${ESC}]52;c;aGk=${ESC}\\b`, 'ab'],
  ['an OSC without an end', `a${ESC}]0;owned`, 'a'],
  ['DCS, APC, PM, SOS', `a${ESC}Pq#${ESC}\\b${ESC}_x${ESC}\\c${ESC}^y${ESC}\\d${ESC}Xz${ESC}\\e`, 'abcde'],
  ['eight-bit controls', 'a\x9b31mb\x9d0;t\x9cc\x85d\x90q\x9ce', 'abcde'],
  ['device queries and modes', `a${ESC}[6n${ESC}[c${ESC}[?1049h${ESC}[>4;2mb`, 'ab'],
  ['resets and character sets', `a${ESC}c${ESC}(0${ESC}#8b`, 'ab'],
  ['bell, shifts, null, delete', 'a\x07\x0e\x0f\x00\x7fb', 'ab'],
  ['an escape at the end', `a${ESC}`, 'a'],
  ['a sequence within a sequence', `a${ESC}[${ESC}]0;x\x07b`, 'ab'],
])('%s', (_, text, shown) => {
  expect(terminalText(text)).toBe(shown);
});

test('nothing but colours and cursor moves is left of any text, and once is enough', () => {
  const piece = fc.oneof(
    fc.constantFrom(ESC, `${ESC}[`, `${ESC}]`, '\x9b', '\x9d', '\x07', `${ESC}\\`, 'm', 'H', '3', ';', '?'),
    fc.string({ unit: 'binary' }),
  );
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const shown = terminalText(pieces.join(''));
      const bare = shown.split(ESC).map((part, i) => (i === 0 ? part : part.replace(/^\[[0-9;:]*[mABCDEFGHfd]/u, '')));
      expect([...bare.join('')].filter(isControl)).toEqual([]);
      expect(terminalText(shown)).toBe(shown);
    }),
  );
});

/** C0 without backspace, tab and line ends; delete; C1. */
function isControl(character: string): boolean {
  const code = character.codePointAt(0) ?? 0;
  return (code < 0x20 && ![8, 9, 10, 13].includes(code)) || (code >= 0x7f && code <= 0x9f);
}
