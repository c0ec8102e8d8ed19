import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { parseGitCall } from './git-call.ts';
import { repositoryName } from './repository.ts';

describe('a call of git', () => {
  test.each([
    ["git-receive-pack '/srv/git/shop.git'", 'receive-pack', '/srv/git/shop.git'],
    ["git receive-pack '/srv/git/shop.git'", 'receive-pack', '/srv/git/shop.git'],
    ['git-upload-pack shop.git', 'upload-pack', 'shop.git'],
    ["git-upload-archive '~/shop'", 'upload-archive', '~/shop'],
    ["git-upload-pack '/it'\\''s here'\\!''", 'upload-pack', "/it's here!"],
  ])('%s', (command, service, path) => {
    expect(parseGitCall(command)).toEqual({ service, path });
  });

  test.each([
    'git-receive-pack',
    "git-receive-pack ''",
    "git-receive-pack '/a'; id",
    "git-receive-pack '/a' && id",
    'git-receive-pack $(id)',
    'git-receive-pack `id`',
    'git-receive-pack /a /b',
    "git-receive-pack '/a' '/b'",
    'git-receive-pack --strict /a',
    "git-receive-pack '--help'",
    "git-receive-pack  '/a'",
    "git-receive-pack '/a' ",
    "git-receive-pack '/a\nid'",
    "git-receive-pack '/a'$HOME",
    "git-receive-pack '/a'\\'b",
    'git-receive-pack "/a"',
    'git-receive-pack /a*',
    'git-receive-pack {a,b}',
    'git -c core.x=y receive-pack /a',
    "/usr/bin/git-receive-pack '/a'",
    "git-shell -c 'x'",
    'git push',
    "GIT-receive-pack '/a'",
  ])('%j is not taken for one', (command) => {
    expect(parseGitCall(command)).toBeUndefined();
  });

  test('what is read is what a shell would pass on', () => {
    const word = fc.string({
      unit: fc.constantFrom('a', '/', "'", "'\\''", "'\\!'", '\\', '!', ' ', '$', ';', '.', '"', '*'),
      maxLength: 8,
    });
    fc.assert(
      fc.property(
        fc.oneof(
          word,
          word.map((text) => `'${text}'`),
        ),
        (text) => {
          const call = parseGitCall(`git-upload-pack ${text}`);
          fc.pre(call !== undefined);
          const shell = spawnSync('sh', ['-c', `set -f; printf '%s\\n' ${text}`], { encoding: 'utf8' });
          expect(shell.stdout).toBe(`${call?.path}\n`);
        },
      ),
      { numRuns: 100 },
    );
  });
});

test.each([
  ['/srv/git/shop.git/', 'srv/git/shop'],
  ['srv/git/shop', 'srv/git/shop'],
  ['//srv/./git/shop/.git', 'srv/git/shop'],
  ['~/shop.git', 'shop'],
  ['/a/../shop', undefined],
  ['/', undefined],
  ['.git', undefined],
])('the repository of %s is %s', (path, name) => {
  expect(repositoryName(path)).toBe(name);
});
