import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chown, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { CliError } from '../exit.ts';
import { type Account, databaseAccount, databasePlace } from './account.ts';
import { callsStatements } from './calls.ts';

const START_MS = 60_000;
const STOP_MS = 10_000;
const LOOK_AGAIN_MS = 50;
const SAID_CHARS = 4_000;
const READY = 'ready for connections';
const SETTINGS = [
  '--bind-address=127.0.0.1',
  '--socket=', // nobody comes in but by TCP
  '--skip-name-resolve',
  '--skip-log-bin',
  '--innodb-buffer-pool-size=16M',
] as const;

/** Where MariaDB's files lie, and as whom it runs. */
interface Instance {
  readonly server: string;
  readonly data: string;
  readonly pidFile: string;
  readonly account: Account | undefined;
}

/** A real MariaDB of our own, on a private port of the loopback interface. */
export interface DemoMariadb {
  stop(): Promise<void>;
}

/** MariaDB's server, where it and what creates its files are installed. */
export function mariadbServer(): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/bin'];
  const find = (name: string): string | undefined => folders.map((folder) => join(folder, name)).find((file) => existsSync(file));
  return find('mariadb-install-db') === undefined ? undefined : find('mariadbd');
}

/** Why the demo has no MySQL, and how to have it. */
export function noMariadb(): string {
  return mariadbServer() === undefined
    ? 'MariaDB is not installed here, so MySQL is left out. To have it: apt-get install mariadb-server-core mariadb-client'
    : "The demo's configuration has no MySQL target: delete it to have a fresh one with MariaDB.";
}

/**
 * Starts the demo's MariaDB; creates and seeds it the first time. The machine's own service is left alone.
 *
 * @param folder the demo's own, locked by its gateway.
 * @param password of the account `app`, which the gateway signs in as.
 * @param port of the loopback interface.
 */
export async function startMariadb(server: string, folder: string, password: string, port: number): Promise<DemoMariadb> {
  const account = await databaseAccount();
  const place = await databasePlace(folder, account);
  const instance = { server, data: join(place, 'mariadb'), pidFile: join(place, 'mariadb', 'demo.pid'), account };
  const seeded = join(folder, 'mariadb.seeded');
  const fresh = !existsSync(seeded) || !existsSync(instance.data);
  if (fresh) await createFiles(instance, password);
  else await stopLeftBehind(instance);
  const child = await launch(instance, port, fresh);
  if (fresh) {
    await rm(seedFile(instance));
    await writeFile(seeded, '');
  }
  return { stop: () => stopServer(child) };
}

const seedFile = ({ data }: Instance): string => join(data, 'seed.sql');
const dataFlag = ({ data }: Instance): string => `--datadir=${data}`;

async function createFiles(instance: Instance, password: string): Promise<void> {
  const { data, account } = instance;
  await rm(data, { recursive: true, force: true });
  await mkdir(data, { mode: 0o700 });
  if (account !== undefined) await chown(data, account.uid, account.gid);
  const args = ['--no-defaults', dataFlag(instance), '--skip-test-db', '--auth-root-authentication-method=socket', '--skip-name-resolve'];
  await promisify(execFile)('mariadb-install-db', args, { ...account, cwd: '/' }).catch((cause: Error) => {
    throw new CliError(`The demo's MariaDB could not be created.\n${cause.message.slice(-SAID_CHARS)}`, undefined, { cause });
  });
  const file = seedFile(instance);
  await writeFile(file, `${callsStatements(password).join(';\n')};\n`, { mode: 0o600 });
  if (account !== undefined) await chown(file, account.uid, account.gid);
}

/** In a process group of its own: Ctrl-C is ours to handle. */
async function launch(instance: Instance, port: number, fresh: boolean): Promise<ChildProcess> {
  const { server, pidFile, account } = instance;
  // In a shared one, each server that starts removes the others' temporary tables.
  const own = [dataFlag(instance), `--tmpdir=${instance.data}`, `--pid-file=${pidFile}`, `--port=${port}`];
  const args = ['--no-defaults', ...own, ...SETTINGS];
  if (fresh) args.push(`--init-file=${seedFile(instance)}`);
  const env = { PATH: process.env['PATH'], TZ: 'UTC', LC_ALL: 'C' };
  const child = spawn(server, args, { cwd: '/', env, detached: true, stdio: ['ignore', 'ignore', 'pipe'], ...account });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log = (log + text).slice(-SAID_CHARS);
  });
  const giveUp = Date.now() + START_MS;
  while (!log.includes(READY)) {
    if (child.exitCode !== null || child.signalCode !== null) throw new CliError(`The demo's MariaDB did not start.\n${log.trim()}`);
    if (Date.now() > giveUp) {
      await stopServer(child);
      throw new CliError(`The demo's MariaDB was not ready within ${START_MS / 1000} seconds.\n${log.trim()}`);
    }
    await delay(LOOK_AGAIN_MS);
  }
  return child;
}

async function stopServer(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const patience = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await gone;
  clearTimeout(patience);
}

/** A demo that was killed leaves its database running. The folder is locked, so nobody uses it. */
async function stopLeftBehind(instance: Instance): Promise<void> {
  const pid = Number(await readFile(instance.pidFile, 'utf8').catch(() => ''));
  if (!(await isServerOf(instance, pid))) return;
  process.kill(pid, 'SIGTERM');
  const giveUp = Date.now() + STOP_MS;
  while ((await isServerOf(instance, pid)) && Date.now() < giveUp) await delay(LOOK_AGAIN_MS);
}

/** The number may have gone to another program since. */
async function isServerOf(instance: Instance, pid: number): Promise<boolean> {
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  const [program, , data] = command.split('\0');
  return program === instance.server && data === dataFlag(instance);
}
