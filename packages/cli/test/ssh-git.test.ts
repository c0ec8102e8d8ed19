import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Outcome } from './site.ts';
import { runProgram, type SshSite, startSshSite } from './ssh-site.ts';

const RULES = `rules:
  - { name: nobody pushes to main, match: { verb: ["REF *"], refs: [refs/heads/main] }, unless: { verb: [REF CREATE] }, action: hold, approval: { groups: [leads], timeout: 1m } }
  - { name: no secrets, match: { verb: ["REF *"], findings: ["*"] }, action: deny, message: take the secret out of the commits }
  - { name: workflows are not for everybody, match: { verb: ["REF *"], paths: [".github/*"] }, action: deny, message: ask the platform team }
masking:
  - { name: secrets, detect: [aws-key], method: redact }`;

let site: SshSite;
let lead: string;
let work: string;
beforeAll(async () => {
  site = await startSshSite({ rules: RULES });
  lead = await site.token('dana', '--can', 'approve');
  work = join(site.folder, 'work');
  const bare = join(site.folder, 'shop.git');
  await runProgram('git', ['init', '-q', '--bare', '-b', 'main', bare]);
  const url = `ssh://alice@127.0.0.1:${site.port}${bare}`;
  expect(await git(['clone', '-q', url, work], site.folder)).toMatchObject({ code: 0 });
});
afterAll(() => site?.stop());

function git(args: readonly string[], folder = work): Promise<Outcome> {
  const env = {
    GIT_SSH_COMMAND: ['ssh', ...site.options].map((each) => `'${each}'`).join(' '),
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_AUTHOR_NAME: 'Alice',
    GIT_AUTHOR_EMAIL: 'alice@example.com',
    GIT_COMMITTER_NAME: 'Alice',
    GIT_COMMITTER_EMAIL: 'alice@example.com',
  };
  return runProgram('git', ['-C', folder, ...args], '', env);
}

async function commit(file: string, text: string, message = `change ${file}`): Promise<void> {
  await runProgram('mkdir', ['-p', join(work, file, '..')]);
  await writeFile(join(work, file), text);
  await git(['add', '-A']);
  expect(await git(['commit', '-q', '-m', message])).toMatchObject({ code: 0 });
}

const commands = async (): Promise<readonly Readonly<Record<string, unknown>>[]> =>
  (await site.lastSession()).events.filter(({ type }) => type === 'command');

test('a push that is allowed arrives, and each ref stands in the record', async () => {
  await commit('readme.md', 'hello\n');
  expect(await git(['push', '-q', 'origin', 'HEAD:main', 'HEAD:feature'])).toMatchObject({ code: 0 });
  const [call, ...refs] = await commands();
  expect(call).toMatchObject({ verb: 'GIT PUSH', class: ['read'], state: 'completed' });
  expect(refs.map(({ verb, objects, ruling }) => [verb, (objects as { refs: string[] }).refs[0], ruling]).sort()).toEqual([
    ['REF CREATE', 'refs/heads/feature', 'allow'],
    ['REF CREATE', 'refs/heads/main', 'allow'],
  ]);
  expect(refs[0]).toMatchObject({ objects: { paths: ['readme.md'] }, state: 'completed' });
});

test("what the target's own hook refuses stands in the record as failed, with its reason", async () => {
  const hook = join(site.folder, 'shop.git', 'hooks', 'update');
  await writeFile(hook, '#!/bin/sh\ntest "$1" != refs/heads/frozen\n', { mode: 0o755 });
  const { code, stderr } = await git(['push', 'origin', 'HEAD:frozen', 'HEAD:melted']);
  await rm(hook);
  expect([code, stderr]).toEqual([1, expect.stringContaining('! [remote rejected] HEAD -> frozen (hook declined)')]);
  const refs = (await commands()).slice(1).map(({ objects, state, error }) => [(objects as { refs: string[] }).refs[0], state, error]);
  expect(refs.sort()).toEqual([
    ['refs/heads/frozen', 'failed', { code: 'ng', message: 'hook declined' }],
    ['refs/heads/melted', 'completed', null],
  ]);
});

test('what is no pack is refused for each ref, and the record says so', async () => {
  const line = `${'0'.repeat(40)} ${'a'.repeat(40)} refs/heads/odd\0 report-status`;
  const request = `${(line.length + 4).toString(16).padStart(4, '0')}${line}0000this is no pack`;
  const call = `git-receive-pack '${join(site.folder, 'shop.git')}'`;
  const { stdout } = await runProgram('ssh', ['-p', String(site.port), ...site.options, 'alice@127.0.0.1', call], request);
  expect(stdout).toMatch(/unpack ok\n.*ng refs\/heads\/odd refused by the gateway\n0000/s);
  const { events } = await site.lastSession();
  expect(events.find(({ type }) => type === 'push-refused')).toMatchObject({
    refs: ['refs/heads/odd'],
    updates: 1,
    error: { code: 'ERR_PROTOCOL', message: 'What follows the refs of the push is no pack.' },
  });
});

test('a held push tells who is asked while it waits, and arrives when approved', async () => {
  await commit('readme.md', 'hello again\n');
  const pushing = git(['push', 'origin', 'HEAD:main']);
  for (;;) {
    const listed = await site.run(['approvals', 'list', '--state', 'pending', '--json']);
    const [first] = JSON.parse(listed.stdout) as { id: string; command: string }[];
    if (first === undefined) continue;
    expect(first.command).toMatch(/^push \S*shop refs\/heads\/main \w+\.\.\w+ \(fast-forward, 1 commit, 1 file\)$/);
    expect(await site.run(['approvals', 'approve', first.id], { token: lead })).toMatchObject({ code: 0 });
    break;
  }
  const { code, stderr } = await pushing;
  expect([code, stderr]).toEqual([0, expect.stringMatching(/remote: sallyport: approval ap_\w+ asked of leads/)]);
});

test('what a push changes is judged, and git shows the reason behind the ref', async () => {
  await git(['switch', '-q', '-c', 'ci']);
  await commit('.github/workflows/release.yml', 'on: push\n');
  const { code, stderr } = await git(['push', 'origin', 'ci', 'HEAD:refs/heads/other']);
  expect(code).toBe(1);
  expect(stderr).toContain('! [remote rejected] ci -> ci (ask the platform team)');
  expect(stderr).toContain('! [remote rejected] HEAD -> other');
  await git(['switch', '-q', 'main']);
});

test('a secret in any commit of a push is found', async () => {
  await git(['switch', '-q', '-c', 'leaky', 'origin/feature']);
  await commit('settings.ini', 'key = AKIAIOSFODNN7EXAMPLE\n');
  await commit('settings.ini', 'key = none\n', 'take it out again');
  const { code, stderr } = await git(['push', 'origin', 'leaky']);
  expect([code, stderr]).toEqual([1, expect.stringContaining('! [remote rejected] leaky -> leaky (take the secret out of the commits)')]);
  expect((await commands()).at(-1)).toMatchObject({ objects: { findings: ['secrets'] }, ruling: 'deny' });
});

test('forcing and deleting need a rule', async () => {
  await git(['switch', '-q', '-C', 'feature', 'origin/feature']);
  await git(['commit', '-q', '--amend', '-m', 'rewritten']);
  const forced = await git(['push', '--force', 'origin', 'feature']);
  expect([forced.code, forced.stderr]).toEqual([
    1,
    expect.stringMatching(/! \[remote rejected\] feature -> feature \(.*ddl does not pass for a person without a rule/),
  ]);
  const deleted = await git(['push', 'origin', ':feature']);
  expect([deleted.code, deleted.stderr]).toEqual([1, expect.stringContaining('! [remote rejected] feature')]);
});

test('nothing to push is no fault, and fetching reads', async () => {
  await git(['switch', '-q', '-C', 'main', 'origin/main']);
  expect(await git(['push', 'origin', 'main'])).toMatchObject({ code: 0, stderr: 'Everything up-to-date\n' });
  expect(await git(['fetch', '-q', 'origin'])).toMatchObject({ code: 0 });
  expect((await commands())[0]).toMatchObject({
    verb: 'GIT FETCH',
    class: ['read'],
    objects: { repository: [expect.stringMatching(/shop$/)] },
  });
});

test('a push to a repository that is not there ends with what the target says', async () => {
  const { code, stderr } = await git(['push', `ssh://alice@127.0.0.1:${site.port}${join(site.folder, 'none.git')}`, 'HEAD:main']);
  expect(code).toBe(128);
  expect(stderr).toContain('does not appear to be a git repository');
});
