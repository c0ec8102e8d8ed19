import fc from 'fast-check';
import { TerminalFilter } from './terminal-filter.ts';

const ALLOWED = new RegExp(
  [
    '[^\\x00-\\x1f\\x7f-\\x9f]',
    '[\\b\\t\\n\\r]',
    '\\x1b[78DEM]',
    '\\x1b\\[[0-9;:]*[@A-MPSTXZ`abdefmrsu]',
    '\\x1b\\[4[hl]',
    '\\x1b\\[\\?(?:6|7|25|47|1047|1048|1049)[hl]',
  ].join('|'),
  'gu',
);
const PIECES = [
  'text',
  'é😀',
  '\x1b',
  '\x1b[',
  '\x1b[1;31m',
  '\x1b[6n',
  '\x1b[c',
  '\x1b[?1049h',
  '\x1b[?1049;2004;1000h',
  '\x1b[8;50;50t',
  '\x1b[>4;2m',
  '\x1b]52;c;eA==\x07',
  '\x1b]8;;http://x\x1b\\',
  '\x1bP1$r\x1b\\',
  '\x1b_G\x1b\\',
  '\x1b(0',
  'lqqk',
  '\x0e',
  '\x1bc',
  '\x07',
  '\r\n',
  '\n',
  '\b',
  '\u009b31m',
  '\u009d0;t\u009c',
  '\x1b[999999999b',
  '5',
  'n',
  ';',
];
const stream = fc
  .array(
    fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(...PIECES).map((text) => Buffer.from(text)) },
      fc.uint8Array({ maxLength: 6 }).map((bytes) => Buffer.from(bytes)),
    ),
    { maxLength: 30 },
  )
  .map((pieces) => Buffer.concat(pieces));
const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 });

function filtered(bytes: Buffer, cuts: readonly number[]): string {
  const filter = new TerminalFilter();
  let out = '';
  for (let at = 0, index = 0; at < bytes.length; index += 1) {
    const size = cuts[index % cuts.length] ?? 1;
    out += filter.push(bytes.subarray(at, at + size));
    at += size;
  }
  return out + filter.end();
}
const whole = (text: string) => new TerminalFilter().push(Buffer.from(text));

test('whatever goes in, only what is allowed comes out, however it was cut', () => {
  fc.assert(
    fc.property(stream, sizes, (bytes, cuts) => {
      const out = filtered(bytes, cuts);
      expect(out.replace(ALLOWED, '')).toBe('');
      expect(out).toBe(filtered(bytes, [bytes.length + 1]));
    }),
    { numRuns: 3000 },
  );
});

test.each([
  ['text and colours', 'a\x1b[1;38;5;9mé\x1b[0m', 'a\x1b[1;38;5;9mé\x1b[0m'],
  ['moves', '\x1b[2;3H\x1b[K\x1b[5A\x1b[2@\x1b[P\x1b7\x1b8', '\x1b[2;3H\x1b[K\x1b[5A\x1b[2@\x1b[P\x1b7\x1b8'],
  ['a line feed alone stays in its column', 'a\nb\r\n\nc', 'a\x1bDb\r\n\nc'],
  ['scrolling', '\x1b[2;10r\x1b[3S\x1bM', '\x1b[2;10r\x1b[3S\x1bM'],
  ['no titles, clipboard, links', '\x1b]0;x\x07a\x1b]52;c;eA==\x1b\\b\x1b]8;;u\x07c', 'abc'],
  ['no queries', '\x1b[c\x1b[>c\x1b[6n\x1b[?6n\x1bZ\x05\x1b[18t\x1b[>0q\x1bP+q544e\x1b\\x', 'x'],
  ['no keyboard, mouse or window', '\x1b[?2004h\x1b[?1000;1006h\x1b[>1u\x1b[=1u\x1b[3;0;0t\x1b[>4;2mx', 'x'],
  ['modes one by one', '\x1b[?1049;2004;25l', '\x1b[?1049l\x1b[?25l'],
  ['lines in Unicode', '\x1b(0lqk\x1b(Blqk\x1b)0\x0ex\x0fx', '┌─┐lqk│x'],
  ['no reset', 'a\x1bcb', 'a\x1b[0m\x1b[r\x1b[H\x1b[2Jb'],
  ['nothing that takes for ever', 'a\x1b[99999b', 'a'],
])('%s', (_, input, expected) => expect(whole(input)).toBe(expected));

test('the end leaves the alternate screen where it was entered', () => {
  expect(filtered(Buffer.from('\x1b[?1049hx'), [3])).toContain('x\x1b[?1049l\x1b[0m');
  expect(filtered(Buffer.from('\x1b[?1049hx\x1b[?1049l'), [3])).not.toContain('\x1b[?1049l\x1b[?1049l');
});
