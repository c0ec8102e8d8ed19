import { complexity } from './complexity.ts';

const chain = (count: number, term: string, operator: string): string => Array(count).fill(term).join(operator);

test.each([
  ['comments in comments', `SELECT 1 ${'/*'.repeat(1_001)}${'*/'.repeat(1_001)}`, /comments/],
  ['the same without an end', `SELECT 1 ${'/*'.repeat(300_000)}`, /comments/],
  ['statements', 'SELECT 1;'.repeat(10_001), /statements/],
  ['concatenation', `SELECT ${chain(10_002, "'a'", '||')}`, /operators/],
  ['sums', `SELECT ${chain(10_002, '1', ' + ')}`, /operators/],
  ['signs', `SELECT ${'- '.repeat(10_001)}1`, /operators/],
  ['casts', `SELECT 1${'::int'.repeat(10_001)}`, /operators/],
  ['subscripts', `SELECT a${'[1]'.repeat(10_001)}`, /operators/],
])('refused: %s', (_what, text, reason) => {
  expect(complexity(text)).toMatch(reason);
});

test.each([
  ['many comments', `SELECT 1 ${'/* a */'.repeat(50_000)}`],
  ['a thousand comments in comments', `SELECT 1 ${'/*'.repeat(1_000)}${'*/'.repeat(1_000)}`],
  ['ten thousand comparisons', `DELETE FROM t WHERE ${chain(10_000, 'id = 1', ' OR ')}`],
  ['many rows of casts and signs', `INSERT INTO t VALUES ${chain(30_000, "(-1, 'x'::text)", ',')}`],
  ['signs in a literal', `SELECT '${'+ '.repeat(50_000)}'`],
  ['nothing', ''],
])('taken: %s', (_what, text) => {
  expect(complexity(text)).toBeUndefined();
});
