import type { FieldMasks, FieldPlace } from '@sallyport/core';
import fc from 'fast-check';
import { makeMask } from '../method.ts';
import { compileFieldMasks } from './field-masks.ts';
import { parseFieldPath } from './field-path.ts';

const keys = { hashKey: Buffer.alloc(32, 7), tokenKey: Buffer.alloc(32, 8) };
const mask = (name: string) => makeMask({ name, method: 'redact' }, keys);
type Way = readonly (string | number)[];

/** @param rules their paths; the strictest rule first. */
const compiled = (...rules: readonly (readonly string[])[]) =>
  compileFieldMasks(rules.map((paths, index) => ({ mask: mask(String(index)), paths: paths.map(parseFieldPath) })));
const down = (masks: FieldMasks, way: Way): FieldPlace =>
  way.reduce<FieldPlace>((place, key) => (typeof key === 'string' ? place.member(key) : place.element(key)), masks.root);
const ruleAt = (masks: FieldMasks, ...way: Way) => down(masks, way).mask?.rule;

test.each<[string, Way, boolean]>([
  ['$', [], true],
  ['$', ['a', 0], true],
  ['$.a', [], false],
  ['$.a', ['a'], true],
  ['$.a', ['a', 'b', 3], true],
  ['$.a', ['A'], false],
  ['$.a', ['b', 'a'], false],
  ['$.users[*].email', ['users', 7, 'email'], true],
  ['$.users[*].email', ['users', 'x', 'email'], true],
  ['$.users[*].email', ['users', 7, 'name'], false],
  ['$.users[0].email', ['users', 0, 'email'], true],
  ['$.users[0].email', ['users', 1, 'email'], false],
  ['$.users[0].email', ['users', '0', 'email'], false],
  ['$..email', ['email'], true],
  ['$..email', ['a', 3, 'b', 'email', 'c'], true],
  ['$..a.b', ['a', 'a', 'b'], true],
  ['$..a.b', ['a', 'c', 'b'], false],
  ['$.*', ['x'], true],
  ['$.*', [3], true],
  ['$..*', [3], true],
  ['$..[1]', ['a', 1], true],
  ["$['odd name'].x", ['odd name', 'x'], true],
  ['$["it\'s \\"q\\" \\u0041"]', ['it\'s "q" A'], true],
  ["$['it\\'s']", ["it's"], true],
  ["$..['a.b']", ['x', 'a.b'], true],
  ["$['0']", ['0'], true],
  ["$['0']", [0], false],
  ['$.über-name_1', ['über-name_1'], true],
])('%s at %j: %s', (path, way, expected) => expect(down(compiled([path]), way).mask !== undefined).toBe(expected));

test.each([
  '',
  'a',
  '.a',
  '$a',
  '$.',
  '$..',
  '$.a.',
  '$.a[',
  '$[-1]',
  '$[1:2]',
  '$[?@.a]',
  "$['a','b']",
  "$['a",
  "$['\\x']",
  '$.a b',
  '$ .a',
  `$${'.a'.repeat(65)}`,
])('refuses %p', (path) => {
  expect(() => parseFieldPath(path)).toThrow(`"${path}" is no place in JSON: write $.users[*].email`);
});

test('the strictest of several decides, and below a masked place only a stricter one', () => {
  const masks = compiled(['$.a.b', '$..secret'], ['$.a', '$.c']);
  expect([ruleAt(masks, 'a'), ruleAt(masks, 'a', 'b'), ruleAt(masks, 'a', 'x'), ruleAt(masks, 'c', 'secret')]).toEqual([
    '1',
    '0',
    '1',
    '0',
  ]);
});

test('a place where nothing can be masked any more says so', () => {
  const masks = compiled(['$.a.b']);
  expect([[], ['a'], ['a', 'b'], ['b'], ['a', 'c']].map((way) => down(masks, way).clear)).toEqual([false, false, false, true, true]);
  expect(down(compiled(['$..b']), ['x', 'y', 0]).clear).toBe(false);
});

test('names that no rule has lead to one place, so that a document cannot make the gateway keep anything', () => {
  const { root } = compiled(['$..email', '$.users[3].name']);
  const other = root.member('x');
  for (let index = 4; index < 1000; index += 1) {
    expect(root.member(`name ${index}`)).toBe(other);
    expect(other.element(index)).toBe(other);
  }
});

test('rules with more places than are kept still mask them', () => {
  const path = `$..a${'.*'.repeat(16)}.b`;
  const masks = compiled([path]);
  fc.assert(
    fc.property(fc.array(fc.constantFrom('a', 'x', 'b'), { maxLength: 60 }), (way) =>
      expect(down(masks, way).mask !== undefined).toBe(found(parseFieldPath(path), way)),
    ),
    { numRuns: 2000 },
  );
});

test('law: the automaton masks what a plain search of the path finds', () => {
  const step = fc.constantFrom('.a', '.b', '.*', '[0]', '[1]', '..a', '..*', '..[0]');
  const key = fc.constantFrom<string | number>('a', 'b', 'c', 0, 1);
  fc.assert(
    fc.property(fc.array(step, { maxLength: 5 }), fc.array(key, { maxLength: 7 }), (steps, way) => {
      const path = `$${steps.join('')}`;
      expect(down(compiled([path]), way).mask !== undefined).toBe(found(parseFieldPath(path), way));
    }),
    { numRuns: 3000 },
  );
});

/** Whether the path leads to the place, or to one above it. */
function found([step, ...further]: ReturnType<typeof parseFieldPath>, way: Way): boolean {
  if (step === undefined) return true;
  return way.some(
    (key, at) => (at === 0 || step.deep) && (step.key === undefined || step.key === key) && found(further, way.slice(at + 1)),
  );
}
