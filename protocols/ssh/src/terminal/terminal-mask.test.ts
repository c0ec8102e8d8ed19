import fc from 'fast-check';
import { findNumbers } from '../../test/find-numbers.ts';
import { TerminalMask } from './terminal-mask.ts';

const SECRET = '123-45-6789';

const counted: string[] = [];
const make = (columns = 80) => new TerminalMask(findNumbers, columns, (_, hidden) => counted.push(String(hidden)));
const text = (parts: readonly { readonly bytes: Buffer }[]) => Buffer.concat(parts.map(({ bytes }) => bytes)).toString('latin1');

/** @param releaseEvery 0: never; 2: after every second chunk. */
function masked(bytes: Buffer, cuts: readonly number[], releaseEvery = 0, columns = 80): string {
  const mask = make(columns);
  let out = '';
  for (let at = 0, index = 0; at < bytes.length; index += 1) {
    const size = cuts[index % cuts.length] ?? 1;
    out += text(mask.push(bytes.subarray(at, at + size), 0));
    if (releaseEvery > 0 && index % releaseEvery === 0) out += text(mask.release());
    at += size;
  }
  return out + text(mask.end(0));
}
const whole = (input: string, columns?: number) => masked(Buffer.from(input, 'latin1'), [input.length + 1], 0, columns);

beforeEach(() => counted.splice(0));

describe('found, although something stands in between', () => {
  test.each([
    ['alone', `ssn ${SECRET}.\r\n`, 'ssn [number].\r\n'],
    ['colours', '12\x1b[1m3-45-67\x1b[0m89\r\n', '[number]\x1b[1m\x1b[0m\r\n'],
    ['colours as grep has them', 'x \x1b[01;31m\x1b[K123\x1b[m\x1b[K-45-6789\r\n', 'x \x1b[01;31m\x1b[K[number]\x1b[m\x1b[K\r\n'],
    ['a title and a bell', '123\x1b]0;t\x07\x07-45-6789\r\n', '[number]\x1b]0;t\x07\x07\r\n'],
    ['a return before anything', `\x1b[?2004l\r${SECRET}\r\n`, '\x1b[?2004l\r[number]\r\n'],
    ['backspace', '123-45-678x\b9\r\n', '**********x\b*\r\n'],
    ['struck twice', '1\b12\b23\b3-\b-4\b45\b5-\b-6\b67\b78\b89\b9\r\n', `${'*\b*'.repeat(11)}\r\n`],
    ['written again from the left', '___-45-6789\r123\r\n', '___********\r***\r\n'],
    ['overwritten later', `${SECRET}\rno secrets here\r\n`, '***********\rno secrets here\r\n'],
    ['skipped cells', '123\x1b[C45-6789\x1b[4G-\r\n', '***\x1b[C*******\x1b[4G*\r\n'],
    ['inserted', '123-456789\x1b[4D\x1b[@-\r\n', '**********\x1b[4D\x1b[@*\r\n'],
    ['deleted', '123-45x-6789\x1b[6D\x1b[P\x1b[10G\r\n', '******x*****\x1b[6D\x1b[P\x1b[10G\r\n'],
    [
      'repeated',
      '3-4\r\n12\x1b[D\x1b[C3-45-67\x1b[D7\b\b67\x1b[D\x1b[C89\r\n',
      '3-4\r\n**\x1b[D\x1b[C*******\x1b[D*\b\b**\x1b[D\x1b[C**\r\n',
    ],
    ['a title that holds it', `\x1b]0;${SECRET}\x07x\r\n`, '\x1b]0;[number]\x07x\r\n'],
    ['on a full screen', `\x1b[?1049h\x1b[5;5H${SECRET}\x1b[6;1H`, '\x1b[?1049h\x1b[5;5H***********\x1b[6;1H'],
  ])('%s', (_, input, expected) => {
    expect(whole(input)).toBe(expected);
    expect(counted).toEqual([SECRET]);
  });

  test.each([
    ['by the terminal', `some ${SECRET}\r\n`, 'some [number]\r\n'],
    ['by the program', 'some 123-4\r\n5-6789\r\n', 'some *****\r\n******\r\n'],
    ["by the shell's space", 'some 123-4 \r5-6789\r\n', 'some ***** \r******\r\n'],
  ])('a line that is wrapped %s', (_, input, expected) => expect(whole(input, 10)).toBe(expected));
});

test.each([
  ['two places on the screen', '123-45\x1b[5;1H-6789\r\n'],
  ['two lines', '123-45\r\n-6789\r\n'],
  ['part of a longer number', '0123-45-6789\r\n'],
])('no hit: %s', (_, input) => expect(whole(input)).toBe(input));

test('what is repeated is read as often as it stands there', () => {
  expect(whole('1\x1b[2b-1\x1b[b-1\x1b[3b\r\n')).toBe('***********\r\n');
});

const PIECES = [
  SECRET,
  '123-',
  '45-6789',
  '12',
  '-',
  'a ',
  'é',
  '😀',
  '\r\n',
  '\r',
  '\b',
  '\t',
  '\x1b[1m',
  '\x1b[K',
  '\x1b[3D',
  '\x1b[2C',
  '\x1b[P',
  '\x1b[5;5H',
  '\x1b]0;x\x07',
  '\x1b[?1049h',
  '\x1b[?1049l',
  '\x1b(B',
  'abcdefghij',
];
const stream = fc
  .array(
    fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom(...PIECES).map((piece) => Buffer.from(piece)) },
      fc.uint8Array({ maxLength: 3 }).map((bytes) => Buffer.from(bytes)),
    ),
    { maxLength: 40 },
  )
  .map((pieces) => Buffer.concat(pieces));
const sizes = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 6 });

test('however a stream is cut, it comes out the same', () => {
  fc.assert(
    fc.property(stream, sizes, fc.constantFrom(10, 80), (bytes, cuts, columns) =>
      expect(masked(bytes, cuts, 0, columns)).toBe(masked(bytes, [bytes.length + 1], 0, columns)),
    ),
    { numRuns: 2000 },
  );
});

test('also where it is very long', () => {
  const long = Buffer.from(`${'x'.repeat(4090)}${SECRET} é😀${'é'.repeat(5000)} ${SECRET}\r${'y'.repeat(5000)}\b\b${SECRET}\r\n`);
  const expected = masked(long, [long.length]);
  for (const size of [1, 7, 1000, 4096]) expect(masked(long, [size])).toBe(expected);
  expect(expected).not.toContain(SECRET);
});

test('what holds no hit passes byte for byte, released at any time', () => {
  fc.assert(
    fc.property(stream, sizes, fc.nat(3), (bytes, cuts, every) => {
      const harmless = Buffer.from(bytes.toString('latin1').replaceAll(/[0-9]/g, 'n'), 'latin1');
      expect(masked(harmless, cuts, every)).toBe(harmless.toString('latin1'));
    }),
    { numRuns: 1000 },
  );
});

test('a release keeps what has left in mind', () => {
  const mask = make();
  let out = text(mask.push(Buffer.from('ssn 123-4'), 0));
  expect(out).toBe('');
  expect(mask.holds).toBe(true);
  out += text(mask.release());
  expect(mask.holds).toBe(false);
  expect(out).toBe('ssn 123-4');
  out += text(mask.push(Buffer.from('5-6789 and more\r\n'), 0));
  expect(out).toBe('ssn 123-4[number] and more\r\n');
  expect(counted).toEqual([SECRET]);
});

test('a release cuts neither a sequence nor a character', () => {
  const mask = make();
  mask.push(Buffer.from('a\x1b[3'), 0);
  expect(text(mask.release())).toBe('a');
  expect(mask.holds).toBe(false);
  mask.push(Buffer.concat([Buffer.from('1mb'), Buffer.of(0xc3)]), 0);
  expect(text(mask.release())).toBe('\x1b[31mb');
  mask.push(Buffer.of(0xa9), 0);
  expect(mask.release().map(({ bytes }) => bytes.toString())).toEqual(['é']);
});

test('what leaves late tells when it came', () => {
  const mask = make();
  mask.push(Buffer.from('$ l'), 10);
  mask.push(Buffer.from('s'), 20);
  expect(mask.push(Buffer.from('\r\n'), 30)).toEqual([
    { at: 10, bytes: Buffer.from('$ l') },
    { at: 20, bytes: Buffer.from('s') },
    { at: 30, bytes: Buffer.from('\r') },
    { at: 30, bytes: Buffer.from('\n') },
  ]);
});
