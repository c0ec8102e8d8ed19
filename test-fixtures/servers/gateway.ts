import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freePort } from './postgres.ts';

/** A database that a gateway can stand before. */
type TargetServer = Record<'host' | 'user' | 'password' | 'database', string> & { readonly port: number };

export interface GatewayOptions {
  readonly target: TargetServer;
  /** Default: `postgres`. */
  readonly protocol?: 'postgres' | 'mysql';
  /** Default: `strict`. */
  readonly durability?: 'strict' | 'fast';
  /** Columns to mask, e.g. `public.customers.email`. Given, every session must know its columns' origins. */
  readonly masked?: readonly string[];
  /** Masking rules as the configuration has them, besides the one for `masked`. */
  readonly masking?: readonly object[];
  /** Rules besides the one that lets the user do everything. Their `approval` is `{ groups: ['approvers'] }`. */
  readonly rules?: readonly object[];
  /** Databases that may be used besides the target's own. */
  readonly databases?: readonly string[];
  /** The name of the local user. Default: `tester`. */
  readonly user?: string;
}

export interface Gateway {
  readonly host: '127.0.0.1';
  readonly port: number;
  /** A local user who may do everything that rules can allow, and a token of eight hours. */
  readonly user: string;
  readonly password: string;
  readonly pid: number;
  /** Its configuration file, for commands about it. */
  readonly config: string;
  /** Where its API is. */
  readonly admin: string;
  /** PEM file of the CA that its certificate chains to. */
  readonly caFile: string;
  /** A token that decides approvals. */
  approverToken(): Promise<string>;
  /** What it logged so far. */
  log(): string;
  stop(): Promise<void>;
}

/** The command as people start it. */
export const COMMAND = fileURLToPath(new URL('../../sallyport', import.meta.url));
const START_MS = 30_000;
const STOP_MS = 10_000;
const LOG_CHARS = 64 * 1024;
const run = promisify(execFile);

/**
 * Starts the real command before a database, with its own data_dir in a temporary folder.
 *
 * @throws Error with the gateway's log when it is not ready within 30 s
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-gateway-'));
  const user = options.user ?? 'tester';
  try {
    const config = join(folder, 'sallyport.yaml');
    const [port, admin] = [await freePort(), await freePort()];
    await writeFile(config, JSON.stringify(configuration(options, user, folder, port, admin), undefined, 2)); // JSON is YAML
    const { child, log, end } = await launchGateway(config, { TARGET_PASSWORD: options.target.password });
    const mint = async (name: string, ...more: readonly string[]): Promise<string> =>
      (await run(COMMAND, ['token', 'create', '--user', name, '--ttl', '8h', ...more, '--config', config])).stdout.trim();
    const password = await mint(user);
    const stop = async (): Promise<void> => {
      await end();
      await rm(folder, { recursive: true, force: true });
    };
    return {
      ...{ host: '127.0.0.1', port, user, password, pid: child.pid ?? 0, config, log, stop },
      admin: `http://127.0.0.1:${admin}`,
      caFile: join(folder, 'data', 'keys', 'ca.pem'),
      approverToken: () => mint('approver', '--can', 'approve'),
    };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

function configuration(
  { target, protocol = 'postgres', ...options }: GatewayOptions,
  user: string,
  folder: string,
  port: number,
  admin: number,
): object {
  return {
    data_dir: join(folder, 'data'),
    admin: { listen: `127.0.0.1:${admin}` },
    identity: { users: { [user]: { groups: ['testers'] }, approver: { groups: ['approvers'] } } },
    targets: {
      db: {
        protocol,
        listen: `127.0.0.1:${port}`,
        address: `${target.host}:${target.port}`,
        tls: 'disable',
        database: target.database,
        databases: options.databases ?? [],
        credentials: { username: target.user, password: '${env:TARGET_PASSWORD}' },
      },
    },
    access: [{ groups: ['testers'], targets: ['db'] }],
    rules: [
      { name: 'a tester may do everything', match: { class: ['ddl', 'privilege', 'admin', 'unknown'] }, action: 'allow' },
      ...(options.rules ?? []),
    ],
    masking: [
      ...(options.masked === undefined ? [] : [{ name: 'secrets', columns: options.masked, method: 'redact' }]),
      ...(options.masking ?? []),
    ],
    recording: { durability: options.durability ?? 'strict' },
  };
}

/** A gateway that runs. */
interface Launched {
  readonly child: ChildProcess;
  /** The last 64 KiB of its log. */
  readonly log: () => string;
  readonly end: () => Promise<void>;
}

/**
 * Starts the real command with a configuration.
 *
 * @param variables what the configuration takes from the environment
 * @throws Error with the gateway's log when it is not ready within 30 s
 */
export async function launchGateway(config: string, variables: Readonly<Record<string, string>>): Promise<Launched> {
  const env = { ...process.env, ...variables };
  const child = spawn(COMMAND, ['serve', '--config', config], { stdio: ['ignore', 'pipe', 'pipe'], env });
  const atExit = (): void => void child.kill('SIGKILL');
  process.once('exit', atExit);
  child.once('exit', () => process.off('exit', atExit));
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log = (log + text).slice(-LOG_CHARS);
  });
  const ready = once(child.stdout, 'data').then(() => true);
  const gone = once(child, 'close').then(() => false);
  const late = AbortSignal.timeout(START_MS);
  const outcome = await Promise.race([ready, gone, once(late, 'abort').then(() => false)]);
  if (!outcome) {
    await end(child);
    throw new Error(`The gateway did not become ready:\n${log}`);
  }
  child.stdout.resume();
  return { child, log: () => log, end: () => end(child) };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const patience = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await gone;
  clearTimeout(patience);
}
