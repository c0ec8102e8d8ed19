import { costTable, median, type Result, table, withTable } from './report.ts';
import type { Scenario } from './scenarios.ts';

const scenario: Scenario = { name: 'select', unit: 'transactions/s', clients: 8, options: [], worth: 1 };
const result = (route: string, ...rates: readonly number[]): Result => ({ scenario, route, rates, costs: [Number.NaN, 10, 30, 20] });

test('the median of an even number of rounds lies between the two in the middle', () => {
  expect(median([9, 1, 4])).toBe(4);
  expect(median([9, 1, 4, 6])).toBe(5);
  expect(median([])).toBeNaN();
});

test('a table compares medians with the pipe', () => {
  expect(table([result('node pipe', 900, 1000, 5000), result('sallyport fast', 800)])).toBe(
    [
      '| scenario | unit | node pipe | sallyport fast |',
      '| --- | --- | --: | --: |',
      '| select, 8 clients | transactions/s | 1,000 (1.00) | 800 (0.80) |',
    ].join('\n'),
  );
});

test('only what stands between the markers is replaced', () => {
  expect(withTable('a\n<!-- measured -->\nold\n<!-- /measured -->\nb', 'new')).toBe('a\n<!-- measured -->\nnew\n<!-- /measured -->\nb');
  expect(() => withTable('a', 'new')).toThrow('markers');
});

test('costs are medians of what could be measured', () => {
  expect(costTable([result('node pipe', 900)])).toBe(
    ['| scenario | processor time | node pipe |', '| --- | --- | --: |', '| select, 8 clients | µs per transaction | 20 |'].join('\n'),
  );
});
