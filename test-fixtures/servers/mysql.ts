import { execFile, execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { launchServer, serverAccount } from './launched-server.ts';
import { initFile, listening, type MariadbOptions, type MariadbServer, startMariadb, tlsArgs } from './mariadb.ts';
import { freePort } from './postgres.ts';

/** A server that the tests of the MySQL protocol run against. */
export interface MysqlFlavour {
  readonly name: 'MariaDB' | 'MySQL';
  readonly start: (options?: MariadbOptions) => Promise<MariadbServer>;
}

const VERSION_MS = 10_000;
const run = promisify(execFile);

/**
 * MariaDB always; MySQL where one is found: in the folder that `SALLYPORT_MYSQL` names, with `mysqld` in it, or by PATH.
 * Debian's stable releases have none, so a machine without it is usual: one line on stderr says so.
 */
export function mysqlFlavours(): readonly MysqlFlavour[] {
  const mariadb: MysqlFlavour = { name: 'MariaDB', start: startMariadb };
  const program = mysqlProgram('mysqld');
  if (program === undefined) {
    process.stderr.write(
      'NOT TRIED with MySQL, with MariaDB alone: there is no mysqld of MySQL here. To have one: sh scripts/mysql-server.sh FOLDER\n',
    );
    return [mariadb];
  }
  return [mariadb, { name: 'MySQL', start: (options) => startMysql(program, options) }];
}

/** MySQL's own program of that name; undefined where there is none, or only MariaDB's. */
export function mysqlProgram(name: string): string | undefined {
  const folder = process.env['SALLYPORT_MYSQL'];
  const program = folder === undefined ? name : join(folder, name);
  try {
    const version = execFileSync(program, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], timeout: VERSION_MS });
    return /mariadb/i.test(version) ? undefined : program;
  } catch {
    return undefined;
  }
}

/**
 * Starts a real, empty MySQL on 127.0.0.1 in a temporary folder, unsafe for data and quick: eight to twelve seconds.
 *
 * @throws Error with the server's own log when it does not come up within a minute
 */
async function startMysql(program: string, options: MariadbOptions = {}): Promise<MariadbServer> {
  const account = serverAccount();
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-mysql-'));
  try {
    if (account !== undefined) await chown(folder, account.uid, account.gid);
    const password = randomBytes(12).toString('hex');
    const port = await freePort();
    const plain = ['--no-defaults', `--datadir=${join(folder, 'data')}`, `--tmpdir=${folder}`, '--innodb-flush-log-at-trx-commit=0'];
    await run(program, [...plain, '--initialize-insecure'], { ...account, cwd: folder });
    const args = [
      ...plain,
      ...listening(folder, port),
      `--init-file=${await initFile(folder, password)}`,
      '--skip-name-resolve',
      '--skip-log-bin',
      '--mysqlx=OFF',
      '--secure-file-priv=NULL',
      ...(await tlsArgs(folder, options.tls)),
      ...(options.args ?? []),
    ];
    const { log, end } = await launchServer({ name: 'MySQL', program, args, cwd: folder, account });
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
