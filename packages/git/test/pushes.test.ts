import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pushCommands, type SpooledPush, type SpoolOptions } from '../src/index.ts';
import { GitBench } from './git-bench.ts';
import { receivePack } from './raw-client.ts';

let bench: GitBench;

beforeEach(async () => {
  bench = await GitBench.open();
});

afterEach(async () => {
  await bench.close();
});

function last(): SpooledPush {
  const push = bench.relay.pushes.at(-1);
  if (push === undefined) throw new Error('Nothing was pushed.');
  return push;
}

function contents() {
  return last().contents[0];
}

function texts(): readonly string[] {
  return pushCommands('shop', last().contents).map((command) => `${command.verbs} [${command.class}] ${command.text}`);
}

function paths(): readonly (string | undefined)[] {
  return contents()?.files.map((file) => file.path) ?? [];
}

const secrets: NonNullable<SpoolOptions['finder']> = {
  value: (bytes, start, end, count) => {
    for (const _ of bytes.toString('latin1', start, end).matchAll(/SECRET/g)) count('secrets');
    return undefined;
  },
};

const short = (id: string): string => id.slice(0, 8);

test('a branch is made, then goes forward', async () => {
  const one = await bench.commit({ 'README.md': 'one\n', 'src/a.ts': 'a\nb\n' });
  expect((await bench.push('main')).code).toBe(0);
  expect(await bench.inTarget('rev-parse', 'main')).toBe(one);
  expect(texts()).toEqual([`REF CREATE [write] push shop refs/heads/main ${short(one)} (new, 1 commit, 2 files)`]);
  expect(contents()).toMatchObject({
    seen: 'all',
    addedLines: 3,
    files: [{ path: 'README.md', kind: 'added', size: 4 }, { path: 'src/a.ts' }],
  });

  const two = await bench.commit({ 'src/a.ts': 'a\nc\n' });
  expect((await bench.push('main')).code).toBe(0);
  expect(await bench.inTarget('rev-parse', 'main')).toBe(two);
  expect(texts()).toEqual([
    `REF UPDATE [write] push shop refs/heads/main ${short(one)}..${short(two)} (fast-forward, 1 commit, 1 file or more)`,
  ]);
  expect(contents()).toMatchObject({ seen: 'part', files: [{ path: 'src/a.ts', kind: 'changed', type: 'file', size: 4 }] });
});

test('a history that shares nothing with the old one is forced; one that goes back perhaps', async () => {
  const one = await bench.commit({ a: '1\n' });
  const two = await bench.commit({ a: '2\n' });
  await bench.push('main');
  await bench.inWork('checkout', '-q', '--orphan', 'other');
  const orphan = await bench.commit({ b: '1\n' });
  expect((await bench.push('--force', 'other:main')).code).toBe(0);
  expect(await bench.inTarget('rev-parse', 'main')).toBe(orphan);
  expect(texts()).toEqual([
    `REF FORCE [ddl] push shop refs/heads/main ${short(two)}..${short(orphan)} (forced, 1 commit, 2 files or more)`,
  ]);

  await bench.inWork('reset', '-q', '--hard', one);
  const three = await bench.commit({ a: '3\n' });
  await bench.inWork('push', 'origin', `${two}:refs/heads/side`);
  expect((await bench.push('--force', 'HEAD:side')).code).toBe(0);
  expect(texts()).toEqual([
    `REF UPDATE [write,unknown] push shop refs/heads/side ${short(two)}..${short(three)} (perhaps forced, 1 commit, 1 file or more)`,
  ]);
});

test('several refs at once, atomic: made, deleted, tagged, a tag moved', async () => {
  const one = await bench.commit({ a: '1\n' });
  await bench.inWork('tag', 'v1');
  await bench.push('main', 'main:old', 'v1');
  const two = await bench.commit({ a: '2\n' });
  await bench.inWork('tag', '-f', 'v1');
  await bench.inWork('tag', '-a', '-m', 'The second\n', 'v2');
  const ran = await bench.push('--atomic', '--force', 'main', ':old', 'v1', 'v2', 'main:refs/notes/x', 'main:refs/meta/config');
  expect(ran.code).toBe(0);
  expect(last().request.capabilities.has('atomic')).toBe(true);
  const tag = await bench.inWork('rev-parse', 'v2');
  const change = `${short(one)}..${short(two)}`;
  expect([...texts()].sort()).toEqual(
    [
      `REF CREATE [write] push shop refs/notes/x ${short(two)} (new, 1 commit, 1 file or more)`,
      `REF CREATE [write,unknown] push shop refs/meta/config ${short(two)} (new, 1 commit, 1 file or more)`,
      `REF CREATE [write] push shop refs/tags/v2 ${short(tag)} (new, 1 commit, 1 file or more)`,
      `REF DELETE [ddl] push shop refs/heads/old ${short(one)} (deleted)`,
      `REF FORCE [ddl] push shop refs/tags/v1 ${change} (moves a tag, 1 commit, 1 file or more)`,
      `REF UPDATE [write] push shop refs/heads/main ${change} (fast-forward, 1 commit, 1 file or more)`,
    ].sort(),
  );
  expect(await bench.inTarget('for-each-ref', '--format=%(refname)')).not.toContain('refs/heads/old');
});

test('a push that only deletes has no pack', async () => {
  await bench.commit({ a: '1\n' });
  await bench.push('main', 'main:old');
  expect((await bench.push(':old')).code).toBe(0);
  expect(last().pack).toBeUndefined();
  expect(last().contents).toMatchObject([{ seen: 'all', commits: 0, update: { ref: 'refs/heads/old', kind: 'delete' } }]);
});

test('push options reach the target', async () => {
  await bench.commit({ a: '1\n' });
  expect((await bench.push('-o', 'ci.skip', '-o', 'ä', 'main')).code).toBe(0);
  expect(last().request.options).toEqual(['ci.skip', 'ä']);
});

test('a push from a shallow clone', async () => {
  await bench.commit({ a: '1\n' });
  await bench.commit({ a: '2\n' });
  await bench.push('main');
  const clone = join(bench.directory, 'shallow');
  await bench.git('clone', '-q', '--depth', '1', `ssh://gateway${bench.target}`, clone);
  expect(bench.relay.fetches.find((fetch) => fetch.command === 'fetch')).toMatchObject({ wants: expect.any(Array), depth: ['deepen 1'] });
  writeFileSync(join(clone, 'b'), 'b\n');
  await bench.git('-C', clone, 'add', '-A');
  await bench.git('-C', clone, 'commit', '-q', '-m', 'x');
  expect((await bench.run('-C', clone, 'push', 'origin', 'main')).code).toBe(0);
  expect(contents()).toMatchObject({ fastForward: 'yes', commits: 1, files: [{ path: 'b' }] });
});

test('ten thousand refs', async () => {
  const id = await bench.commit({ a: '1\n' });
  const refs = Array.from({ length: 10_000 }, (_, i) => `${id} refs/heads/b${String(i).padStart(4, '0')}\n`);
  writeFileSync(join(bench.work, '.git', 'packed-refs'), `# pack-refs with: peeled fully-peeled sorted \n${refs.join('')}`);
  expect((await bench.inWork('push', `ssh://gateway${bench.target}`, '--all')).split('\n').length).toBeGreaterThan(10_000);
  expect(last().contents).toHaveLength(10_001);
  expect(last().contents.every((update) => update.commits === 1 && update.seen === 'all')).toBe(true);
  expect((await bench.inTarget('for-each-ref')).split('\n')).toHaveLength(10_001);
}, 300_000);

test('a thin pack is not guessed at, and passes where a rule lets it', async () => {
  const lines = Array.from({ length: 5000 }, (_, i) => `line ${i} ${Math.sin(i)}\n`).join('');
  const one = await bench.commit({ a: lines });
  await bench.push('main');
  const two = await bench.commit({ a: `${lines}one more\n` });
  // git sends none, since `no-thin` was advertised. This client does not listen.
  const request = `${one} ${two} refs/heads/main\0 report-status\n`;
  const head = Buffer.from(`${(request.length + 4).toString(16).padStart(4, '0')}${request}0000`);
  const pack = await bench.packOf([two, `^${one}`], '--revs --thin');
  const answer = await receivePack(bench, Buffer.concat([head, pack]));
  expect(answer).toContain('ok refs/heads/main');
  expect(last().pack?.unseen).toContain('thin pack');
  expect(texts()[0]).toContain('contents unseen: its pack builds on objects that only the target has (a thin pack)');
  expect(contents()).toMatchObject({ seen: 'none', fastForward: 'unknown' });
  expect(await bench.inTarget('rev-parse', 'main')).toBe(two);
});

describe('compared with what the target has', () => {
  beforeEach(async () => {
    bench.relay.base = true;
    await bench.inTarget('config', 'uploadpack.allowFilter', 'true');
    await bench.commit({ '.github/workflows/ci.yml': 'safe\n', 'src/a.ts': 'a\n', 'src/deep/b.ts': 'b\n', z: 'z\n' });
    await bench.push('main');
  });

  test('every changed path is known: modified, moved, deleted, made executable, a link', async () => {
    await bench.inWork('mv', 'src/a.ts', 'src/moved.ts');
    await bench.inWork('rm', '-q', '-r', 'src/deep');
    await bench.inWork('update-index', '--chmod=+x', 'z');
    await bench.inWork('commit', '-q', '-m', 'x');
    expect((await bench.push('main')).code).toBe(0);
    expect(contents()).toMatchObject({ seen: 'all', fastForward: 'yes', commits: 1 });
    expect(contents()?.files.map(({ path, kind, type }) => `${path} ${kind} ${type}`)).toEqual([
      'src/a.ts deleted file',
      'src/deep/b.ts deleted file',
      'src/moved.ts added file',
      'z modified executable',
    ]);
  });

  test('a merge brings what another branch of the target has long had', async () => {
    await bench.inWork('checkout', '-q', '-b', 'feature');
    await bench.commit({ '.github/workflows/ci.yml': 'evil\n' });
    await bench.push('feature');
    await bench.inWork('checkout', '-q', 'main');
    await bench.commit({ z: 'zz\n' });
    await bench.inWork('merge', '-q', '--no-edit', 'feature');
    expect((await bench.push('main')).code).toBe(0);
    expect(contents()?.seen).toBe('all');
    expect(paths()).toEqual(['.github/workflows/ci.yml', 'z']);
  });

  test('a ref moved to a commit that the target has already', async () => {
    await bench.inWork('checkout', '-q', '-b', 'feature');
    await bench.commit({ '.github/workflows/ci.yml': 'evil\n' });
    await bench.push('feature');
    expect((await bench.push('feature:main')).code).toBe(0);
    expect(contents()).toMatchObject({ seen: 'all', commits: 0, fastForward: 'yes' });
    expect(paths()).toEqual(['.github/workflows/ci.yml']);
  });

  test('a commit put in the place of another one is forced; so is a branch that was rebased or set back', async () => {
    const base = await bench.inWork('rev-parse', 'HEAD');
    await bench.commit({ z: '2\n' });
    await bench.commit({ z: '3\n' });
    await bench.push('main');
    await bench.inWork('commit', '-q', '--amend', '-m', 'other words');
    await bench.push('--force', 'main');
    expect(contents()).toMatchObject({ seen: 'all', fastForward: 'no' });
    await bench.inWork('reset', '-q', '--hard', base);
    await bench.commit({ y: '4\n' });
    await bench.push('--force', 'main');
    expect(contents()).toMatchObject({ seen: 'all', fastForward: 'no', commits: 1 });
    expect(paths()).toEqual(['y', 'z']);
    await bench.push('--force', `${base}:main`);
    expect(contents()).toMatchObject({ seen: 'all', fastForward: 'no', commits: 0 });
    expect(texts()[0]).toContain('REF FORCE [ddl]');
  });

  test('a branch goes forward to the history of another one', async () => {
    await bench.push('main:feature');
    await bench.commit({ z: '2\n' });
    await bench.commit({ z: '3\n' });
    await bench.push('main');
    await bench.commit({ z: '4\n' });
    await bench.push('main:feature');
    expect(contents()).toMatchObject({ seen: 'all', fastForward: 'yes', commits: 1 });
  });

  test('of a changed file only what is new counts, also where the old version is only at the target', async () => {
    bench.relay.options = { finder: secrets };
    await bench.commit({ a: 'SECRET\nplain\n' });
    await bench.push('main');
    await bench.commit({ a: 'SECRET\nplain\nmore\n' });
    await bench.push('main');
    expect(contents()).toMatchObject({ addedLines: 1, findings: [] });
  });

  test('trees that a push names without bringing them are looked up', async () => {
    const safe = await bench.inWork('rev-parse', 'HEAD^{tree}');
    const old = await bench.commit({ '.github/workflows/ci.yml': 'evil\n', 'src/deep/b.ts': 'bb\n' });
    await bench.push('main');
    const back = await bench.inWork('commit-tree', '-p', old, '-m', 'back', safe);
    const request = `${old} ${back} refs/heads/main\0 report-status\n`;
    const head = Buffer.from(`${(request.length + 4).toString(16).padStart(4, '0')}${request}0000`);
    await receivePack(bench, Buffer.concat([head, await bench.packOf([back])]));
    expect(last().pack?.objects).toBe(1);
    expect(contents()).toMatchObject({ seen: 'all', fastForward: 'yes', commits: 1 });
    expect(paths()).toEqual(['.github/workflows/ci.yml', 'src/deep/b.ts']);
    expect(await bench.inTarget('rev-parse', 'main')).toBe(back);
  });

  test('a target that does not answer leaves the push seen in part', async () => {
    bench.relay.baseProtocol = undefined;
    bench.relay.options = { limits: { seconds: 1 } };
    await bench.commit({ z: '2\n' });
    expect((await bench.push('main')).code).toBe(0);
    expect(contents()).toMatchObject({ seen: 'part', files: [{ path: 'z', kind: 'changed' }] });
  });

  test('a commit without files', async () => {
    await bench.inWork('rm', '-q', '-r', '.');
    await bench.inWork('commit', '-q', '-m', 'nothing left');
    await bench.push('main');
    expect(contents()).toMatchObject({ seen: 'all' });
    expect(paths()).toEqual(['.github/workflows/ci.yml', 'src/a.ts', 'src/deep/b.ts', 'z']);
    await bench.commit({ a: 'a\n' });
    await bench.push('main');
    expect(contents()).toMatchObject({ seen: 'all', files: [{ path: 'a', kind: 'added' }] });
  });

  test('what a later commit takes back is still named', async () => {
    await bench.commit({ secret: 'hidden\n' });
    await bench.inWork('rm', '-q', 'secret');
    await bench.inWork('commit', '-q', '-m', 'x');
    await bench.push('main');
    expect(contents()?.commits).toBe(2);
    expect(paths()).toEqual(['secret']);
  });

  test('a target that does not filter, and one that speaks no protocol 2, are asked as well', async () => {
    await bench.inTarget('config', 'uploadpack.allowFilter', 'false');
    await bench.commit({ z: '2\n' });
    await bench.push('main');
    expect(contents()).toMatchObject({ seen: 'all', files: [{ path: 'z', kind: 'modified', addedLines: 1 }] });
    bench.relay.baseProtocol = '';
    await bench.commit({ z: '3\n' });
    await bench.push('main');
    expect(contents()).toMatchObject({ seen: 'all', files: [{ path: 'z', kind: 'modified' }] });
  });
});

test('a SHA-256 repository', async () => {
  await bench.close();
  bench = await GitBench.open({ format: 'sha256', name: "it's here!.git" });
  bench.relay.base = true;
  const one = await bench.commit({ a: '1\n' });
  expect((await bench.push('main')).code).toBe(0);
  const two = await bench.commit({ b: '1\n' });
  expect((await bench.push('main')).code).toBe(0);
  expect(two).toHaveLength(64);
  expect(texts()).toEqual([`REF UPDATE [write] push shop refs/heads/main ${short(one)}..${short(two)} (fast-forward, 1 commit, 1 file)`]);
});

test('what must not be pushed is found in added lines and in messages, not in what was there', async () => {
  bench.relay.options = { finder: secrets };
  await bench.commit({ a: 'SECRET\n' });
  const one = await bench.commit({ a: 'SECRET\nplain\n', 'b/c': 'SECRET SECRET' }, 'has a SECRET');
  await bench.inWork('tag', '-a', '-m', 'SECRET', 'v1');
  await bench.push('main');
  expect(contents()?.findings.filter((finding) => finding.commit === one)).toEqual([
    { rule: 'secrets', count: 1, commit: one },
    { rule: 'secrets', count: 2, path: 'b/c', commit: one },
  ]);
  expect(texts()[0]).toContain('found: secrets');
  await bench.push('v1');
  expect(contents()?.findings).toMatchObject([{ rule: 'secrets', count: 1 }]);
});
