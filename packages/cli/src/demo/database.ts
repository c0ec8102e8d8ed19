import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CliError } from '../exit.ts';
import { type Cluster, launch, openCluster } from './cluster.ts';

const START_MS = 30_000;
const STOP_MS = 10_000;
const LOOK_AGAIN_MS = 50;

const SETTINGS = [
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'logging_collector=off',
  'log_min_messages=fatal',
  'max_connections=60',
] as const;

/** A real PostgreSQL of our own, on a private port of the loopback interface. */
export interface DemoDatabase {
  /** True when it was created just now. */
  readonly fresh: boolean;
  stop(): Promise<void>;
}

/**
 * Starts the demo's database; creates and seeds it the first time.
 *
 * @param folder the demo's own, locked by its gateway.
 * @param password of the role `app`, which the gateway signs in as.
 * @param port of the loopback interface.
 */
export async function startDatabase(folder: string, password: string, port: number): Promise<DemoDatabase> {
  const { cluster, fresh } = await openCluster(folder, password);
  if (!fresh) await stopLeftBehind(cluster);
  const { child, said } = launch(cluster, 'postgres', [
    '-D',
    cluster.data,
    '-p',
    String(port),
    ...SETTINGS.flatMap((each) => ['-c', each]),
  ]);
  const giveUp = Date.now() + START_MS;
  while (!(await isReady(cluster, child.pid))) {
    if (child.exitCode !== null) throw new CliError(`The demo's database did not start.\n${said()}`);
    if (Date.now() > giveUp) {
      await stopServer(child);
      throw new CliError(`The demo's database did not answer within ${START_MS / 1000} seconds.\n${said()}`);
    }
    await delay(LOOK_AGAIN_MS);
  }
  return { fresh, stop: () => stopServer(child) };
}

/**
 * The server's own word: an answer on its port comes earlier, while it still recovers and refuses
 * sessions. https://www.postgresql.org/docs/current/storage-file-layout.html (postmaster.pid)
 */
async function isReady({ data }: Cluster, pid: number | undefined): Promise<boolean> {
  const lines = (await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
  return Number(lines[0]) === pid && lines[7]?.trim() === 'ready';
}

async function stopServer(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGINT');
  const patience = setTimeout(() => child.kill('SIGQUIT'), STOP_MS);
  await gone;
  clearTimeout(patience);
}

/** A demo that was killed leaves its database running. The folder is locked, so nobody uses it. */
async function stopLeftBehind(cluster: Cluster): Promise<void> {
  const file = join(cluster.data, 'postmaster.pid');
  if (!existsSync(file)) return;
  const pid = Number((await readFile(file, 'utf8')).split('\n')[0]);
  if (!(await isServerOf(cluster, pid))) return;
  process.kill(pid, 'SIGINT');
  const giveUp = Date.now() + STOP_MS;
  while (existsSync(file) && Date.now() < giveUp) await delay(LOOK_AGAIN_MS);
}

/** The number may have gone to another program since. */
async function isServerOf(cluster: Cluster, pid: number): Promise<boolean> {
  try {
    const [program, flag, data] = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0');
    return program === join(cluster.bin, 'postgres') && flag === '-D' && data === cluster.data;
  } catch {
    return false;
  }
}
