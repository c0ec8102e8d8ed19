import { canonicalise, describeChanges, digestOf } from './digest.ts';

const changes = (before: unknown, after: unknown) =>
  describeChanges({ canonical: canonicalise(before) }, { canonical: canonicalise(after) });

test('the order of keys does not count, that of lists does', () => {
  expect(canonicalise({ b: 1, a: { d: 1, c: [2, 1] } })).toBe('{"a":{"c":[2,1],"d":1},"b":1}');
  expect(digestOf(canonicalise({ b: 1, a: 2 }))).toBe(digestOf(canonicalise({ a: 2, b: 1 })));
});

test('secrets of a demo are left out', () => {
  const text = canonicalise({
    tls: { key: './k.pem' },
    targets: { db: { credentials: { username: 'app', password: 'hunter2', key: '${env:KEY}' } } },
  });
  expect(text).not.toContain('hunter2');
  expect(text).toContain('${env:KEY}');
  expect(text).toContain('./k.pem');
});

test('changes name places, never values', () => {
  const before = {
    rules: [
      { name: 'a', action: 'deny' },
      { name: 'b c', action: 'hold' },
    ],
    masking: [],
    targets: { db: { labels: { env: 'prod' } } },
    demo: true,
  };
  const after = {
    rules: [
      { name: 'b c', action: 'deny' },
      { name: 'n', action: 'allow' },
    ],
    masking: [],
    targets: { db: { labels: { env: 'test' } }, 'x y': {} },
  };
  expect(changes(before, after)).toEqual([
    { path: 'demo', change: 'removed' },
    { path: 'rules["a"]', change: 'removed' },
    { path: 'rules["b c"].action', change: 'changed' },
    { path: 'rules["n"]', change: 'added' },
    { path: 'targets.db.labels.env', change: 'changed' },
    { path: 'targets["x y"]', change: 'added' },
  ]);
  expect(changes(before, before)).toEqual([]);
  expect(changes({ access: [{ users: ['a'] }] }, { access: [{ users: ['a', 'b'] }] })).toEqual([
    { path: 'access[0].users[1]', change: 'added' },
  ]);
  expect(changes({ a: 'x' }, { a: ['x'] })).toEqual([{ path: 'a', change: 'changed' }]);
});
