import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** The system account a server runs as: databases refuse root, so root lends them to `nobody`. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

export interface Launch {
  /** For errors: `MariaDB`. */
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly account: Account | undefined;
  /** What it logs when it takes connections. */
  readonly ready?: string;
}

export interface Launched {
  /** The last 64 KiB of what the server logged so far. */
  readonly log: () => string;
  /** Shuts it down, immediately if need be. */
  readonly end: () => Promise<void>;
}

const NOBODY: Account = { uid: 65_534, gid: 65_534 };
const START_MS = 60_000;
const STOP_MS = 10_000;
const LOG_CHARS = 64 * 1024;

/** `nobody` for root, oneself for everybody else. */
export function serverAccount(): Account | undefined {
  return process.getuid?.() === 0 ? NOBODY : undefined;
}

/**
 * Starts a server and waits until it takes connections.
 *
 * @throws Error with the server's own log when it does not come up within a minute
 */
export async function launchServer({
  name,
  program,
  args,
  cwd,
  account,
  ready: sign = 'ready for connections',
}: Launch): Promise<Launched> {
  const child = spawn(program, args, { ...account, cwd, stdio: ['ignore', 'ignore', 'pipe'] });
  // A test run that dies must not leave servers behind.
  const atExit = (): void => void child.kill('SIGKILL');
  process.once('exit', atExit);
  child.once('exit', () => process.off('exit', atExit));
  let log = '';
  const ready = new Promise<void>((resolve, reject) => {
    const fail = (why: string): void => reject(new Error(`${name} ${why}:\n${log}`));
    const deadline = setTimeout(() => fail(`was not ready after ${START_MS / 1000} s`), START_MS);
    child.once('error', reject);
    child.once('exit', () => fail('stopped while starting'));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      log = (log + text).slice(-LOG_CHARS);
      if (!log.includes(sign)) return;
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
  return { log: () => log, end: () => end(child) };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const patience = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await gone;
  clearTimeout(patience);
}
