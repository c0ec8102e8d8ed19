import fc from 'fast-check';
import { csvLine } from './csv.ts';

test.each([
  [['a', 'b'], 'a,b\n'],
  [['a,b', 'say "hi"', 'two\nlines'], '"a,b","say ""hi""","two\nlines"\n'],
  [[null, '', ' '], ',""," "\n'],
  [['=1+1', '-5'], '=1+1,-5\n'],
])('%j becomes %j', (cells, line) => {
  expect(csvLine(cells)).toBe(line);
});

test('every value comes back from its line', () => {
  const cell = fc.option(fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', ' ', '=') }));
  fc.assert(
    fc.property(fc.array(cell, { minLength: 1, maxLength: 5 }), (cells) => {
      expect(parse(csvLine(cells))).toEqual(cells);
    }),
  );
});

/** A reader of one RFC 4180 line, where only an unquoted empty field is NULL. */
function parse(line: string): (string | null)[] {
  const fields = [...`,${line.slice(0, -1)}`.matchAll(/,(?:"((?:[^"]|"")*)"|([^,"]*))/g)];
  return fields.map(([, quoted, bare]) => quoted?.replaceAll('""', '"') ?? (bare === '' ? null : (bare ?? null)));
}
