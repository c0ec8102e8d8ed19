import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../../../test-fixtures/servers/postgres.ts';
import { runProgram, type SshSite, startSshSite } from './ssh-site.ts';

const RULES = `rules:
  - { name: shells and files, match: { verb: [SHELL, SFTP, AGENT] }, action: allow }
  - { name: tunnels home, match: { verb: [FORWARD, LISTEN], addresses: ["127.0.0.1:*", "localhost:*"] }, action: allow }
  - { name: no removing, match: { command: ["rm *"] }, action: deny, message: ask the owner of the files }
  - { name: programs from standard input, match: { command: ["bash -s", "wait-for-me"] }, action: hold, approval: { groups: [leads], timeout: 1m } }
masking:
  - { name: secrets, detect: [aws-key], method: redact }`;

const SECRET = 'AKIAIOSFODNN7EXAMPLE';
let site: SshSite;
let lead: string;
beforeAll(async () => {
  site = await startSshSite({ rules: RULES });
  lead = await site.token('dana', '--can', 'approve');
});
afterAll(() => site?.stop());

const command = async (): Promise<Readonly<Record<string, unknown>>> =>
  (await site.lastSession()).events.filter(({ type }) => type === 'command').at(-1) ?? {};

/** Decides about what waits, as soon as something does. */
async function decide(verdict: 'approve' | 'deny', ...flags: readonly string[]): Promise<void> {
  for (;;) {
    const listed = await site.run(['approvals', 'list', '--state', 'pending', '--json']);
    const [first] = JSON.parse(listed.stdout) as { id: string }[];
    if (first === undefined) continue;
    const decided = await site.run(['approvals', verdict, first.id, ...flags], { token: lead });
    if (decided.code !== 0) throw new Error(decided.stderr);
    return;
  }
}

test('a command runs with its output, its errors and its exit status, and the record has it', async () => {
  const outcome = await site.ssh(['alice@127.0.0.1', 'echo out; echo err >&2; exit 7']);
  expect(outcome).toEqual({ code: 7, stdout: 'out\n', stderr: 'err\n' });
  expect(await command()).toMatchObject({
    text: 'echo out; echo err >&2; exit 7',
    class: ['write'],
    verb: 'EXEC',
    ruling: 'allow',
    state: 'completed',
    bytes: 8,
    exit: 7,
  });
  expect(await site.lastSession()).toMatchObject({ identity: 'alice', state: 'ended', facts: { sign_in: 'publickey' } });
});

test('a signal ends a program by its name', async () => {
  const { code } = await site.ssh(['alice@127.0.0.1', 'kill -TERM $$']);
  expect(code).not.toBe(0);
  expect(await command()).toMatchObject({ state: 'completed', exit: 'TERM' });
});

test('what is sent before the command runs is not lost, and passes unchanged in both directions', async () => {
  const bytes = randomBytes(3_000_000);
  const file = join(site.folder, 'bytes');
  await writeFile(file, bytes);
  const { stdout, code } = await site.ssh(['alice@127.0.0.1', 'tee /dev/stderr | sha256sum; true'], bytes);
  expect([code, stdout]).toEqual([0, `${createHash('sha256').update(bytes).digest('hex')}  -\n`]);
});

test('a program whose output nobody reads any more is told so', async () => {
  const ssh = ['ssh', '-p', String(site.port), ...site.options, 'alice@127.0.0.1', 'yes'].map((each) => `'${each}'`).join(' ');
  expect(await site.program('sh', ['-c', `${ssh} | head -n 1`])).toMatchObject({ code: 0, stdout: 'y\n' });
  expect(await command()).toMatchObject({ text: 'yes', state: 'completed' });
});

test('keys of other kinds sign in as well', async () => {
  for (const kind of ['rsa', 'ecdsa']) {
    const key = join(site.folder, kind);
    await promisify(execFile)('ssh-keygen', ['-q', '-t', kind, '-N', '', '-f', key]);
    const known = (await readFile(`${key}.pub`, 'utf8')).trim();
    await writeFile(site.configFile, (await readFile(site.configFile, 'utf8')).replace('ssh_keys: ["', `ssh_keys: ["${known}", "`));
    site.gateway.child.kill('SIGHUP');
    const flags = site.options.map((each) => (each === site.key ? key : each));
    for (;;) {
      const outcome = await site.program('ssh', ['-p', String(site.port), ...flags, 'alice@127.0.0.1', `echo ${kind}`]);
      if (outcome.code === 255) continue; // the configuration is not read yet
      expect(outcome).toMatchObject({ code: 0, stdout: `${kind}\n` });
      break;
    }
  }
});

test('a denied command ends with 126 and the reason, and never runs', async () => {
  const mark = join(site.folder, 'mark');
  await writeFile(mark, '');
  const { code, stderr } = await site.ssh(['alice@127.0.0.1', `rm ${mark}`]);
  expect([code, stderr]).toEqual([126, 'sallyport: ask the owner of the files\n']);
  expect(await readFile(mark, 'utf8')).toBe('');
  expect(await command()).toMatchObject({ ruling: 'deny', rule: ['no removing'], state: 'intended' });
});

test('a held program from standard input shows its digest to who approves, then runs with all of it', async () => {
  const program = 'echo it ran\n';
  const running = site.ssh(['alice@127.0.0.1', 'bash -s'], program);
  await decide('approve');
  const { code, stdout, stderr } = await running;
  expect([code, stdout]).toEqual([0, 'it ran\n']);
  expect(stderr).toMatch(/^sallyport: approval ap_\w+ asked of leads: waiting up to 1m/);
  const { events } = await site.lastSession();
  expect(events.find(({ type }) => type === 'held')).toMatchObject({
    context: { input: `sha256:${createHash('sha256').update(program).digest('hex')} (${program.length} bytes)`, terminal: 'no' },
  });
});

test('a held command that is refused ends with 126 and says by whom', async () => {
  const running = site.ssh(['alice@127.0.0.1', 'wait-for-me']);
  await decide('deny', '--reason', 'not today');
  const { code, stderr } = await running;
  expect(code).toBe(126);
  expect(stderr).toContain('not today');
});

test('a client that leaves while it waits cancels the approval: the command never runs', async () => {
  const flags = ['-p', String(site.port), ...site.options, 'alice@127.0.0.1', 'wait-for-me'];
  const child = execFile('ssh', flags);
  const id = await new Promise<string>((resolve) => {
    child.stderr?.on('data', (text: string) => /ap_\w+/.exec(text)?.[0] !== undefined && resolve(/ap_\w+/.exec(text)?.[0] ?? ''));
  });
  child.kill('SIGKILL');
  for (;;) {
    const { stdout } = await site.run(['approvals', 'show', id, '--json']);
    const { state } = JSON.parse(stdout) as { state: string };
    if (state === 'pending') continue;
    expect(state).toBe('cancelled');
    break;
  }
  expect(await command()).toMatchObject({ ruling: 'hold', state: 'intended' });
});

test('a token signs in as a password, and who has none is told what to do', async () => {
  const token = await site.token('alice');
  const askpass = join(site.folder, 'askpass');
  await writeFile(askpass, '#!/bin/sh\necho "$TEST_TOKEN"\n', { mode: 0o700 });
  const flags = [
    '-p',
    String(site.port),
    ...site.options,
    '-o',
    'BatchMode=no',
    '-o',
    'PubkeyAuthentication=no',
    '-o',
    'NumberOfPasswordPrompts=1',
  ];
  const env = { SSH_ASKPASS: askpass, SSH_ASKPASS_REQUIRE: 'force' };
  for (const method of ['password', 'keyboard-interactive']) {
    const args = [...flags, '-o', `PreferredAuthentications=${method}`, 'alice@127.0.0.1', 'echo in'];
    // BatchMode stands first among the options, and the first word counts.
    const outcome = await runProgram(
      'ssh',
      args.filter((each, at) => each !== 'BatchMode=yes' && !(each === '-o' && args[at + 1] === 'BatchMode=yes')),
      '',
      { ...env, TEST_TOKEN: token },
    );
    expect(outcome.stdout).toBe('in\n');
    expect(await site.lastSession()).toMatchObject({ facts: { sign_in: method } });
  }
  const wrong = [
    ...flags.filter((each, at) => each !== 'BatchMode=yes' && !(each === '-o' && flags[at + 1] === 'BatchMode=yes')),
    'alice@127.0.0.1',
    'true',
  ];
  const { code, stderr } = await runProgram('ssh', wrong, '', { ...env, TEST_TOKEN: `${token.slice(0, -4)}AAAA` });
  expect(code).toBe(255);
  expect(stderr).toContain('The gateway token is mistyped or cut');
});

test('a key that is nobody’s, or another’s, lets nobody in', async () => {
  const key = join(site.folder, 'stranger');
  await promisify(execFile)('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
  const flags = site.options.map((each) => (each === site.key ? key : each));
  for (const user of ['alice', 'dana', 'nobody']) {
    const { code, stderr } = await site.program('ssh', ['-p', String(site.port), ...flags, `${user}@127.0.0.1`, 'true']);
    expect([code, stderr]).toEqual([255, expect.stringContaining('Permission denied (publickey')]);
  }
  expect((await site.ssh(['dana@127.0.0.1', 'true'])).code).toBe(255); // alice's key is not dana's
});

test('an agent may run nothing without a rule', async () => {
  const token = await site.token('copilot');
  const outcome = await site.run(['exec', 'web-1', '--', 'uptime'], { token });
  expect(outcome.code).toBe(126);
  expect(outcome.stderr).toContain('write does not pass for an agent without a rule');
});

test('exec passes standard input, output, errors and the exit status on', async () => {
  const token = await site.token('alice');
  const outcome = await site.run(['exec', 'web-1', '--', 'cat; echo err >&2; exit 5'], { token, input: 'line\n' });
  expect(outcome).toMatchObject({ code: 5, stdout: 'line\n' });
  expect(outcome.stderr).toContain('err\n');
});

test('exec waits for an approval no longer than it was told, and takes the command back', async () => {
  const token = await site.token('alice');
  const outcome = await site.run(['exec', 'web-1', '--wait', '1s', '--', 'wait-for-me'], { token });
  expect(outcome.code).toBe(3);
  expect(outcome.stderr).toMatch(/Nobody decided ap_\w+ in time; the command was taken back/);
  for (;;) {
    const { stdout } = await site.run(['approvals', 'list', '--state', 'pending', '--json']);
    if (stdout.trim() === '[]') break;
  }
});

test('connect starts ssh, signed in, with the host key checked', async () => {
  const token = await site.token('alice');
  const outcome = await site.run(['connect', 'web-1', '--', 'echo', 'connected'], { token });
  expect(outcome).toMatchObject({ code: 0, stdout: 'connected\n' });
});

test('secrets in a program’s output are masked, in the record as well', async () => {
  const { stdout } = await site.ssh([
    'alice@127.0.0.1',
    `printf 'key '; printf ${SECRET.slice(0, 9)}; sleep 0.01; printf ${SECRET.slice(9)}; echo .`,
  ]);
  expect(stdout).toBe('key [redacted].\n');
  expect(await command()).toMatchObject({ masked: { secrets: 1 } });
});

test('a secret in a command line stands neither in the record nor before who approves', async () => {
  await site.ssh(['alice@127.0.0.1', `true ${SECRET}`]);
  expect(await command()).toMatchObject({ text: 'true [redacted]' });
  const { id } = await site.lastSession();
  expect((await site.run(['sessions', 'export', id])).stdout).not.toContain(SECRET);
  expect((await site.run(['replay', id])).stdout).not.toContain(SECRET);
});

test("the client's agent signs at the target where a rule allows it, and a variable that is not listed does not pass", async () => {
  const socket = join(site.folder, 'agent');
  const agent = execFile('ssh-agent', ['-D', '-a', socket]);
  const env = { SSH_AUTH_SOCK: socket, LC_ALL: 'C.UTF-8', SECRET_ENV: 'x' };
  try {
    for (let added = 1; added !== 0; ) added = (await site.program('ssh-add', ['-q', site.key], '', env)).code ?? 1;
    const flags = ['-p', String(site.port), ...site.options, '-A', '-o', 'SendEnv=SECRET_ENV LC_ALL'];
    const { stdout } = await site.program('ssh', [...flags, 'alice@127.0.0.1', 'ssh-add -l; echo "<$LC_ALL$SECRET_ENV>"'], '', env);
    expect(stdout).toMatch(/^256 SHA256:\S+ .*\(ED25519\)\n<C\.UTF-8>\n$/);
    expect((await site.lastSession()).events.filter(({ type }) => type === 'agent')).toHaveLength(1);
  } finally {
    agent.kill();
  }
});

test('a terminal has a size, modes and resizes', async () => {
  const inner = `ssh -tt -p ${site.port} ${site.options.map((each) => `'${each}'`).join(' ')} alice@127.0.0.1`;
  const { stdout } = await site.program('script', ['-qec', `stty rows 33 cols 101; ${inner} 'stty size; tty'`, '/dev/null']);
  expect(stdout).toMatch(/33 101\r\n\/dev\/pts\/\d+/);
});

test('tunnels that a rule allows carry bytes both ways, counted as opaque', async () => {
  const server = createServer((_request, response) => response.end('through')).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const [local, remote] = [await freePort(), await freePort()];
  const flags = ['-N', '-o', 'ExitOnForwardFailure=yes', '-L', `${local}:127.0.0.1:${port}`, '-R', `${remote}:127.0.0.1:${port}`];
  const child = execFile('ssh', ['-p', String(site.port), ...site.options, ...flags, 'alice@127.0.0.1']);
  const answered = async (at: number): Promise<string> => {
    for (;;) {
      const text = await fetch(`http://127.0.0.1:${at}/`).then(
        (response) => response.text(),
        () => '',
      );
      if (text !== '') return text;
    }
  };
  expect(await answered(local)).toBe('through');
  expect(await answered(remote)).toBe('through');
  child.kill('SIGTERM');
  await new Promise((resolve) => child.once('close', resolve));
  server.closeAllConnections();
  server.close();
  const { events } = await site.lastSession();
  expect(
    events
      .filter(({ type }) => type === 'command')
      .map(({ text }) => text)
      .sort(),
  ).toEqual([`forward to 127.0.0.1:${port}`, `listen at localhost:${remote}`]);
});

test('a tunnel elsewhere is refused', async () => {
  const local = await freePort();
  const child = execFile('ssh', ['-p', String(site.port), ...site.options, '-N', '-L', `${local}:192.0.2.1:80`, 'alice@127.0.0.1']);
  let failure = '';
  while (!/ECONNREFUSED/.test(failure) || failure === '') {
    const got = await fetch(`http://127.0.0.1:${local}/`).then(
      () => 'answered',
      (error: Error) => String((error.cause as { code?: string }).code),
    );
    if (got !== 'ECONNREFUSED') {
      failure = got;
      break;
    }
  }
  child.kill('SIGTERM');
  await new Promise((resolve) => child.once('close', resolve));
  expect(failure).not.toBe('answered');
  expect(await command()).toMatchObject({ text: 'forward to 192.0.2.1:80', ruling: 'deny' });
});

test('the record is sealed and verifies', async () => {
  await site.ssh(['alice@127.0.0.1', 'echo sealed']);
  const { id } = await site.lastSession();
  expect(await site.run(['verify', id])).toMatchObject({ code: 0 });
});
