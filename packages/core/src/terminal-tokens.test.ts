import fc from 'fast-check';
import { type TerminalToken, TerminalTokens } from './terminal-tokens.ts';

const PIECES = [
  'a',
  '12',
  'é',
  '😀',
  '\x1b',
  '[',
  '1;31m',
  '\x1b[1m',
  '\x1b]0;t',
  '\x07',
  '\x1b\\',
  '\x1bP',
  '\u009b',
  '\u009c',
  '\r\n',
  '\b',
  '\x1b(B',
  '\x18',
  ';',
];
const stream = fc
  .array(
    fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom(...PIECES).map((text) => Buffer.from(text)) },
      fc.uint8Array({ maxLength: 3 }).map((bytes) => Buffer.from(bytes)),
    ),
    { maxLength: 30 },
  )
  .map((pieces) => Buffer.concat(pieces));
const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 });

function tokens(bytes: Buffer, cuts: readonly number[]): TerminalToken[] {
  const cutter = new TerminalTokens();
  const found: TerminalToken[] = [];
  for (let at = 0, index = 0; at < bytes.length; index += 1) {
    const size = cuts[index % cuts.length] ?? 1;
    found.push(...cutter.push(bytes.subarray(at, at + size)));
    at += size;
  }
  return [...found, ...cutter.flush()];
}

/** Texts side by side are one. */
function joined(all: readonly TerminalToken[]): string[] {
  const out: string[] = [];
  let before = '';
  for (const { type, bytes } of all) {
    if (type === 'text' && before === 'text') out[out.length - 1] += bytes.toString('latin1');
    else out.push(`${type} ${bytes.toString('latin1')}`);
    before = type;
  }
  return out;
}

test('however a stream is cut, its tokens are the same and hold all of it', () => {
  fc.assert(
    fc.property(stream, sizes, (bytes, cuts) => {
      const whole = tokens(bytes, [bytes.length + 1]);
      expect(Buffer.concat(whole.map((token) => token.bytes)).equals(bytes)).toBe(true);
      expect(joined(tokens(bytes, cuts))).toEqual(joined(whole));
    }),
    { numRuns: 2000 },
  );
});

test('a long string comes in parts, and ends where it ends', () => {
  const bytes = Buffer.from(`\x1b]52;c;${'A'.repeat(10_000)}\x07x`);
  for (const size of [1, 1000, bytes.length]) {
    const all = tokens(bytes, [size]);
    expect(all.map(({ type }) => type)).toEqual(['string', 'string', 'string', 'text']);
  }
});

test.each<[string, string[]]>([
  ['12\x1b[1m3', ['text 12', 'csi \x1b[1m', 'text 3']],
  ['\x1b]0;title\x07\x1b]8;;u\x1b\\l', ['string \x1b]0;title\x07', 'string \x1b]8;;u\x1b\\', 'text l']],
  ['\x1bPq\x07more\x1b\\.', ['string \x1bPq\x07more\x1b\\', 'text .']],
  ['\x1b(B\x1b7\x1b=', ['escape \x1b(B', 'escape \x1b7', 'escape \x1b=']],
  ['\x1b[1\b2m', ['csi \x1b[1', 'control \b', 'text 2m']],
])('%j', (text, expected) => expect(joined(tokens(Buffer.from(text), [100]))).toEqual(expected));
