import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from './postgres.ts';

export interface MariadbOptions {
  /** Further options of the server, e.g. `--max-allowed-packet=64M`. */
  readonly args?: readonly string[];
  /** PEM texts. Given, the server speaks TLS. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

export interface MariadbServer {
  readonly host: '127.0.0.1';
  readonly port: number;
  /** An account with every right, its random password and an empty database. */
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** The last 64 KiB of what the server logged so far. */
  log(): string;
  /** Shuts it down, immediately if need be, and removes its files. */
  stop(): Promise<void>;
}

const SERVER = '/usr/sbin/mariadbd';
const NOBODY = { uid: 65_534, gid: 65_534 };
const START_MS = 60_000;
const STOP_MS = 10_000;
const LOG_CHARS = 64 * 1024;
const run = promisify(execFile);

/** Whether Debian's mariadb-server is installed. */
function hasMariadb(): boolean {
  try {
    accessSync(SERVER, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Starts a real, empty MariaDB on 127.0.0.1 in a temporary folder, unsafe for data and quick: three to five seconds.
 *
 * @throws Error with the server's own log when it does not come up within a minute
 */
export async function startMariadb(options: MariadbOptions = {}): Promise<MariadbServer> {
  if (!hasMariadb()) throw new Error(`MariaDB is not installed: there is no ${SERVER}. Debian: apt-get install mariadb-server.`);
  const account = process.getuid?.() === 0 ? NOBODY : undefined;
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-mariadb-'));
  try {
    if (account !== undefined) await chown(folder, account.uid, account.gid);
    const password = randomBytes(12).toString('hex');
    const port = await freePort();
    const data = join(folder, 'data');
    const plain = ['--no-defaults', `--datadir=${data}`, '--innodb-flush-log-at-trx-commit=0', '--innodb-buffer-pool-size=32M'];
    const install = [...plain, '--skip-test-db', '--auth-root-authentication-method=normal', '--skip-name-resolve'];
    await run('mariadb-install-db', install, { ...account, cwd: folder });
    const init = join(folder, 'init.sql');
    // The server reads one statement a line.
    const createAccount = `CREATE USER app@'%' IDENTIFIED BY '${password}';`;
    await writeFile(init, `CREATE DATABASE shop;\n${createAccount}\nGRANT ALL ON *.* TO app@'%' WITH GRANT OPTION;\n`);
    const tls = await tlsArgs(folder, options.tls);
    const address = [
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      `--socket=${join(folder, 'socket')}`,
      `--pid-file=${join(folder, 'pid')}`,
    ];
    const args = [
      ...plain,
      ...address,
      `--init-file=${init}`,
      '--skip-name-resolve',
      '--plugin-maturity=unknown',
      ...tls,
      ...(options.args ?? []),
    ];
    const { child, log } = await launch(args, folder, account);
    const stop = async (): Promise<void> => {
      await end(child);
      await rm(folder, { recursive: true, force: true });
    };
    return { host: '127.0.0.1', port, user: 'app', password, database: 'shop', log, stop };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function tlsArgs(folder: string, tls: MariadbOptions['tls']): Promise<readonly string[]> {
  if (tls === undefined) return [];
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  await writeFile(cert, tls.cert);
  await writeFile(key, tls.key);
  return [`--ssl-cert=${cert}`, `--ssl-key=${key}`];
}

async function launch(
  args: readonly string[],
  cwd: string,
  account: typeof NOBODY | undefined,
): Promise<{ readonly child: ChildProcess; readonly log: () => string }> {
  const child = spawn(SERVER, args, { ...account, cwd, stdio: ['ignore', 'ignore', 'pipe'] });
  // A test run that dies must not leave servers behind.
  const atExit = (): void => void child.kill('SIGKILL');
  process.once('exit', atExit);
  child.once('exit', () => process.off('exit', atExit));
  let log = '';
  const ready = new Promise<void>((resolve, reject) => {
    const fail = (why: string): void => reject(new Error(`MariaDB ${why}:\n${log}`));
    const deadline = setTimeout(() => fail(`was not ready after ${START_MS / 1000} s`), START_MS);
    child.once('error', reject);
    child.once('exit', () => fail('stopped while starting'));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      log = (log + text).slice(-LOG_CHARS);
      if (!log.includes('ready for connections')) return;
      clearTimeout(deadline);
      resolve();
    });
    child.once('close', () => clearTimeout(deadline));
  });
  try {
    await ready;
  } catch (error) {
    await end(child);
    throw error;
  }
  return { child, log: () => log };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const patience = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await gone;
  clearTimeout(patience);
}
