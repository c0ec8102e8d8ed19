import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Gateway, startGateway } from '../../test-fixtures/servers/gateway.ts';
import { freePort, type PostgresServer } from '../../test-fixtures/servers/postgres.ts';
import { MASKED_COLUMNS } from './scenarios.ts';

/** A way to the database that is measured. */
export interface Route {
  readonly name: string;
  /** What pgbench needs to take it. */
  readonly env: Readonly<Record<string, string>>;
  /** The process in the middle. */
  readonly pid?: number | undefined;
}

const START_MS = 10_000;
const certificate = (name: string): string =>
  readFileSync(join(import.meta.dirname, '..', '..', 'test-fixtures', 'certificates', name), 'utf8');
/** What every route but the gateway, which brings its own, shows its clients. */
export const TLS = { cert: certificate('localhost.pem'), key: certificate('localhost.key') };

/** Every route that this machine can offer, running. They stop with the stack. */
export async function startRoutes(database: PostgresServer, stack: AsyncDisposableStack): Promise<readonly Route[]> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-bench-'));
  await chmod(folder, 0o755); // pgbouncer runs as somebody else
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const routes = [route('direct', database, database.port), await pipe(database, stack)];
  if (existsSync('/usr/sbin/haproxy')) routes.push(await haproxy(database, folder, stack));
  if (existsSync('/usr/sbin/pgbouncer')) routes.push(await pgbouncer(database, folder, stack));
  for (const durability of ['fast', 'strict'] as const) {
    const gateway = await startGateway({ target: database, durability, masked: MASKED_COLUMNS });
    stack.defer(() => gateway.stop());
    routes.push({ ...route(`sallyport ${durability}`, gateway, gateway.port), pid: gateway.pid });
  }
  return routes;
}

function route(name: string, { user, password }: PostgresServer | Gateway, port: number): Route {
  const env = {
    PGHOST: '127.0.0.1',
    PGPORT: String(port),
    PGUSER: user,
    PGPASSWORD: password,
    PGDATABASE: 'postgres',
  };
  return { name, env };
}

async function pipe(database: PostgresServer, stack: AsyncDisposableStack): Promise<Route> {
  const { port, pid } = await startPipe(database.port, stack);
  return { ...route('node pipe', database, port), pid };
}

/** What everything is compared with, before a server of any kind. */
export async function startPipe(
  target: number,
  stack: AsyncDisposableStack,
): Promise<{ readonly port: number; readonly pid: number | undefined }> {
  const port = await freePort();
  const program = join(import.meta.dirname, 'pipe.ts');
  const pid = await start(spawn(process.execPath, [program, String(port), String(target)], { stdio: 'ignore' }), port, stack);
  return { port, pid };
}

async function haproxy(database: PostgresServer, folder: string, stack: AsyncDisposableStack): Promise<Route> {
  const port = await freePort();
  const file = join(folder, 'haproxy.cfg');
  const lines = [
    'global',
    '  maxconn 1000',
    'defaults',
    '  mode tcp',
    '  timeout connect 5s',
    '  timeout client 1h',
    '  timeout server 1h',
    'listen database',
    `  bind 127.0.0.1:${port}`,
    `  server database 127.0.0.1:${database.port}`,
  ];
  await writeFile(file, `${lines.join('\n')}\n`);
  const pid = await start(spawn('/usr/sbin/haproxy', ['-q', '-db', '-f', file], { stdio: 'ignore' }), port, stack);
  return { ...route('HAProxy', database, port), pid };
}

async function pgbouncer(database: PostgresServer, folder: string, stack: AsyncDisposableStack): Promise<Route> {
  const port = await freePort();
  const [file, users] = [join(folder, 'pgbouncer.ini'), join(folder, 'users.txt')];
  const lines = [
    '[databases]',
    `* = host=127.0.0.1 port=${database.port}`,
    '[pgbouncer]',
    'listen_addr = 127.0.0.1',
    `listen_port = ${port}`,
    'unix_socket_dir =',
    'client_tls_sslmode = allow',
    `client_tls_cert_file = ${join(folder, 'server.pem')}`,
    `client_tls_key_file = ${join(folder, 'server.key')}`,
    'auth_type = scram-sha-256',
    `auth_file = ${users}`,
    'pool_mode = session',
    'default_pool_size = 100',
    'max_client_conn = 200',
    'ignore_startup_parameters = extra_float_digits',
  ];
  await writeFile(file, `${lines.join('\n')}\n`);
  await writeFile(join(folder, 'server.pem'), TLS.cert);
  await writeFile(join(folder, 'server.key'), TLS.key);
  await writeFile(users, `"${database.user}" "${database.password}"\n`);
  const account = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
  const pid = await start(spawn('/usr/sbin/pgbouncer', ['-q', ...account, file], { stdio: 'ignore' }), port, stack);
  return { ...route('PgBouncer', database, port), pid };
}

/** Waits until it listens, and hands it to the stack. */
async function start(child: ChildProcess, port: number, stack: AsyncDisposableStack): Promise<number | undefined> {
  stack.defer(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  });
  for (const end = Date.now() + START_MS; Date.now() < end; await delay(50)) {
    if (await accepts(port)) return child.pid;
  }
  throw new Error(`${child.spawnfile} did not listen on port ${port} within ${START_MS / 1000} s.`);
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** What a reader must know about the machine to make sense of the numbers. @param tools each with its arguments, to print its version */
export function machine(...tools: readonly (readonly [string, ...string[]])[]): string {
  const line = (program: string, ...args: readonly string[]): string => {
    try {
      return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).split('\n')[0] ?? '';
    } catch {
      return `${program}: not installed`;
    }
  };
  const cpu = line('sh', '-c', "sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1");
  return [`${line('nproc')} cores (${cpu})`, `Node.js ${process.version}`, ...tools.map(([tool, ...args]) => line(tool, ...args))].join(
    ', ',
  );
}
