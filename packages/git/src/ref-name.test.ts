import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { refNameProblem } from './ref-name.ts';

function gitAllows(name: string): boolean {
  return spawnSync('git', ['check-ref-format', name]).status === 0;
}

test.each(['refs/heads/main', 'refs/tags/v1.0', 'refs/heads/feature/ä-ö', 'refs/notes/commits', 'refs/heads/a@b'])(
  '%s is a name',
  (name) => {
    expect(refNameProblem(name)).toBeUndefined();
    expect(gitAllows(name)).toBe(true);
  },
);

test.each([
  'main',
  'HEAD',
  'refs/heads',
  'refs/heads/',
  'refs/heads/a b',
  'refs/heads/a..b',
  'refs/heads/.a',
  'refs/heads/a.lock',
  'refs/heads/a.lock/b',
  'refs/heads/a@{1}',
  'refs/heads//a',
  'refs/heads/a.',
  'refs/heads/a~1',
  'refs/heads/a\x1b[2J',
  'refs/heads/a\u202eb',
  'refs/heads/ma\u200bin',
  `refs/heads/${'a'.repeat(1100)}`,
])('%j is none', (name) => {
  expect(refNameProblem(name)).toBeDefined();
});

test('no name passes that git itself would refuse', () => {
  const part = fc.string({
    unit: fc.constantFrom('a', '.', '/', '@', '{', '}', '~', '-', '\\', '*', '[', '.lock', ' ', 'é'),
    maxLength: 6,
  });
  fc.assert(
    fc.property(part, (text) => {
      const name = `refs/heads/${text}`;
      fc.pre(refNameProblem(name) === undefined);
      expect([name, gitAllows(name)]).toEqual([name, true]);
    }),
    { numRuns: 150 },
  );
});
