import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freePort, type PostgresServer, startPostgres } from '../../../test-fixtures/servers/postgres.ts';
import type { BegunJson } from '../src/init/summary.ts';
import { type Outcome, type RunOptions, startCommand } from './site.ts';

const run = promisify(execFile);
const certificate = (name: string): string => fileURLToPath(new URL(`../../../test-fixtures/certificates/${name}`, import.meta.url));
const CA = certificate('ca.pem');
const PASSWORD = 's3cr%t/of:shop';

let server: PostgresServer;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-init-'));
  const tls = { cert: readFileSync(certificate('localhost.pem'), 'utf8'), key: readFileSync(certificate('localhost.key'), 'utf8') };
  server = await startPostgres({ version: 15, tls });
  const setUp = [
    `CREATE ROLE app LOGIN PASSWORD '${PASSWORD}'`,
    'CREATE TABLE customers (id int, name text, email text, remark text)',
    "INSERT INTO customers VALUES (1, 'Ada', 'ada@example.com', 'ada@example.org')",
    'GRANT SELECT ON customers TO app',
  ];
  await run('psql', [server.connectionString, '-q', ...setUp.flatMap((statement) => ['-c', statement])]);
}, 60_000);

afterAll(async () => {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
}, 30_000);

interface Trying {
  readonly folder: string;
  readonly file: string;
  readonly args: readonly string[];
}

/** A folder of its own, and addresses that nobody has. */
async function trying(name: string): Promise<Trying> {
  const own = join(folder, name);
  await mkdir(own);
  const file = join(own, 'sallyport.yaml');
  const addresses = ['--listen', `127.0.0.1:${await freePort()}`, '--admin', `127.0.0.1:${await freePort()}`];
  return { folder: own, file, args: ['--out', file, ...addresses, '--person', 'alice', '--yes'] };
}

function sallyport(args: readonly string[], options: RunOptions = {}) {
  return startCommand(args, options, { NO_COLOR: '1', TZ: 'UTC', XDG_CONFIG_HOME: join(folder, 'home'), SALLYPORT_CONFIG: '' });
}

const dsn = (user = 'app', host = 'localhost'): string => `host=${host} port=${server.port} user=${user} dbname=postgres`;
const withPassword = (password = PASSWORD): RunOptions => ({ env: { PGPASSWORD: password } });
const init = (args: readonly string[], options: RunOptions = withPassword()): Promise<Outcome> =>
  sallyport(['init', ...args], options).outcome;

test('from a connection string to a masked row and a held statement', async () => {
  const began = performance.now();
  const { file, folder: own, args } = await trying('whole');
  const { code, stdout, stderr } = await init([dsn(), '--ca', CA, '--sample', '--json', ...args]);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  const begun = JSON.parse(stdout) as BegunJson;
  expect(begun).toMatchObject({
    file,
    target: 'postgres',
    product: expect.stringMatching(/^PostgreSQL 15\.\d+$/),
    tls: 'verify-full',
    weaker: null,
    least_account: null,
  });
  expect(begun.masks).toEqual([
    {
      name: 'e-mail addresses',
      method: 'hash',
      columns: ['*.email', 'public.customers.remark'],
      found: ['public.customers.email', 'public.customers.remark'],
    },
  ]);
  const checked = await sallyport(['config', 'check', file, '--json']).outcome;
  expect(JSON.parse(checked.stdout)).toEqual({ ok: true, problems: [], warnings: [] });

  const gateway = sallyport(['serve', '--config', file]);
  await gateway.heard(/Sallyport is ready/);
  const made = await sallyport(['token', 'create', '--config', file, '--user', 'alice', '--ttl', '1h']).outcome;
  const client = begun.next.find((line) => line.includes('psql')) ?? '';
  const psql = (sql: string) =>
    run('sh', ['-c', `${client} -X -At -c "$0"`, sql], { env: { ...process.env, SALLYPORT_TOKEN: made.stdout.trim() } });
  const { stdout: row } = await psql('SELECT id, name, email, remark FROM customers');
  expect(row).toMatch(/^1\|Ada\|h_[\w-]+\|h_[\w-]+\n$/);
  process.stderr.write(`init, serve and a first masked row took ${Math.round(performance.now() - began)} ms\n`);

  const drop = ['exec', 'postgres', '--config', file, '--wait', '1s', '--', 'DROP TABLE customers'];
  const late = await sallyport(drop, { token: made.stdout.trim() }).outcome;
  expect(late).toMatchObject({ code: 3, stderr: expect.stringContaining('asked of approvers') });
  const doctor = await sallyport(['doctor', '--config', file]).outcome;
  expect(doctor).toMatchObject({ code: 0, stdout: expect.stringMatching(/gateway +It runs as process \d+/) });
  expect(doctor.stdout).toContain('Every mask names a column, and no other column looks as if it needed one.');
  gateway.child.kill('SIGTERM');
  await gateway.outcome;
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect((await stat(join(own, 'secrets'))).mode & 0o777).toBe(0o700);
  expect((await stat(join(own, 'secrets', 'postgres.password'))).mode & 0o777).toBe(0o600);
});

test('what it says never holds the password; a fallback of TLS is said and stands in the file', async () => {
  const { file, args } = await trying('fallback');
  const { code, stdout, stderr } = await init([dsn(), ...args]);
  const text = await readFile(file, 'utf8');
  expect(code).toBe(0);
  expect(stderr).toContain(
    'TLS is "require", and not "verify-full": The server\'s certificate is signed by Sallyport test CA, which nothing here trusts.',
  );
  expect(stderr).toMatch(/sallyport\.yaml is written and valid; the password lies in .*secrets\/postgres\.password\. It took /);
  expect(stdout).toContain('public.customers.email │ e-mail addresses │ hash');
  expect(stdout).toContain('export SALLYPORT_TOKEN=$(');
  expect(text).toMatch(/tls: require +# should be verify-full:\n {4}# The server's certificate/);
  for (const said of [stdout, stderr, text]) expect(said).not.toContain(PASSWORD);
});

test('nothing weaker is taken for a host elsewhere, unless somebody says so', async () => {
  const { file, args } = await trying('elsewhere');
  // It reaches this machine on Linux, and is no name of the loopback interface.
  const refused = await init([dsn('app', '0.0.0.0'), ...args]);
  expect(refused).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringContaining(
      'To go on all the same, with encryption that does not prove which server it is (tls: require), say --tls require.',
    ),
  });
  await expect(stat(file)).rejects.toThrow('ENOENT');
  const said = await init([`${dsn('app', '0.0.0.0')} sslmode=require`, ...args, '--json']);
  expect(JSON.parse(said.stdout)).toMatchObject({ tls: 'require', weaker: expect.stringContaining('nothing here trusts') });
});

test('overwrites nothing without --force, and leaves nothing when the login fails', async () => {
  const { file, folder: own, args } = await trying('careful');
  const wrong = await init([dsn(), ...args], withPassword('wrong'));
  expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining('password authentication failed for user "app" (28P01)') });
  await expect(stat(join(own, 'secrets'))).rejects.toThrow('ENOENT');
  await writeFile(file, 'mine\n');
  const kept = await init([dsn(), ...args]);
  expect(kept).toMatchObject({ code: 1, stderr: expect.stringContaining('is there already. Say --force') });
  expect(await readFile(file, 'utf8')).toBe('mine\n');
  await chmod(file, 0o644);
  expect((await init([dsn(), ...args, '--force'])).code).toBe(0);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

test('a superuser gets the statements for a better account; a variable keeps its password', async () => {
  const { file, folder: own, args } = await trying('superuser');
  const env = { SHOP_PASSWORD: server.password };
  const { code, stdout } = await init([dsn('postgres'), '--password-env', 'SHOP_PASSWORD', ...args], { env });
  expect(code).toBe(0);
  expect(stdout).toContain('✗ account  postgres is a superuser');
  expect(stdout).toContain('CREATE ROLE sallyport LOGIN NOSUPERUSER');
  expect(await readFile(file, 'utf8')).toContain('password: "${env:SHOP_PASSWORD}"');
  await expect(stat(join(own, 'secrets'))).rejects.toThrow('ENOENT');
});

test('--shadow writes rules that watch: what they would hold passes', async () => {
  const { file, args } = await trying('shadow');
  expect((await init([dsn(), '--shadow', ...args])).code).toBe(0);
  const tried = await sallyport([
    'policy',
    'test',
    '--config',
    file,
    '--user',
    'agent',
    '--target',
    'postgres',
    '--json',
    'DROP TABLE customers',
  ]).outcome;
  expect(JSON.parse(tried.stdout)).toMatchObject({
    ruling: 'allow',
    shadow: [{ rule: 'schema and privileges need an approval', would: 'hold' }],
  });
});

test('without a terminal, what is missing is wrong usage', async () => {
  const { args } = await trying('usage');
  const [nothing, name] = await Promise.all([init(args, {}), init([dsn(), ...args, '--name', 'two words'])]);
  expect(nothing).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringContaining("The database's host is not said, and nobody is here to ask"),
  });
  expect(name).toMatchObject({ code: 2, stderr: expect.stringContaining("--name: 'two words' is no name") });
});
