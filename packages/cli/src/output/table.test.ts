import fc from 'fast-check';
import { renderTable, Table } from './table.ts';
import { textWidth } from './width.ts';

const COLUMNS = [{ title: 'id', align: 'right' as const }, { title: 'command' }];

/** Without the colours that a terminal would get. */
function plain(text: string): string {
  return text.replace(/\u001b\[\d+m/g, '');
}

describe('a table', () => {
  test('is as wide as its cells where there is room', () => {
    const text = renderTable(
      COLUMNS,
      [
        [1, 'SELECT 1'],
        [22, null],
      ],
      80,
    );
    expect(plain(text)).toBe('id │ command\n───┼─────────\n 1 │ SELECT 1\n22 │\n');
  });

  test('takes from the widest column first and marks the cut', () => {
    const text = renderTable(COLUMNS, [[7, 'SELECT a_rather_long_name FROM somewhere']], 20);
    expect(plain(text).split('\n')[2]).toBe(' 7 │ SELECT a_rathe…');
  });

  test('never cuts what is worth nothing when cut', () => {
    const columns = [{ title: 'id', whole: true }, { title: 'text' }];
    const text = renderTable(columns, [['s_0123456789', 'a rather long text']], 25);
    expect(plain(text).split('\n')[2]).toBe('s_0123456789 │ a rather …');
  });

  test('shows line breaks, tabs and escape sequences as text', () => {
    const text = renderTable([{ title: 'x' }], [['a\nb\tc\u001b[2J\u202e']], Infinity);
    expect(plain(text).split('\n')[2]).toBe('a\\nb\\tc\\x1b[2J\\u202e');
  });

  test('counts wide characters twice and combining ones not at all', () => {
    const text = renderTable(
      [{ title: 'n' }, { title: 'm' }],
      [
        ['東京', 'x'],
        ['e\u0301', 'y'],
      ],
      Infinity,
    );
    expect(plain(text).split('\n').slice(2, 4)).toEqual(['東京 │ x', 'e\u0301    │ y']);
  });

  test('cuts later rows to the widths of the first ones in a terminal, and nothing in a pipe', () => {
    const sample = [['ab']];
    expect(new Table([{ title: 'c' }], sample, 80).row(['abcdef'])).toBe('a…\n');
    expect(new Table([{ title: 'c' }], sample, Infinity).row(['abcdef'])).toBe('abcdef\n');
  });

  test('never has a line wider than the terminal', () => {
    const cells = fc.array(fc.string({ unit: 'grapheme', maxLength: 40 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(cells, fc.integer({ min: 1, max: 100 }), (row, available) => {
        const text = renderTable(
          row.map((_, at) => ({ title: `column ${at}` })),
          [row],
          available,
        );
        for (const line of plain(text).split('\n')) expect(textWidth(line)).toBeLessThanOrEqual(available);
        expect(plain(text).split('\n')).toHaveLength(4);
      }),
      { numRuns: 200 },
    );
  });
});
