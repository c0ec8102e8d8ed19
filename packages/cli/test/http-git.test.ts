import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { type Event, type HttpGitSite, lastEvents, startHttpGitSite } from './http-git-site.ts';
import { runProgram } from './ssh-site.ts';

const RULES = `rules:
  - { name: nobody pushes to main, match: { verb: ["REF *"], refs: [refs/heads/main] }, unless: { verb: [REF CREATE] }, action: hold, approval: { groups: [leads], timeout: 1m } }
  - { name: no secrets, match: { verb: ["REF *"], findings: ["*"] }, action: deny, message: take the secret out of the commits }
  - { name: workflows are not for everybody, match: { verb: ["REF *"], paths: [".github/*"] }, action: deny, message: ask the platform team }
  - { name: nobody reads the vault, match: { verb: [GIT FETCH], repository: [vault] }, action: deny, message: the vault stays shut }
  - { name: the cellar is asked for, match: { verb: [GIT FETCH], repository: [cellar] }, action: hold, approval: { groups: [leads], timeout: 1m } }
masking:
  - { name: secrets, detect: [aws-key], method: redact }`;

let site: HttpGitSite;
let git: HttpGitSite['git'];
let commit: HttpGitSite['commit'];
let url: HttpGitSite['url'];
let token: string;
const QUESTION_TYPE = 'application/x-git-upload-pack-request';

beforeAll(async () => {
  site = await startHttpGitSite(RULES);
  ({ git, commit, url, alice: token } = site);
});

afterAll(() => site?.stop());

const commands = async (): Promise<readonly Event[]> => (await lastEvents(site)).filter(({ type }) => type === 'command');

async function targetRef(ref: string): Promise<string> {
  return (await runProgram('git', ['--git-dir', site.bare, 'rev-parse', '-q', '--verify', ref])).stdout.trim();
}

/** Of refs: the verb, the ref, the ruling, and how it ended. */
const refs = (all: readonly Event[]): readonly (readonly unknown[])[] =>
  all
    .filter(({ verb }) => /^REF /.test(String(verb)))
    .map(({ verb, objects, ruling, state }) => [verb, (objects as { refs: string[] }).refs[0], ruling, state]);

async function approval(): Promise<{ readonly id: string; readonly command: string }> {
  for (;;) {
    const listed = await site.run(['approvals', 'list', '--state', 'pending', '--json']);
    const [first] = JSON.parse(listed.stdout) as { id: string; command: string }[];
    if (first !== undefined) return first;
  }
}

test('a push that is allowed arrives, and each ref stands in the record', async () => {
  await commit('readme.md', 'hello\n');
  expect(await git(['push', '-q', 'origin', 'HEAD:main', 'HEAD:feature'])).toMatchObject({ code: 0, stderr: '' });
  const all = await commands();
  expect(all.slice(0, 2)).toMatchObject([
    { verb: 'GET GIT PUSH', class: ['read'], text: 'GET /shop.git/info/refs?service=git-receive-pack', state: 'completed' },
    {
      verb: 'POST GIT PUSH',
      class: ['read'],
      text: 'POST /shop.git/git-receive-pack',
      objects: { repository: ['shop'] },
      state: 'completed',
    },
  ]);
  expect([...refs(all)].sort()).toEqual([
    ['REF CREATE', 'refs/heads/feature', 'allow', 'completed'],
    ['REF CREATE', 'refs/heads/main', 'allow', 'completed'],
  ]);
  expect(all[2]).toMatchObject({
    objects: { paths: ['readme.md'], repository: ['shop'], hosts: ['127.0.0.1'], operations: ['github:push', 'github:contents'] },
  });
});

test('the record has what the push said, and of its pack the size and the hash', async () => {
  const { stdout } = await site.run(['replay', 'last']);
  expect(stdout).toContain('POST /shop.git/git-receive-pack');
  for (const ref of ['main', 'feature'])
    expect(stdout).toMatch(new RegExp(`#1 push shop refs/heads/${ref} \\w{8} \\(new, 1 commit, 1 file\\)`));
  expect(stdout).toMatch(
    /\d+ bytes of application\/x-git-receive-pack-request; the first \d+ are recorded, SHA-256 .* the others are not, SHA-256/,
  );
  expect(stdout).toContain('unpack ok');
  expect(await site.run(['verify', 'last'])).toMatchObject({ code: 0 });
});

test("the target sees its own credential and never the client's", () => {
  const basic = Buffer.from('bot:only the gateway knows').toString('base64');
  expect(site.seen.length).toBe(4);
  for (const { headers, rawHeaders } of site.seen) {
    expect(headers.authorization).toBe(`Basic ${basic}`);
    expect(rawHeaders.join('\n')).not.toContain(token);
  }
});

test('a held push tells who is asked while it waits, and arrives when approved', async () => {
  await commit('readme.md', 'hello again\n');
  const pushing = git(['push', 'origin', 'HEAD:main']);
  const { id, command } = await approval();
  expect(command).toMatch(/^push shop refs\/heads\/main \w+\.\.\w+ \(fast-forward, 1 commit, 1 file\)$/);
  expect(await site.run(['approvals', 'approve', id], { token: site.lead })).toMatchObject({ code: 0 });
  const { code, stderr } = await pushing;
  expect([code, stderr]).toEqual([0, expect.stringMatching(/remote: sallyport: approval ap_\w+ asked of leads/)]);
  expect(await targetRef('main')).toBe((await git(['rev-parse', 'HEAD'])).stdout.trim());
});

test('a held push that is turned down changes nothing, and neither does one whose client left', async () => {
  const before = await targetRef('main');
  await commit('readme.md', 'once more\n');
  const pushing = git(['push', 'origin', 'HEAD:main']);
  expect(await site.run(['approvals', 'deny', (await approval()).id, '--reason', 'not on a Friday'], { token: site.lead })).toMatchObject({
    code: 0,
  });
  const { code, stderr } = await pushing;
  expect([code, stderr]).toEqual([1, expect.stringMatching(/! \[remote rejected\] HEAD -> main \(.*not on a Friday/)]);

  const left = spawn('git', ['-C', site.work, 'push', 'origin', 'HEAD:main'], { detached: true, stdio: 'ignore' });
  const { id } = await approval();
  process.kill(-(left.pid ?? 0), 'SIGKILL');
  const all = await commands();
  expect(refs(all)).toMatchObject([['REF UPDATE', 'refs/heads/main', 'hold', expect.not.stringMatching('completed')]]);
  expect(JSON.parse((await site.run(['approvals', 'show', id, '--json'])).stdout)).toMatchObject({ state: 'cancelled' });
  expect(await targetRef('main')).toBe(before);
  await git(['reset', '-q', '--hard', 'origin/main']);
});

test('what a push changes is judged, and git shows the reason behind the ref', async () => {
  await git(['switch', '-q', '-c', 'ci']);
  await commit('.github/workflows/release.yml', 'on: push\n');
  const { code, stderr } = await git(['push', 'origin', 'ci', 'HEAD:refs/heads/other']);
  expect(code).toBe(1);
  expect(stderr).toContain('remote: sallyport: ');
  expect(stderr).toContain('! [remote rejected] ci -> ci (ask the platform team)');
  expect(stderr).toContain('! [remote rejected] HEAD -> other');
  expect(await targetRef('ci')).toBe('');
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

test('forcing and deleting need a rule; tags and options pass', async () => {
  await git(['switch', '-q', '-C', 'feature', 'origin/feature']);
  await git(['commit', '-q', '--amend', '-m', 'rewritten']);
  const forced = await git(['push', '--force', 'origin', 'feature']);
  expect([forced.code, forced.stderr]).toEqual([
    1,
    expect.stringMatching(/! \[remote rejected\] feature -> feature \(.*ddl does not pass for a person without a rule/),
  ]);
  const deleted = await git(['push', 'origin', ':feature']);
  expect([deleted.code, deleted.stderr]).toEqual([1, expect.stringContaining('! [remote rejected] feature')]);
  await git(['switch', '-q', 'main']);
  await git(['tag', '-a', '-m', 'The first', 'v1']);
  expect(await git(['push', '-q', '-o', 'ci.skip', 'origin', 'v1'])).toMatchObject({ code: 0 });
  expect(await targetRef('refs/tags/v1')).not.toBe('');
});

test("what the target's own hook refuses stands in the record as failed, with its reason", async () => {
  const hook = join(site.bare, 'hooks', 'update');
  await writeFile(hook, '#!/bin/sh\ntest "$1" != refs/heads/frozen\n', { mode: 0o755 });
  const { code, stderr } = await git(['push', 'origin', 'HEAD:frozen', 'HEAD:melted']);
  await rm(hook);
  expect([code, stderr]).toEqual([1, expect.stringContaining('! [remote rejected] HEAD -> frozen (hook declined)')]);
  const all = await commands();
  expect([...refs(all)].sort()).toEqual([
    ['REF CREATE', 'refs/heads/frozen', 'allow', 'failed'],
    ['REF CREATE', 'refs/heads/melted', 'allow', 'completed'],
  ]);
  expect(all.find(({ state }) => state === 'failed')).toMatchObject({ error: { code: 'ng', message: 'hook declined' } });
});

test.each(['0', '1', '2'])('cloning, whole and shallow, and fetching in protocol %s are recorded as reading', async (version) => {
  const clone = join(site.folder, `clone-${version}`);
  const said = ['-c', `protocol.version=${version}`];
  expect(await git([...said, 'clone', '-q', '--depth', '1', url(), clone])).toMatchObject({ code: 0, stderr: '' });
  const all = await commands();
  expect(new Set(all.flatMap((command) => command['class']))).toEqual(new Set(['read']));
  const head = await targetRef('main');
  expect(all.at(-1)).toMatchObject({
    verb: 'POST GIT FETCH',
    text: expect.stringContaining(`POST /shop.git/git-upload-pack: fetch shop ${head.slice(0, 8)}`),
    state: 'completed',
  });
  expect(all.at(-1)?.['text']).toContain('(deepen 1)');
  expect(await git([...said, 'fetch', '-q', '--unshallow', '--tags', 'origin'], clone)).toMatchObject({ code: 0 });
  expect((await git(['rev-parse', 'HEAD'], clone)).stdout.trim()).toBe(head);
  expect((await git(['tag'], clone)).stdout).toBe('v1\n');
});

test('50 MB in chunks arrive, behind a probe', async () => {
  await git(['switch', '-q', '-c', 'large', 'origin/main']);
  await commit('large.bin', randomBytes(50_000_000));
  site.seen.length = 0;
  expect(await git(['-c', 'http.postBuffer=65536', 'push', '-q', 'origin', 'large'])).toMatchObject({ code: 0, stderr: '' });
  expect(site.seen.filter(({ method }) => method === 'POST').map(({ headers }) => headers['content-length'] === '4')).toContain(true);
  expect(await targetRef('large')).toBe((await git(['rev-parse', 'HEAD'])).stdout.trim());
  expect(refs(await commands())).toEqual([['REF CREATE', 'refs/heads/large', 'allow', 'completed']]);
  await git(['switch', '-q', 'main']);
});

test('a client that is killed in the middle of its pack leaves nothing behind', async () => {
  await git(['switch', '-q', 'large']);
  const socket = connect(site.port, '127.0.0.1');
  const basic = Buffer.from(`alice:${token}`).toString('base64');
  const head = `POST /shop.git/git-receive-pack HTTP/1.1\r\nHost: git\r\nAuthorization: Basic ${basic}\r\nTransfer-Encoding: chunked\r\n`;
  const line = `${'0'.repeat(40)} ${await targetRef('main')} refs/heads/half\0 report-status side-band-64k`;
  const body = `${(line.length + 4).toString(16).padStart(4, '0')}${line}0000PACK\0\0\0\x02\0\0\0\x05`;
  socket.write(`${head}Content-Type: application/x-git-receive-pack-request\r\n\r\n${Buffer.byteLength(body, 'latin1').toString(16)}\r\n`);
  socket.write(`${body}\r\n`, 'latin1');
  const scratch = join(site.folder, 'data', 'scratch');
  while ((await readdir(scratch)).length === 0) await delay(10);
  socket.destroy();
  const all = await commands();
  expect([refs(all), all.map(({ state }) => state)]).toEqual([[], ['unknown']]);
  expect(await readdir(scratch)).toEqual([]);
  expect(await targetRef('half')).toBe('');
  await git(['switch', '-q', 'main']);
});

test('a token signs in by itself: as the password of x-access-token, and in a header', async () => {
  expect(await git(['ls-remote', url('shop', `x-access-token:${token}`)])).toMatchObject({ code: 0 });
  const header = ['-c', `http.extraHeader=Authorization: Bearer ${token}`];
  expect(await git([...header, 'ls-remote', `http://127.0.0.1:${site.port}/shop.git`])).toMatchObject({ code: 0 });
  const wrong = await git(['ls-remote', url('shop', 'alice:sp_wrong')]);
  expect([wrong.code, wrong.stderr]).toEqual([128, expect.stringContaining('Authentication failed')]);
});

test('a held fetch says who is asked, and passes when it is sent again after a yes', async () => {
  const names = (): Promise<string> => question('cellar', '0014command=ls-refs\n0000');
  expect(await names()).toMatch(/^200 .*\n[0-9a-f]{4}ERR sallyport: .*ap_\w+ asked of leads/);
  const { id, command } = await approval();
  expect(command).toBe('POST /cellar.git/git-upload-pack: ls-refs cellar');
  expect(await site.run(['approvals', 'approve', id], { token: site.lead })).toMatchObject({ code: 0 });
  expect(await names()).toBe('200 application/x-git-upload-pack-result\n0000');
  expect(await names()).toContain('ERR sallyport: ');
});

test('over TLS, in HTTP/2, and with a client that waits for leave to send', async () => {
  const clone = join(site.folder, 'clone-tls');
  const address = url().replace('http:', 'https:').replace('127.0.0.1', 'localhost');
  expect(await git(['clone', '-q', address, clone], site.folder)).toMatchObject({ code: 0 });
  const large = ['-c', 'http.postBuffer=65536', '-c', 'http.extraHeader=Expect: 100-continue'];
  await writeFile(join(clone, 'more.bin'), randomBytes(1_000_000));
  await git(['add', '-A'], clone);
  await git(['commit', '-q', '-m', 'more'], clone);
  expect(await git([...large, 'push', '-q', 'origin', 'HEAD:tls'], clone)).toMatchObject({ code: 0, stderr: '' });
  expect(await targetRef('tls')).toBe((await git(['rev-parse', 'HEAD'], clone)).stdout.trim());
  const shown = JSON.parse((await site.run(['sessions', 'show', 'last', '--json'])).stdout) as { readonly client: object };
  expect(JSON.stringify(shown)).toContain('HTTP/2');
});

test('what is denied says why, whether it is asked for in the beginning or later', async () => {
  const listed = await git(['ls-remote', url('vault')]);
  expect([listed.code, listed.stderr]).toEqual([128, expect.stringContaining('remote: sallyport: the vault stays shut')]);
  expect(await question('vault', '0014command=ls-refs\n0000')).toBe(
    '200 application/x-git-upload-pack-result\n0028ERR sallyport: the vault stays shut\n',
  );
});

/** Asks `git-upload-pack` itself. @returns status, type and body */
async function question(repository: string, body: string | Buffer, coding = 'identity'): Promise<string> {
  const fields = [
    `Authorization: Bearer ${token}`,
    'Git-Protocol: version=2',
    `Content-Type: ${QUESTION_TYPE}`,
    `Content-Encoding: ${coding}`,
  ];
  const address = `http://127.0.0.1:${site.port}/${repository}.git/git-upload-pack`;
  const args = ['-s', '-D', '-', '--data-binary', '@-', ...fields.flatMap((line) => ['-H', line]), address];
  const { stdout } = await runProgram('curl', args, body);
  const [head = '', text = ''] = stdout.split('\r\n\r\n', 2);
  return `${/^HTTP\/1.1 (\d+)/.exec(head)?.[1]} ${/^content-type: (.*)$/im.exec(head)?.[1]?.trim()}\n${text}`;
}

test('what asks in gzip is understood; other codings and several questions at once are refused', async () => {
  const names = '0014command=ls-refs\n0000';
  expect(await question('shop', gzipSync(names), 'gzip')).toContain('refs/heads/main');
  expect(await question('shop', names, 'gzip')).toContain('ERR sallyport: The request is said to be gzip and is not.');
  expect(await question('shop', names, 'br')).toContain("ERR sallyport: git's requests come plain or in gzip, not in br.");
  expect(await question('shop', names + names)).toContain('ERR sallyport: A fetch asks one question in each request.');
  expect(await question('shop', 'no pkt-line')).toContain('ERR sallyport: A pkt-line of git cannot begin with "no p".');
});

test('a repository that is not there is the word of the target; a target that is gone, the word of the gateway', async () => {
  const none = await git(['ls-remote', url('none')]);
  expect([none.code, none.stderr]).toEqual([128, expect.stringContaining("repository 'http://127.0.0.1")]);
  await site.server.stop();
  const gone = await git(['ls-remote', url()]);
  expect([gone.code, gone.stderr]).toEqual([
    128,
    expect.stringMatching(/remote: sallyport: The target git cannot be reached at .*\n.*error: 502/),
  ]);
});
