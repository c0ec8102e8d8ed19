import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import type { ParserSettings } from './analysis.ts';
import { analyse, classificationOf } from './classifier.ts';
import { lex } from './lexer.ts';
import { blank } from './text.ts';
import { anyServer } from './version-comments.ts';

const SETTINGS: ParserSettings = {
  family: 'mariadb',
  version: 101_119,
  sqlMode: new Set(),
  characterSet: 'utf8mb4',
  foldNames: false,
  functions: new Set(),
};
const MODES = [new Set<string>(), new Set(['ANSI_QUOTES']), new Set(['NO_BACKSLASH_ESCAPES']), undefined];

const TEXTS = readFileSync(new URL('../../../../test-fixtures/mysql/classify.tsv', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => /^(both|mariadb|mysql)\t/.test(line))
  .map((line) => line.split('\t').at(-1) as string);

const classesOf = (text: string, settings = SETTINGS): ReadonlySet<string> => new Set(classificationOf(analyse(text, settings)).class);
const notLower = (before: ReadonlySet<string>, after: ReadonlySet<string>): boolean =>
  after.has('unknown') || [...before].every((one) => after.has(one));

/** Where tokens begin and end, version comments' marks and their contents left whole. */
function boundaries(text: string): number[] {
  const found: number[] = [];
  lex(text, { settings: SETTINGS, reading: anyServer }, (_kind, _start, end) => found.push(end));
  return found;
}

const text = fc.constantFrom(...TEXTS);
const PIECES =
  `' " \` \\ /* */ /*! /*!50000 /*!99999 /*M! /*+ -- # ; ( ) , . @ @@ := = ? { } N' x' b' _utf8' 0x1 1. 1e 1.e .5 \0 \n \u00a0 \ufffd é SELECT FROM t WHERE
  UNION INSERT INTO VALUES DELETE SET PREPARE EXECUTE IMMEDIATE BEGIN END IF THEN CASE WITH AS CREATE TABLE PROCEDURE DO f( CAST( COUNT(*)`.split(
    / +/,
  );
const soup = fc.array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 4 })), { maxLength: 30 }).map((parts) => parts.join(' '));

test('whatever it is given, it answers, and blanks it', () => {
  fc.assert(
    fc.property(
      fc.oneof(soup, fc.string({ unit: 'binary' }), text),
      fc.constantFrom(...MODES),
      fc.constantFrom('mysql', 'mariadb'),
      (any, sqlMode, family) => {
        const { sqlMode: _mode, ...rest } = SETTINGS;
        const settings: ParserSettings = { ...rest, ...(sqlMode && { sqlMode }), family };
        expect(classificationOf(analyse(any, settings)).class.length).toBeGreaterThan(0);
        expect(typeof blank(any, settings)).toBe('string');
      },
    ),
    { numRuns: 1_500 },
  );
});

test('random bytes are unknown', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 8, maxLength: 200 }), (bytes) => {
      const any = `x${Buffer.from(bytes).toString('latin1')}`;
      expect(classesOf(any, { ...SETTINGS, characterSet: 'latin1' })).toEqual(new Set(['unknown']));
    }),
  );
});

test('white space and comments between tokens never lower the class', () => {
  const gap = fc.constantFrom(' ', '\n', '\t', '/* x */', '/**/', '-- x\n', '#\n', "/* ' */", '/* ; */');
  fc.assert(
    fc.property(text, gap, fc.nat(), (one, between, pick) => {
      const places = boundaries(one);
      const at = places[pick % places.length] as number;
      expect(notLower(classesOf(one), classesOf(one.slice(0, at) + between + one.slice(at)))).toBe(true);
    }),
    { numRuns: 1_500 },
  );
});

test('a version comment around any of it never lowers the class', () => {
  const opening = fc.constantFrom('/*! ', '/*!50000 ', '/*!99999 ', '/*M! ', '/*M!100100 ', '/*!99998 ');
  fc.assert(
    fc.property(text, opening, fc.nat(), fc.nat(), (one, open, a, b) => {
      const places = [0, ...boundaries(one)];
      const [from, to] = [places[a % places.length] as number, places[b % places.length] as number].sort((x, y) => x - y) as [
        number,
        number,
      ];
      expect(notLower(classesOf(one), classesOf(`${open}${one} */`))).toBe(true);
      expect(notLower(classesOf(one), classesOf(`${one.slice(0, from)} ${open}${one.slice(from, to)} */ ${one.slice(to)}`))).toBe(true);
    }),
    { numRuns: 1_500 },
  );
});

test('another statement behind it never lowers the class', () => {
  fc.assert(
    fc.property(text, text, (one, other) => {
      fc.pre(analyse(one, SETTINGS).statements.length > 0);
      expect(notLower(classesOf(one), classesOf(`${one};${other}`))).toBe(true);
    }),
    { numRuns: 1_000 },
  );
});

describe('no literal is left', () => {
  const SECRET = /s3cr3t|987654321/;
  const secretive = (one: string): string => {
    let hidden = '';
    lex(one, { settings: SETTINGS, reading: anyServer }, (kind, start, end) => {
      const written = one.slice(start, end);
      if (kind === 'string' && /^['"]/.test(written)) hidden += `${written.charAt(0)}s3cr3t${written.slice(1)}`;
      else if (kind === 'number') hidden += '987654321';
      else if (kind === 'comment') hidden += '/* s3cr3t */';
      else hidden += written;
    });
    return hidden;
  };

  test.each(TEXTS.map((one) => [secretive(one)]))('%s', (one) => {
    expect(blank(one, SETTINGS)).not.toMatch(SECRET);
    expect(analyse(one, SETTINGS).shape).not.toMatch(SECRET);
  });

  test('nor before the place from where on a text cannot be read', () => {
    expect(blank("SELECT 's3cr3t', 987654321, `s3cr3t` FROM t WHERE a = 's3cr3t", SETTINGS)).toBe("SELECT '?', ?, `?` FROM t WHERE a = …");
    expect(blank('SELECT "s3cr3t"', { ...SETTINGS, characterSet: 'gbk' })).not.toMatch(SECRET);
  });

  test('but those that are to be kept', () => {
    expect(blank("SELECT 'a', 2, 'c' FROM t -- x", SETTINGS, new Set([7, 12]))).toBe("SELECT 'a', 2, '?' FROM t  ");
  });
});
