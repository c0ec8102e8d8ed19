import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { GitBench } from './git-bench.ts';

/** Few names, so that files become directories and the other way round. */
const name = fc.constantFrom('a', 'b', 'c', 'd');
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
const edit = fc.record({ path, contents: fc.constantFrom('1\n', '2\n', 'x\ny\n'), remove: fc.boolean() });

let bench: GitBench;

beforeAll(async () => {
  bench = await GitBench.open();
  bench.relay.base = true;
  await bench.commit({ a: '1\n' });
  await bench.push('main');
});

afterAll(async () => {
  await bench.close();
});

function apply({ path, contents, remove }: { readonly path: string; readonly contents: string; readonly remove: boolean }): void {
  const file = join(bench.work, path);
  try {
    if (remove) rmSync(file, { recursive: true, force: true });
    else mkdirSync(dirname(file), { recursive: true });
    if (!remove) writeFileSync(file, contents);
  } catch {
    // A file stands where a directory would have to be, or the other way round.
  }
}

test('the changed paths of random commits are those that git itself names', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 8 }), async (edits) => {
      for (const each of edits) apply(each);
      const old = await bench.inWork('rev-parse', 'HEAD');
      const fresh = await bench.commit({});
      await bench.inWork('push', 'origin', 'main');
      const named = await bench.inWork('diff-tree', '-r', '--no-renames', '--name-status', old, fresh);
      const kinds: Readonly<Record<string, string>> = { A: 'added', M: 'modified', D: 'deleted' };
      const expected = named === '' ? [] : named.split('\n').map((line) => `${line.slice(2)} ${kinds[line[0] ?? '']}`);
      const seen = bench.relay.pushes.at(-1)?.contents[0];
      expect(seen).toMatchObject({ seen: 'all', fastForward: 'yes' });
      expect(seen?.files.map((file) => `${file.path} ${file.kind}`)).toEqual(expected.sort());
    }),
    { numRuns: 25 },
  );
});
