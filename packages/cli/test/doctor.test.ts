import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freePort, type PostgresServer, startPostgres } from '../../../test-fixtures/servers/postgres.ts';
import type { Finding } from '../src/doctor/finding.ts';
import { type Outcome, startCommand } from './site.ts';

const certificate = (name: string): string => fileURLToPath(new URL(`../../../test-fixtures/certificates/${name}`, import.meta.url));
const serving = (name: string) => ({
  cert: readFileSync(certificate(`${name}.pem`), 'utf8'),
  key: readFileSync(certificate(`${name}.key`), 'utf8'),
});
const SECRETS = { SHOP_PASSWORD: 'secret', WRONG_PASSWORD: 'wrong' };

let folder: string;
let configFile: string;
let plain: PostgresServer;
let expired: PostgresServer;
let ports: { readonly closed: number; readonly listen: number; readonly admin: number };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-doctor-'));
  configFile = join(folder, 'sallyport.yaml');
  [plain, expired] = await Promise.all([
    startPostgres({ version: 15, tls: serving('self-signed') }),
    startPostgres({ version: 15, tls: serving('expired') }),
  ]);
  ports = { closed: await freePort(), listen: await freePort(), admin: await freePort() };
  const setUp = [
    "CREATE ROLE app LOGIN PASSWORD 'secret'",
    "CREATE ROLE passer LOGIN BYPASSRLS PASSWORD 'secret'",
    "CREATE ROLE ruler LOGIN SUPERUSER PASSWORD 'secret'",
    'CREATE TABLE customers (id int, email text, phone text)',
  ];
  await promisify(execFile)('psql', [plain.connectionString, '-q', ...setUp.flatMap((statement) => ['-c', statement])]);
  await writeFile(configFile, configuration(), { mode: 0o600 });
}, 60_000);

afterAll(async () => {
  await Promise.all([plain?.stop(), expired?.stop()]);
  await rm(folder, { recursive: true, force: true });
}, 30_000);

function configuration(): string {
  const target = (name: string, user: string, address: string, tls: string, password = 'SHOP_PASSWORD'): string =>
    `  ${name}: { protocol: postgres, listen: "127.0.0.1:${ports.listen}", address: "${address}", ${tls}, database: postgres, credentials: { username: ${user}, password: "\${env:${password}}" } }\n`;
  const here = `localhost:${plain.port}`;
  const trusted = `ca: "${certificate('self-signed.pem')}"`;
  return `data_dir: ./data
admin: { listen: "127.0.0.1:${ports.admin}" }
identity: { users: { alice: { groups: [developers] } } }
access: [{ groups: [developers], targets: "*" }]
masking:
  - { name: contact data, columns: ["*.email", "custmers.phone"], method: hash, targets: [good] }
rules:
  - { name: watched, match: { class: ddl }, action: deny, enforce: false }
targets:
${target('good', 'app', here, trusted)}${target('passing', 'passer', here, trusted)}${target('ruling', 'ruler', here, trusted)}${target('forgetful', 'app', here, trusted, 'WRONG_PASSWORD')}${target('unset', 'app', here, trusted, 'NOT_SET_ANYWHERE')}${target('closed', 'app', `127.0.0.1:${ports.closed}`, 'tls: disable')}${target('nameless', 'app', 'nowhere.invalid', 'tls: disable')}${target('doubtful', 'app', here, 'tls: verify-full')}${target('late', 'app', `localhost:${expired.port}`, `ca: "${certificate('expired.pem')}"`)}`;
}

function doctor(...args: readonly string[]): Promise<Outcome> {
  return startCommand(['doctor', '--config', configFile, ...args], {}, { ...SECRETS, NO_COLOR: '1' }).outcome;
}

async function findings(...args: readonly string[]): Promise<readonly Finding[]> {
  return JSON.parse((await doctor('--json', ...args)).stdout) as Finding[];
}

test('what is wrong with each target, in a sentence, and how to mend it', async () => {
  const all = await findings();
  const wrong = all.filter(({ target, level }) => target !== null && level === 'problem');
  expect(wrong.map(({ target, check, message, mend }) => [target, check, message, mend])).toEqual([
    ['passing', 'account', 'passer passes all row-level security.', 'ALTER ROLE passer NOBYPASSRLS;'],
    [
      'ruling',
      'account',
      expect.stringContaining('ruler is a superuser'),
      expect.stringContaining('`sallyport init` prints the statements'),
    ],
    [
      'forgetful',
      'login',
      'The server refuses app at the database postgres: password authentication failed for user "app" (28P01).',
      'correct username and password of its credentials',
    ],
    ['unset', 'credentials', expect.stringContaining('NOT_SET_ANYWHERE, which is not set'), expect.any(String)],
    ['closed', 'tcp', `127.0.0.1:${ports.closed} cannot be reached: nothing listens there.`, expect.stringContaining('start the server')],
    ['nameless', 'dns', expect.stringMatching(/^The name nowhere\.invalid does not resolve \(.+\)\.$/), expect.any(String)],
    ['doubtful', 'tls', expect.stringContaining('signed by itself, which nothing here trusts'), expect.stringContaining('ca: FILE')],
    ['late', 'tls', "The server's certificate expired on 2021-01-01.", expect.stringContaining('renew')],
  ]);
  expect(JSON.stringify(all)).not.toContain('secret"');
});

test('masks that name no column, and columns that no mask names', async () => {
  const masks = (await findings('good')).filter(({ check }) => check === 'masks');
  expect(masks.map(({ level, message }) => [level, message])).toEqual([
    ['warning', 'The mask "contact data" names custmers.phone, which is no column there: nothing is masked by it.'],
    ['warning', 'No mask covers what looks like phone numbers: public.customers.phone.'],
  ]);
});

test('people read groups, the exit code tells of problems, progress is no result', async () => {
  const [good, bad, unknown] = await Promise.all([doctor('good'), doctor('passing'), doctor('shop')]);
  expect(good.code).toBe(0);
  expect(good.stdout).toMatch(/^good\n {2}✓ dns +localhost is /);
  expect(good.stdout).toMatch(/\n0 problems, 2 warnings, \d+ fine\.\n$/);
  expect(good.stderr).toBe(`Looking at good (localhost:${plain.port}) ...\n`);
  expect(bad).toMatchObject({ code: 1, stdout: expect.stringContaining('Mend: ALTER ROLE passer NOBYPASSRLS;') });
  expect(unknown).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining("There is no target 'shop'") });
});

test('the gateway: who may read what it keeps, and rules that only watch', async () => {
  const ofGateway = async (): Promise<readonly (readonly string[])[]> =>
    (await findings()).filter(({ target }) => target === null).map(({ level, check }) => [level, check]);
  expect(await ofGateway()).toEqual(
    expect.arrayContaining([
      ['ok', 'configuration'],
      ['warning', 'configuration'],
      ['ok', 'runtime'],
      ['ok', 'data_dir'],
    ]),
  );
  await mkdir(join(folder, 'data', 'keys'), { recursive: true });
  await chmod(join(folder, 'data', 'keys'), 0o700);
  await writeFile(join(folder, 'data', 'keys', 'evidence.pem'), 'a key');
  await writeFile(join(folder, 'data', 'keys', 'evidence.pub'), 'for everybody');
  await chmod(join(folder, 'data'), 0o755);
  await chmod(configFile, 0o666);
  const wrong = (await findings()).filter(({ target, level }) => target === null && level === 'problem');
  await chmod(configFile, 0o600);
  await rm(join(folder, 'data'), { recursive: true });
  expect(wrong.map(({ check, mend }) => [check, mend])).toEqual([
    ['files', `chmod go-w ${configFile}`],
    ['data_dir', `chmod 700 ${join(folder, 'data')}`],
    ['data_dir', expect.stringContaining(`chmod go= ${join(folder, 'data', 'keys', 'evidence.pem')}`)],
  ]);
});

test('a port that another program has', async () => {
  const text = configuration().replaceAll(`127.0.0.1:${ports.listen}`, `127.0.0.1:${plain.port}`);
  const file = join(folder, 'taken.yaml');
  await writeFile(file, text, { mode: 0o600 });
  const { stdout } = await startCommand(['doctor', '--config', file, '--json'], {}, SECRETS).outcome;
  expect(JSON.parse(stdout)).toContainEqual({
    target: null,
    check: 'listener',
    level: 'problem',
    message: `The gateway cannot listen on 127.0.0.1:${plain.port}: another program listens there.`,
    mend: 'choose another address under listen',
  });
});

test('a broken configuration is a finding too', async () => {
  const file = join(folder, 'broken.yaml');
  await writeFile(file, 'rules: [{ name: x, match: {}, action: permit }]\n', { mode: 0o600 });
  const { code, stdout } = await startCommand(['doctor', '--config', file, '--json'], {}, SECRETS).outcome;
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toContainEqual(
    expect.objectContaining({
      target: null,
      check: 'configuration',
      level: 'problem',
      message: expect.stringMatching(/broken\.yaml:1:\d+/),
    }),
  );
});
