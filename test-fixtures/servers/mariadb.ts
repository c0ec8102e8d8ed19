import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { accessSync, constants } from 'node:fs';
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { launchServer, serverAccount } from './launched-server.ts';
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

/** A release unpacked elsewhere, with `bin/mariadbd` and `scripts/mariadb-install-db`; default: Debian's mariadb-server. */
const RELEASE = process.env['SALLYPORT_MARIADB'];
const SERVER = RELEASE === undefined ? '/usr/sbin/mariadbd' : join(RELEASE, 'bin', 'mariadbd');
const INSTALL = RELEASE === undefined ? 'mariadb-install-db' : join(RELEASE, 'scripts', 'mariadb-install-db');
const run = promisify(execFile);

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
  const account = serverAccount();
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-mariadb-'));
  try {
    if (account !== undefined) await chown(folder, account.uid, account.gid);
    const password = randomBytes(12).toString('hex');
    const port = await freePort();
    const plain = [
      '--no-defaults',
      ...(RELEASE === undefined ? [] : [`--basedir=${RELEASE}`, `--lc-messages-dir=${join(RELEASE, 'share')}`]),
      `--datadir=${join(folder, 'data')}`,
      `--tmpdir=${folder}`, // in a shared one, each server that starts removes the others' temporary tables
      '--innodb-flush-log-at-trx-commit=0',
      '--innodb-buffer-pool-size=32M',
    ];
    const install = [...plain, '--skip-test-db', '--auth-root-authentication-method=normal', '--skip-name-resolve'];
    await run(INSTALL, install, { ...account, cwd: folder });
    const args = [
      ...plain,
      ...listening(folder, port),
      `--init-file=${await initFile(folder, password)}`,
      '--skip-name-resolve',
      '--plugin-maturity=unknown',
      ...(await tlsArgs(folder, options.tls)),
      ...(options.args ?? []),
    ];
    const { log, end } = await launchServer({ name: 'MariaDB', program: SERVER, args, cwd: folder, account });
    const stop = async (): Promise<void> => {
      await end();
      await rm(folder, { recursive: true, force: true });
    };
    return { host: '127.0.0.1', port, user: 'app', password, database: 'shop', log, stop };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** Where a server of MySQL's family listens: loopback only. */
export function listening(folder: string, port: number): readonly string[] {
  return [`--port=${port}`, '--bind-address=127.0.0.1', `--socket=${join(folder, 'socket')}`, `--pid-file=${join(folder, 'pid')}`];
}

/** What the server runs at its start: one statement a line. */
export async function initFile(folder: string, password: string): Promise<string> {
  const path = join(folder, 'init.sql');
  const createAccount = `CREATE USER app@'%' IDENTIFIED BY '${password}';`;
  await writeFile(path, `CREATE DATABASE shop;\n${createAccount}\nGRANT ALL ON *.* TO app@'%' WITH GRANT OPTION;\n`);
  return path;
}

export async function tlsArgs(folder: string, tls: MariadbOptions['tls']): Promise<readonly string[]> {
  if (tls === undefined) return [];
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  await writeFile(cert, tls.cert);
  await writeFile(key, tls.key);
  return [`--ssl-cert=${cert}`, `--ssl-key=${key}`];
}
