import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { COMMAND, startSite, type TestSite } from './site.ts';

let site: TestSite;
let alice: string;
let dana: string;

beforeAll(async () => {
  site = await startSite();
  [alice, dana] = await Promise.all([site.token('alice'), site.token('dana', '--can', 'approve')]);
  const setUp = "INSERT INTO people VALUES (1, 'Ada', 'ada@example.com'), (2, 'Bo', NULL)";
  await held('CREATE TABLE people (id int PRIMARY KEY, name text, email text)', 'approve');
  const inserted = await exec(['shop-db', '--', setUp]);
  expect(inserted).toMatchObject({ code: 0, stdout: '', stderr: 'INSERT 0 2\n' });
}, 60_000);

afterAll(() => site.stop(), 30_000);

/** Runs `exec` as alice. */
function exec(args: readonly string[], input?: string) {
  return site.run(['exec', ...args], { token: alice, ...(input !== undefined && { input }) });
}

/** Has alice send a statement that is held and dana decide it; returns what alice got. */
async function held(sql: string, verdict: 'approve' | 'deny') {
  const waiting = site.start(['exec', 'shop-db', '--', sql], { token: alice });
  const id = await waiting.heard(/ap_\w+/);
  const decided = await site.run(['approvals', verdict, id, '--reason', 'as agreed'], { token: dana });
  expect(decided.code).toBe(0);
  return waiting.outcome;
}

describe('exec', () => {
  const READ = 'SELECT id, name, email FROM people ORDER BY id';

  test('prints a table, the rest goes to stderr', async () => {
    const { code, stdout, stderr } = await exec(['shop-db', '--', READ]);
    expect(stdout).toBe('id │ name │ email\n───┼──────┼───────────\n1  │ Ada  │ [redacted]\n2  │ Bo   │ NULL\n');
    expect({ code, stderr }).toEqual({ code: 0, stderr: 'SELECT 2\n' });
  });

  test('prints JSON and CSV, from arguments, standard input and a file', async () => {
    const file = join(site.folder, 'read.sql');
    await writeFile(file, READ);
    const rows = [
      { id: '1', name: 'Ada', email: '[redacted]' },
      { id: '2', name: 'Bo', email: null },
    ];
    const [json, csv, fromFile] = await Promise.all([
      exec(['--json', 'shop-db', '--', READ]),
      exec(['shop-db', '--csv'], READ),
      exec(['shop-db', '--json', '--file', file]),
    ]);
    expect(JSON.parse(json.stdout)).toEqual(rows);
    expect(csv.stdout).toBe('id,name,email\n1,Ada,[redacted]\n2,Bo,\n');
    expect(JSON.parse(fromFile.stdout)).toEqual(rows);
  });

  test('tells failed, wrong usage and denied by their exit codes', async () => {
    const [failed, usage, denied] = await Promise.all([
      exec(['shop-db', '--', 'SELECT * FROM nowhere']),
      exec(['shop-db', '--json', '--csv', '--', 'SELECT 1']),
      exec(['shop-db', '--', 'CREATE ROLE mallory']),
    ]);
    expect(failed).toMatchObject({ code: 1, stdout: '' });
    expect(failed.stderr).toContain('nowhere');
    expect(usage.code).toBe(2);
    expect(denied).toMatchObject({ code: 3, stdout: '' });
    expect(denied.stderr.trim().split('\n')).toHaveLength(1);
  });

  test('a file that is not there, or is none, is one sentence', async () => {
    const [missing, folder] = await Promise.all([exec(['shop-db', '--file', 'nope.sql']), exec(['shop-db', '--file', site.folder])]);
    expect(missing).toEqual({ code: 1, stdout: '', stderr: "sallyport: There is no file 'nope.sql'.\n" });
    expect(folder).toEqual({ code: 1, stdout: '', stderr: `sallyport: '${site.folder}' cannot be read (EISDIR).\n` });
  });

  test('a text that is not UTF-8, or holds a zero byte, is not sent', async () => {
    const file = join(site.folder, 'broken.sql');
    for (const [byte, what] of [
      [0xe9, 'is not UTF-8'],
      [0, 'holds a zero byte'],
    ] as const) {
      await writeFile(file, Buffer.from([...Buffer.from("SELECT 'caf"), byte, 0x27]));
      const { code, stdout, stderr } = await exec(['shop-db', '--file', file]);
      expect({ code, stdout, stderr }).toEqual({ code: 1, stdout: '', stderr: expect.stringContaining(`'${file}' ${what}`) });
    }
    await writeFile(file, "\ufeffSELECT 'behind a byte order mark' AS b");
    expect((await exec(['shop-db', '--csv', '--file', file])).stdout).toBe('b\nbehind a byte order mark\n');
  });

  test('COPY TO STDOUT is printed as it is, between tables, and is no JSON', async () => {
    const sql = "COPY (SELECT 1, 'x') TO STDOUT; SELECT 5 AS five; COPY (SELECT) TO STDOUT (FORMAT binary)";
    const { code, stdout } = await exec(['shop-db', '--', sql]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^1\tx\nfive\n────\n5\nPGCOPY\n/) });
    const json = await exec(['shop-db', '--json', '--', 'COPY (SELECT 1) TO STDOUT']);
    expect(json).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('leave --json and --csv out') });
    const loading = await exec(['shop-db', '--', 'COPY people FROM STDIN']);
    expect(loading).toMatchObject({ code: 1, stderr: expect.stringContaining('sallyport connect') });
  });

  test('a time-out of the target is a failure and no denial', async () => {
    const { code, stderr } = await exec(['shop-db', '--', "SET statement_timeout = '50ms'; SELECT pg_sleep(20)"]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('statement timeout') });
  });

  test.each(['SIGINT', 'SIGTERM'] as const)('%s cancels at the target what runs there', async (signal) => {
    const locking = 'WITH one AS MATERIALIZED (SELECT id FROM people WHERE id = 1 FOR UPDATE) SELECT pg_sleep(60) FROM one';
    const asking = 'SELECT id FROM people WHERE id = 1 FOR UPDATE SKIP LOCKED';
    const locked = async (): Promise<boolean> => (await exec(['shop-db', '--csv', '--', asking])).stdout === 'id\n';
    const asleep = site.start(['exec', 'shop-db', '--', locking], { token: alice });
    while (!(await locked()));
    asleep.child.kill(signal);
    expect(await asleep.outcome).toMatchObject({ code: 1, stdout: '', stderr: 'sallyport: Interrupted.\n' });
    expect(await locked()).toBe(false);
  });

  test('a reader that has seen enough ends it without a word', async () => {
    const script = '"$1" exec shop-db --csv -- "SELECT repeat(\'x\', 1000) FROM generate_series(1, 50000)" | head -c 3';
    const env = { ...process.env, ...site.env, SALLYPORT_TOKEN: alice };
    await expect(promisify(execFile)('sh', ['-c', script, 'sh', COMMAND], { env })).resolves.toEqual({ stdout: 'rep', stderr: '' });
  });

  test('streams a result that is larger than a screen', async () => {
    const { code, stdout } = await exec(['shop-db', '--csv', '--', 'SELECT g FROM generate_series(1, 20000) g']);
    expect(code).toBe(0);
    expect(stdout.trim().split('\n')).toHaveLength(20_001);
  });
});

describe('approvals', () => {
  test('what is approved runs, what is denied does not and says why', async () => {
    await expect(held('CREATE TABLE extra (a int)', 'approve')).resolves.toMatchObject({ code: 0 });
    const denied = await held('DROP TABLE people', 'deny');
    expect(denied).toMatchObject({ code: 3, stdout: '' });
    expect(denied.stderr).toContain('as agreed');
    expect(await exec(['shop-db', '--csv', '--', 'SELECT count(*) FROM people'])).toMatchObject({ stdout: 'count\n2\n' });
  });

  test('--wait takes the command back when nobody decides', async () => {
    const late = await exec(['shop-db', '--wait', '1s', '--', 'DROP TABLE people']);
    expect(late.code).toBe(3);
    const { stdout } = await site.run(['approvals', 'list', '--json']);
    const [last] = JSON.parse(stdout) as { state: string; command: string }[];
    expect(last).toMatchObject({ state: 'cancelled', command: 'DROP TABLE people', target: 'shop-db', identity: 'alice' });
  });

  test('a requester, a connection token and an unknown id are refused', async () => {
    const own = await site.token('alice', '--can', 'approve');
    const waiting = site.start(['exec', 'shop-db', '--wait', '20s', '--', 'DROP TABLE people'], { token: alice });
    const id = await waiting.heard(/ap_\w+/);
    const [self, connection, unknown, shown] = await Promise.all([
      site.run(['approvals', 'approve', id], { token: own }),
      site.run(['approvals', 'approve', id], { token: alice }),
      site.run(['approvals', 'approve', 'ap_nothing'], { token: dana }),
      site.run(['approvals', 'show', id, '--json']),
    ]);
    expect([self.code, connection.code, unknown.code]).toEqual([3, 3, 1]);
    expect(JSON.parse(shown.stdout)).toMatchObject({ id, state: 'pending', command: 'DROP TABLE people', groups: ['dba'], count: 1 });
    waiting.child.kill('SIGINT');
    expect((await waiting.outcome).code).not.toBe(0);
  });

  test('watch shows what is asked and decided', async () => {
    const watching = site.start(['approvals', 'watch', '--json'], { token: dana });
    await watching.heard(/^/);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await held('DROP TABLE IF EXISTS extra', 'approve');
    await watching.heard(/"approved"/);
    watching.child.kill('SIGINT');
    const { code, stdout } = await watching.outcome;
    expect(code).toBe(0);
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { state: string }).state),
    ).toEqual(['pending', 'approved']);
  });
});

describe('connect', () => {
  test('prints what another client needs, good for one sign-in', async () => {
    const { stdout } = await site.run(['connect', 'shop-db', '--print', 'env'], { token: alice });
    expect(stdout).toMatch(/^export PGPASSWORD='sp_/m);
    expect(stdout).toMatch(/^export PGSSLMODE='verify-full'$/m);
    const dsn = await site.run(['connect', 'shop-db', '--print', 'dsn'], { token: alice });
    expect(dsn.stdout).toMatch(/^postgres(ql)?:\/\/alice:sp_\w+@/);
  });

  test('what it prints is all that psql needs', async () => {
    const { stdout } = await site.run(['connect', 'shop-db', '--print', 'env'], { token: alice });
    const names = [...stdout.matchAll(/^export (\w+)='[^']*'$/gm)].map(([, name]) => name);
    expect(names).toEqual(['PGHOST', 'PGPORT', 'PGUSER', 'PGDATABASE', 'PGPASSWORD', 'PGSSLMODE', 'PGSSLROOTCERT']);
    const script = 'eval "$1"; exec psql -X -At -c "SELECT 6 * 7"';
    await expect(promisify(execFile)('sh', ['-c', script, 'sh', stdout])).resolves.toMatchObject({ stdout: '42\n' });
  });

  test('runs psql with the arguments after --', async () => {
    const { code, stdout } = await site.run(['connect', 'shop-db', '--', '-X', '-At', '-c', 'SELECT current_database()'], { token: alice });
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'postgres\n' });
  });
});

describe('the record', () => {
  test('is listed, shown, found, replayed and verified', async () => {
    await exec(['shop-db', '--', "SELECT email FROM people WHERE name = 'needle'"]);
    const list = JSON.parse((await site.run(['sessions', 'list', '--json', '--limit', '1'])).stdout) as { id: string }[];
    const id = list[0]?.id ?? '';
    expect(list[0]).toMatchObject({
      target: 'shop-db',
      protocol: 'postgres',
      identity: 'alice',
      kind: 'person',
      state: 'ended',
      sealed: true,
    });
    const [shown, found, replayed, verified, outside] = await Promise.all([
      site.run(['sessions', 'show', id, '--json']),
      site.run(['sessions', 'search', 'FROM people', '--json']),
      site.run(['replay', id]),
      site.run(['verify']),
      site.run(['verify', id, '--pubkey', join(site.folder, 'data/keys/evidence.pub'), '--json']),
    ]);
    const { events } = JSON.parse(shown.stdout) as { events: { type: string }[] };
    expect(events.find((event) => event.type === 'command')).toMatchObject({
      class: ['read'],
      verb: 'SELECT',
      ruling: 'allow',
      state: 'completed',
      rows: 0,
    });
    expect(JSON.parse(found.stdout)).toContainEqual(expect.objectContaining({ session: expect.objectContaining({ id }) }));
    expect(replayed.stdout).toContain('FROM people');
    expect(replayed.stdout).not.toContain('ada@example.com');
    expect(verified).toMatchObject({ code: 0, stdout: expect.stringContaining('self-consistent') });
    expect(JSON.parse(outside.stdout)).toMatchObject({ ok: true, verdict: 'verified', findings: [] });
  });

  test('tells whether a value passed, to whom, masked or clear', async () => {
    await exec(['shop-db', '--', 'SELECT name, email FROM people WHERE id = 1']);
    const look = async (value: string) => {
      const { stdout, code } = await site.run(['sessions', 'search', '--value-from', '-', '--json'], { input: `${value}\n` });
      expect(code).toBe(0);
      return (JSON.parse(stdout) as { how: string; rule: string | null; session: { identity: string } }[]).map(
        ({ how, rule, session }) => `${how} ${rule} ${session.identity}`,
      );
    };
    const [masked, never] = await Promise.all([look('ada@example.com'), look('eve@example.com')]);
    expect(masked).toContain('masked contact data alice');
    expect(masked.some((place) => place.startsWith('shown'))).toBe(false);
    expect(never).toEqual([]);
    await exec(['shop-db', '--', "SELECT 'a passing remark' AS said"]);
    expect(await look('passing remark')).toContain('shown null alice');
    const both = await site.run(['sessions', 'search', 'x', '--value-from', '-'], { input: 'x' });
    expect(both).toMatchObject({ code: 2, stderr: expect.stringContaining('What is searched for?') });
  });

  test('an export verifies by itself until a byte of it changes', async () => {
    const file = join(site.folder, 'session.json');
    expect((await site.run(['sessions', 'export', 'last', '--output', file])).code).toBe(0);
    expect((await site.run(['verify', file])).code).toBe(0);
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace('SELECT', 'SELECt'));
    const broken = await site.run(['verify', file]);
    expect(broken.code).toBe(4);
    expect(broken.stderr).toMatch(/session s_/);
  });

  test('a record that was cut off is not verified', async () => {
    const [folder, config] = [join(site.folder, 'cut'), join(site.folder, 'cut.yaml')];
    await mkdir(folder, { mode: 0o700 });
    await writeFile(config, (await readFile(site.configFile, 'utf8')).replace('./data', './cut'));
    await writeFile(join(folder, 'sallyport.db'), (await readFile(join(site.folder, 'data/sallyport.db'))).subarray(0, 50));
    const [all, one] = await Promise.all([
      site.run(['verify', '--config', config, '--json']),
      site.run(['verify', 's_1', '--config', config]),
    ]);
    expect(all.code).toBe(4);
    expect(JSON.parse(all.stdout)).toMatchObject({ ok: false, findings: [{ what: expect.stringContaining('no whole database') }] });
    expect(one).toMatchObject({ code: 4, stderr: expect.stringContaining('no whole database') });
  });

  test('an anchor kept elsewhere shows a log that was put back or rewritten', async () => {
    const file = join(site.folder, 'anchor.json');
    expect((await site.run(['verify', '--save-anchor', file])).code).toBe(0);
    await exec(['shop-db', '--', 'SELECT 1']);
    const anchored = await site.run(['verify', '--anchor', file]);
    expect(anchored).toMatchObject({ code: 0, stdout: expect.stringMatching(/^anchored to 20/) });
    expect((await site.run(['verify', '--save-anchor', file])).stderr).toContain('could not be written');
    const { seq, at } = JSON.parse(await readFile(file, 'utf8')) as { seq: number; at: number };
    await writeFile(file, JSON.stringify({ seq, at, hash: '00'.repeat(32) }));
    const replaced = await site.run(['verify', '--anchor', file]);
    expect(replaced).toMatchObject({ code: 4, stderr: expect.stringContaining(`entry ${seq} is not the one that was anchored`) });
    await writeFile(file, '{}');
    expect(await site.run(['verify', '--anchor', file])).toMatchObject({ code: 1, stderr: expect.stringContaining('is no anchor') });
  });

  test('a live session is watched and ended', async () => {
    const sleeping = site.start(['exec', 'shop-db', '--', 'SELECT 1; SELECT pg_sleep(20)'], { token: alice });
    const live = async (): Promise<string> => {
      const { stdout } = await site.run(['sessions', 'list', '--state', 'live', '--json']);
      return (JSON.parse(stdout) as { id: string }[])[0]?.id ?? live();
    };
    const id = await live();
    const watching = site.start(['sessions', 'watch', id]);
    expect((await site.run(['sessions', 'kill', id, '--reason', 'lunch'])).code).toBe(0);
    const ended = await sleeping.outcome;
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain('lunch');
    await watching.outcome;
  });
});

describe('tokens and the gateway', () => {
  test('a revoked token is refused', async () => {
    const token = await site.token('copilot', '--for', 'alice');
    const tokens = JSON.parse((await site.run(['token', 'list', '--json'])).stdout) as { id: string; user: string }[];
    const { id = '' } = tokens.find((each) => each.user === 'copilot') ?? {};
    expect((await site.run(['whoami', '--json'], { token })).stdout).toContain('"acting_for": "alice"');
    expect((await site.run(['token', 'revoke', id])).code).toBe(0);
    expect((await site.run(['whoami'], { token })).code).toBe(1);
  });

  test.each([
    [['--user', 'copilot', '--for', 'copilot'], "'copilot' is an agent: a token can be for a person only. Persons: alice, dana, erin."],
    [['--user', 'copilot', '--for', 'nobody'], "'nobody' is no user of the configuration: a token can be for a person only."],
    [['--user', 'alice', '--target', 'shop-db', 'shpo-*'], "'shpo-*' matches no target of the configuration. Targets: shop-db."],
    [['--user', 'alice', '--target', 'shop'], "'shop' matches no target of the configuration."],
  ])('a token for names that do not exist is refused: %j', async (flags, message) => {
    const { code, stdout, stderr } = await site.run(['token', 'create', '--ttl', '1h', ...flags]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
  });

  test('a token is kept by login and forgotten by logout', async () => {
    expect((await site.run(['login'], { input: `${alice}\n` })).code).toBe(0);
    expect((await site.run(['targets'])).stdout).toContain('shop-db');
    expect((await site.run(['logout'])).code).toBe(0);
    expect((await site.run(['targets'])).code).toBe(1);
  });

  test('policy test explains a ruling and exits 0 for any', async () => {
    const { code, stdout } = await site.run(['policy', 'test', '--user', 'alice', '--target', 'shop-db', '--json', 'DROP TABLE people']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      ruling: 'hold',
      rule: ['schema changes need a DBA'],
      class: ['ddl'],
      relations: ['people'],
    });
  });

  test.each([
    ['alice', 'open', 'open', 'none: the defaults decide'],
    ['erin', 'approval', 'waits for an approval at every sign-in', 'none: the defaults decide'],
    ['dana', 'none', 'none', 'none: access decides'],
  ])('policy test tells access: that of %s is %s', async (user, access, told, rules) => {
    const asked = ['policy', 'test', '--user', user, '--target', 'shop-db'];
    const [json, text] = await Promise.all([site.run([...asked, '--json', 'SELECT 1']), site.run([...asked, 'SELECT 1'])]);
    expect(JSON.parse(json.stdout)).toMatchObject({ access, ruling: access === 'none' ? 'deny' : 'allow', rule: [] });
    expect(text.stdout).toContain(`access      ${told}`);
    expect(text.stdout).toContain(`rules       ${rules}\n`);
  });

  test('a broken configuration is named with line and column, and a reload of it changes nothing', async () => {
    const good = await readFile(site.configFile, 'utf8');
    await writeFile(site.configFile, good.replace('action: hold', 'action: halt'));
    const checked = await site.run(['config', 'check']);
    expect(checked.code).toBe(1);
    expect(checked.stderr).toMatch(/sallyport\.yaml:\d+:\d+: rules\[0\]\.action/);
    site.gateway.child.kill('SIGHUP');
    await site.gateway.heard(/old one stays in force/);
    await writeFile(site.configFile, good);
    expect((await exec(['shop-db', '--', 'SELECT 1'])).code).toBe(0);
    expect((await fetch(`${site.admin}/healthz`)).status).toBe(200);
  });
});
