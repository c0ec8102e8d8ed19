/**
 * What the gateway needs in memory, and whether it stays so:
 *
 *   node scripts/bench/memory.ts [--sessions 1000] [--minutes 10]
 *
 * - a client that asks for 1 GB of 200-byte rows, recorded, and does not read them: at PostgreSQL and at MariaDB;
 * - idle sessions, without and with TLS;
 * - constant load (pgbench, 8 clients, prepared) for some minutes: latencies, and memory each half a minute.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs, promisify } from 'node:util';
import { type Gateway, startGateway } from '../../test-fixtures/servers/gateway.ts';
import { type MariadbServer, startMariadb } from '../../test-fixtures/servers/mariadb.ts';
import { type PostgresServer, startPostgres } from '../../test-fixtures/servers/postgres.ts';
import { openIdle, stall } from './clients.ts';

const { values } = parseArgs({
  options: { sessions: { type: 'string', default: '1000' }, minutes: { type: 'string', default: '10' } },
});
const run = promisify(execFile);
const FIRST_SESSIONS = 100;

/** Resident set of a process, in KiB. */
function resident(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

/** The median of some looks, since a collection may be near. */
async function settled(pid: number): Promise<number> {
  const looks: number[] = [];
  for (let look = 0; look < 9; look += 1) {
    await delay(500);
    looks.push(resident(pid));
  }
  return looks.sort((a, b) => a - b)[4] ?? Number.NaN;
}

/** Sessions that come and go first, so that start-up is not counted. Load would leave a heap with room in which any growth hides. */
async function warmUp(gateway: Gateway, tls: boolean): Promise<void> {
  for (const client of await openIdle(gateway, FIRST_SESSIONS, tls)) client.destroy();
  await delay(6_000);
}

async function pgbench(gateway: Gateway, seconds: number, ...more: readonly string[]): Promise<string> {
  const env = { ...process.env, PGHOST: gateway.host, PGPORT: String(gateway.port), PGUSER: gateway.user, PGPASSWORD: gateway.password };
  const args = ['-n', '-S', '-M', 'prepared', '-c', '8', '-j', '2', '-T', String(seconds), ...more, 'postgres'];
  const { stdout } = await run('pgbench', args, { env: { ...env, PGSSLMODE: 'disable' } });
  return stdout;
}

async function stalledReader(gateway: Gateway): Promise<void> {
  const rows = (count: number): string => `SELECT i, repeat('x', 185) FROM generate_series(1, ${count}) i`;
  await warmUp(gateway, false);
  // What a first result takes, stalled or not: code, the recorder's buffers and its compressor.
  (await stall(gateway, rows(20_000))).destroy();
  const before = await settled(gateway.pid);
  const client = await stall(gateway, rows(5_000_000));
  const after = await settled(gateway.pid);
  client.destroy();
  console.log(`stalled reader of 1 GB: ${mebibytes(before)} to ${mebibytes(after)}, grown by ${mebibytes(after - before)}`);
}

/** The client writes what it reads into a pipe that nobody reads. */
async function stalledMysqlReader(database: MariadbServer): Promise<void> {
  const gateway = await startGateway({ target: database, protocol: 'mysql', durability: 'fast', masked: ['shop.customers.card'] });
  const { host, port, user, password } = gateway;
  const place = ['-h', host, '-P', String(port), '-u', user, `-p${password}`, '--quick', '--skip-column-names'];
  const ask = (rows: number): readonly string[] => [...place, '-e', `SELECT seq, REPEAT('x', 185) FROM seq_1_to_${rows}`, 'shop'];
  try {
    for (let run = 0; run < 8; run += 1) await once(spawn('mariadb', ask(200_000), { stdio: 'ignore' }), 'exit');
    await delay(2_000);
    const before = await settled(gateway.pid);
    const client = spawn('mariadb', ask(5_000_000), { stdio: ['ignore', 'pipe', 'inherit'] });
    const after = await settled(gateway.pid);
    client.kill();
    console.log(`stalled MySQL reader of 1 GB: ${mebibytes(before)} to ${mebibytes(after)}, grown by ${mebibytes(after - before)}`);
  } finally {
    await gateway.stop();
  }
}

async function idleSessions(gateway: Gateway, count: number, tls: boolean): Promise<void> {
  await warmUp(gateway, tls);
  const before = await settled(gateway.pid);
  const clients = await openIdle(gateway, count, tls);
  const after = await settled(gateway.pid);
  for (const client of clients) client.destroy();
  const each = ((after - before) / count).toFixed(1);
  console.log(`${count} idle sessions${tls ? ', TLS' : ''}: ${mebibytes(before)} to ${mebibytes(after)}, ${each} KiB each`);
  await delay(5_000);
}

async function constantLoad(gateway: Gateway, minutes: number): Promise<void> {
  for (let minute = 1; minute <= minutes; minute += 1) {
    const folder = await mkdtemp(join(tmpdir(), 'sallyport-bench-'));
    const half = delay(30_000).then(() => resident(gateway.pid));
    const stdout = await pgbench(gateway, 60, '--log', `--log-prefix=${join(folder, 'log')}`, '--sampling-rate=0.05');
    const rate = Number(/^tps = ([\d.]+)/m.exec(stdout)?.[1]);
    const latencies = await logged(folder);
    await rm(folder, { recursive: true });
    const memory = [await half, resident(gateway.pid)].map(mebibytes).join(', ');
    console.log(`minute ${minute}: ${Math.round(rate)} transactions/s, p50 ${at(latencies, 0.5)}, p99 ${at(latencies, 0.99)}, ${memory}`);
  }
}

/** Latencies in µs that pgbench logged, ascending: the third word of each line. */
async function logged(folder: string): Promise<readonly number[]> {
  const texts = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), 'utf8')));
  const lines = texts.flatMap((text) => text.split('\n').filter((line) => line !== ''));
  return lines.map((line) => Number(line.split(' ')[2])).sort((a, b) => a - b);
}

function at(sorted: readonly number[], share: number): string {
  return `${((sorted[Math.floor(sorted.length * share)] ?? Number.NaN) / 1000).toFixed(2)} ms`;
}

function mebibytes(kibibytes: number): string {
  return `${(kibibytes / 1024).toFixed(1)} MiB`;
}

async function withGateway(database: PostgresServer, measure: (gateway: Gateway) => Promise<void>): Promise<void> {
  const gateway = await startGateway({ target: database, durability: 'fast', masked: ['public.pgbench_tellers.filler'] });
  try {
    await measure(gateway);
  } finally {
    await gateway.stop();
  }
}

await using stack = new AsyncDisposableStack();
const mariadb = await startMariadb();
stack.defer(() => mariadb.stop());
await stalledMysqlReader(mariadb);

const [sessions, minutes] = [Number(values.sessions), Number(values.minutes)];
const database = await startPostgres({
  version: 15,
  config: { max_connections: String(sessions + FIRST_SESSIONS + 100), shared_buffers: '64MB' },
});
try {
  const init = spawn('pgbench', ['-i', '-q', '-s', '10', database.connectionString], { stdio: 'ignore' });
  await once(init, 'exit');
  await withGateway(database, stalledReader);
  if (sessions > 0) await withGateway(database, (gateway) => idleSessions(gateway, sessions, false));
  if (sessions > 0) await withGateway(database, (gateway) => idleSessions(gateway, sessions, true));
  if (minutes > 0) await withGateway(database, (gateway) => constantLoad(gateway, minutes));
} finally {
  await database.stop();
}
