import fc from 'fast-check';
import { loadModule, scanSync } from 'libpg-query';
import { behindAs, insideParentheses, shapeOf } from './text.ts';

beforeAll(() => loadModule());

/** Bit strings and N'…' have no token name there: the letter that begins them stands for them. */
const LITERALS = new Set(['SCONST', 'ICONST', 'FCONST']);

/** The server's own tokens without the values of literals; undefined where it finds none. */
function tokens(text: string): string | undefined {
  try {
    return scanSync(text)
      .tokens.filter(({ tokenName }) => !tokenName.includes('COMMENT'))
      .map(({ tokenName, text: word }) =>
        LITERALS.has(tokenName) ? tokenName : tokenName === 'UNKNOWN' ? word.charAt(0).toUpperCase() : word,
      )
      .join(' ');
  } catch {
    return undefined;
  }
}

test.each([
  ["SELECT  'a', 5 , 1.5\n-- c\nFROM t", "SELECT '?', 0 , 0.0 FROM t"],
  ["SELECT E'a\\'b', B'1', x'ff', $t$ it's $t$", "SELECT E'?', B'?', X'?', '?'"],
  ['SELECT a$1, $1, t1', 'SELECT a$1, $1, t1'],
  ['SELECT /* a /* b */ c */ 1', 'SELECT 0'],
  ["SELECT 'a''b'", "SELECT '?'"],
  ["SELECT date'2020-01-01', a-1", "SELECT date '?', a-0"],
])('shape of %s', (text, shape) => {
  expect(shapeOf(text, true)).toEqual({ shape, certain: true, backslash: false });
});

test.each([
  ["SELECT 'a' \n 'b'"],
  ["SELECT U&'x' UESCAPE '!'"],
  ['SELECT U&"x" UESCAPE \'!\''],
  ["SELECT 'open"],
  ['SELECT $x$ open'],
  ['SELECT 12abc'],
  ['SELECT "open'],
])('no shape is certain for %s', (text) => {
  expect(shapeOf(text, true).certain).toBe(false);
});

test('inner texts', () => {
  expect(insideParentheses("COPY /* ( */ (SELECT f(')') FROM t) TO STDOUT (FORMAT csv)")).toBe("SELECT f(')') FROM t");
  expect(behindAs('PREPARE "as" (int) /* as */ AS SELECT 1 AS x')).toBe('SELECT 1 AS x');
});

const piece = fc.constantFrom(
  ...[
    "'a'",
    "'b c'",
    "''",
    "E'x\\'y'",
    '$$q$$',
    '$t$ $$ $t$',
    '1',
    '23',
    '4.5',
    '.5',
    '1e9',
    '12345678901',
    '$1',
    'a',
    'b1',
    'e',
    'x',
    'n',
    'u',
    'U',
    'SELECT',
  ],
  ...[
    ' ',
    '\n',
    '/* c */',
    '-- d\n',
    '/* /* */ */',
    '+',
    '-',
    '*',
    '/',
    '&',
    '(',
    ')',
    ',',
    '::',
    ';',
    '.',
    '"q"',
    '"e"',
    "B'1'",
    "x'f'",
    "N'n'",
    '$',
    "'",
    '"',
    '/*',
  ],
);

test('equal certain shapes have equal tokens in the server’s own lexer', () => {
  const seen = new Map<string, { text: string; tokens: string | undefined }>();
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 7 }), (pieces) => {
      const text = pieces.join('');
      const { shape, certain } = shapeOf(text, true);
      if (!certain || text === '') return;
      const found = { text, tokens: tokens(text) };
      const known = seen.get(shape) ?? found;
      seen.set(shape, known);
      expect(found).toEqual({ ...known, text });
      // The shape stands for itself: its own tokens are the same.
      if (shape !== '' && found.tokens !== undefined) expect(tokens(shape)).toBe(found.tokens);
    }),
    { numRuns: 5_000 },
  );
});
