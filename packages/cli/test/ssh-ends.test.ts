import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { freePort, type PostgresServer, startPostgres } from '../../../test-fixtures/servers/postgres.ts';
import { type SshSite, startSshSite } from './ssh-site.ts';

let site: SshSite;
let postgres: PostgresServer;
beforeAll(async () => {
  postgres = await startPostgres();
  const shared = await freePort();
  const target = `  shop-db:
    protocol: postgres
    listen: 127.0.0.1:${await freePort()}
    address: 127.0.0.1:${postgres.port}
    tls: disable
    database: ${postgres.database}
    credentials: { username: ${postgres.user}, password: "\${file:./db.password}" }
  web-2:
    protocol: ssh
    listen: 127.0.0.1:${shared}
    address: 127.0.0.1:1
    host_keys: ["SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"]
    credentials: { username: nobody, password: "\${file:./db.password}" }
  web-3:
    protocol: ssh
    listen: 127.0.0.1:${shared}
    address: 127.0.0.1:1
    host_keys: ["SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"]
    credentials: { username: nobody, password: "\${file:./db.password}" }`;
  const rules = `rules:
  - { name: shells, match: { verb: [SHELL] }, action: allow }
masking:
  - { name: contact data, columns: ["*.email"], method: redact }`;
  site = await startSshSite({ targets: target, rules, files: { 'db.password': postgres.password } });
});
afterAll(async () => {
  await site?.stop();
  await postgres?.stop();
});

interface Running {
  said(): string;
  heard(pattern: RegExp): Promise<void>;
  readonly ended: Promise<number | null>;
  kill(): void;
}

function running(args: readonly string[]): Running {
  const child = execFile('ssh', ['-p', String(site.port), ...site.options, ...args]);
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (part: string) => (text += part));
  return {
    said: () => text,
    async heard(pattern) {
      while (!pattern.test(text)) await new Promise((resolve) => setTimeout(resolve, 20));
    },
    ended: once(child, 'close').then(([code]) => code as number | null),
    kill: () => void child.kill('SIGKILL'),
  };
}

test('a tunnel to a known database leads through its rules and masks, as who opened it', async () => {
  const local = await freePort();
  const tunnel = running(['-N', '-L', `${local}:127.0.0.1:${postgres.port}`, 'alice@127.0.0.1']);
  const sql = "create table people (name text, email text); insert into people values ('Ann', 'ann@example.com'); select * from people";
  const dsn = `host=127.0.0.1 port=${local} user=whoever dbname=${postgres.database} sslmode=disable connect_timeout=2`;
  let answer = { code: 1 as number | null, stdout: '', stderr: '' };
  for (let tries = 0; tries < 50 && answer.code !== 0; tries += 1) {
    answer = await site.program('psql', ['-XAt', '-c', 'set role none', dsn]);
  }
  answer = await site.program('psql', ['-XAt', '-c', sql, dsn]);
  expect(answer.stderr).toContain('ddl'); // no rule lets CREATE pass
  answer = await site.program('psql', ['-XAt', '-c', 'select current_user', dsn]);
  expect(answer).toMatchObject({ code: 0, stdout: `${postgres.user}\n` });
  const { stdout } = await site.run(['sessions', 'list', '--json', '--target', 'shop-db']);
  expect(JSON.parse(stdout)[0]).toMatchObject({ identity: 'alice', protocol: 'postgres' });
  tunnel.kill();
  await tunnel.ended;
});

test('what is typed in a shell is noted as advice', async () => {
  const child = execFile('ssh', ['-p', String(site.port), ...site.options, '-tt', 'alice@127.0.0.1']);
  let text = '';
  child.stdout?.on('data', (part: string) => (text += part));
  while (!/[#$] /.test(text)) await new Promise((resolve) => setTimeout(resolve, 20));
  child.stdin?.write('echo typed-by-hand\r');
  while (!/^typed-by-hand/m.test(text)) await new Promise((resolve) => setTimeout(resolve, 20));
  child.stdin?.write('exit\r');
  await once(child, 'close');
  const { events } = await site.lastSession();
  expect(events.filter(({ type }) => type === 'typed').map((event) => event['text'])).toEqual([
    expect.stringMatching(/[#$] echo typed-by-hand$/),
    expect.stringMatching(/[#$] exit$/),
  ]);
});

test('a session that is killed says so in its terminal, and its record is sealed', async () => {
  const shell = running(['-tt', 'alice@127.0.0.1']);
  await shell.heard(/[#$] /);
  const { stdout } = await site.run(['sessions', 'list', '--json', '--state', 'live', '--target', 'web-1']);
  const [{ id }] = JSON.parse(stdout) as [{ id: string }];
  expect(await site.run(['sessions', 'kill', id, '--reason', 'maintenance'])).toMatchObject({ code: 0 });
  await shell.ended;
  expect(shell.said()).toContain('maintenance');
  const shown = JSON.parse((await site.run(['sessions', 'show', id, '--json'])).stdout);
  expect(shown).toMatchObject({ state: 'ended', sealed: true });
});

test('access that needs an approval waits with a sentence, and goes on when approved', async () => {
  const lead = await site.token('dana', '--can', 'approve');
  const token = await site.token('erin');
  const waiting = site.run(['exec', 'web-1', '--', 'echo approved'], { token });
  for (;;) {
    const listed = await site.run(['approvals', 'list', '--state', 'pending', '--json']);
    const [first] = JSON.parse(listed.stdout) as { id: string }[];
    if (first === undefined) continue;
    await site.run(['approvals', 'approve', first.id], { token: lead });
    break;
  }
  const outcome = await waiting;
  expect(outcome).toMatchObject({ code: 0, stdout: 'approved\n' });
  expect(outcome.stderr).toContain('asked of leads');
});

test('a target that cannot be reached says so, and is not blamed on the client', async () => {
  const port = /web-2[\s\S]*?listen: 127.0.0.1:(\d+)/.exec(await readFile(site.configFile, 'utf8'))?.[1] ?? '';
  const hosts = (await site.run(['ca', 'ssh', '--known-hosts'])).stdout;
  await writeFile(`${site.folder}/known_hosts`, hosts);
  const ssh = (user: string) => site.program('ssh', ['-p', port, ...site.options, `${user}@127.0.0.1`, 'true']);
  expect(await ssh('alice@web-2')).toMatchObject({
    code: 125,
    stderr: expect.stringContaining('The target web-2 cannot be reached at 127.0.0.1:1'),
  });
  expect((await ssh('alice')).stderr).toContain('connect as USER@TARGET@GATEWAY');
});

test('a host with another key is refused, and the sentence says which', async () => {
  const other = await startSshSite({ hostKey: 'SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' });
  try {
    const { code, stderr } = await other.ssh(['alice@127.0.0.1', 'true']);
    expect([code, stderr]).toEqual([
      125,
      expect.stringMatching(/shows the ssh-\S+ key SHA256:\S+, which is not among host_keys of the target web-1/),
    ]);
  } finally {
    await other.stop();
  }
});

test('a target that goes away ends the session with a sentence', async () => {
  const other = await startSshSite();
  try {
    const child = execFile('ssh', ['-p', String(other.port), ...other.options, 'alice@127.0.0.1', 'echo $PPID; sleep 60']);
    let [out, text] = ['', ''];
    child.stdout?.on('data', (part: string) => (out += part));
    child.stderr?.on('data', (part: string) => (text += part));
    while (!/^\d+\n/.test(out)) await new Promise((resolve) => setTimeout(resolve, 20));
    const ended = once(child, 'close');
    process.kill(Number(out.trim()), 'SIGKILL'); // the server's process for this connection
    await ended;
    expect(text).toMatch(/The target web-1 closed the (?:connection|channel)/);
    expect(await other.lastSession()).toMatchObject({ state: 'failed' });
  } finally {
    await other.stop();
  }
});

test('three hundred connections that say nothing keep nobody out, and little memory', async () => {
  const resident = async (): Promise<number> =>
    Number(/^VmRSS:\s+(\d+)/m.exec(await readFile(`/proc/${site.gateway.child.pid}/status`, 'utf8'))?.[1]) / 1024;
  expect((await site.ssh(['alice@127.0.0.1', 'true'])).code).toBe(0);
  const before = await resident();
  const greeted: Promise<unknown>[] = [];
  const sockets = Array.from({ length: 300 }, () => {
    const socket = connect(site.port, '127.0.0.1');
    greeted.push(Promise.race([once(socket, 'data'), once(socket, 'close')]));
    return socket;
  });
  await Promise.all(greeted);
  expect((await site.ssh(['alice@127.0.0.1', 'echo here'])).stdout).toBe('here\n');
  expect(sockets.filter(({ closed, destroyed, readyState }) => !closed && !destroyed && readyState === 'open').length).toBeLessThanOrEqual(
    256,
  );
  expect((await resident()) - before).toBeLessThan(64);
  for (const socket of sockets) socket.destroy();
});

test('a key that leaves the configuration ends the sessions that it let in', async () => {
  const shell = running(['-tt', 'alice@127.0.0.1']);
  await shell.heard(/[#$] /);
  const before = await readFile(site.configFile, 'utf8');
  await writeFile(site.configFile, before.replace(/, ssh_keys: \[[^\]]*\]/, ''));
  site.gateway.child.kill('SIGHUP');
  await shell.ended;
  expect(shell.said()).toContain("The gateway's configuration no longer has the SSH key or CA that let alice in.");
  await writeFile(site.configFile, before);
  site.gateway.child.kill('SIGHUP');
});
