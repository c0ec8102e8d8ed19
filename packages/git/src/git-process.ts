import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { GatewayError } from '@sallyport/core';
import { demandRoom } from './disk-fault.ts';
import type { PushLimits } from './push-limits.ts';

/** How a run of git ended. */
interface GitEnd {
  readonly code: number;
  /** What it wrote to standard error, the last of it. */
  readonly errors: string;
}

/** A run of git. `end` settles when it is over and never rejects. */
export interface GitProcess extends ChildProcessWithoutNullStreams {
  readonly end: Promise<GitEnd>;
}

const ERRORS_KEPT = 4096;

/** Limits that a system does not know are left out: macOS has none for address space. */
const LIMITED = 'ulimit -v "$0" 2>/dev/null || :; ulimit -t "$1" 2>/dev/null || :; shift; exec git "$@"';

const NOT_FOUND = 127;

/** Nothing of the gateway's own settings reaches git, and git reads no configuration but that of `directory`. */
function environment(directory: string): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    HOME: directory,
    LC_ALL: 'C',
    GIT_DIR: directory,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_TERMINAL_PROMPT: '0',
  };
}

/** Little memory, one thread, and no waiting for the disk: a quarantine need not survive a crash. */
const SETTINGS = [
  'core.bigFileThreshold=16m',
  'core.deltaBaseCacheLimit=16m',
  'core.packedGitLimit=256m',
  'core.packedGitWindowSize=16m',
  'core.fsync=none',
  'pack.threads=1',
  'gc.auto=0',
];

/** @param directory of the repository, which is also git's home. */
export function spawnGit(directory: string, limits: PushLimits, args: readonly string[]): GitProcess {
  const kibibytes = String(Math.floor(limits.memoryBytes / 1024));
  const settings = SETTINGS.flatMap((setting) => ['-c', setting]);
  const child = spawn('sh', ['-c', LIMITED, kibibytes, String(limits.seconds), ...settings, ...args], {
    cwd: directory,
    env: environment(directory),
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-ERRORS_KEPT);
  });
  // It may leave before it has read everything. How it ended tells why.
  child.stdin.on('error', () => undefined);
  const end = new Promise<GitEnd>((resolve) => {
    child.on('error', (error) => resolve({ code: -1, errors: error.message }));
    child.on('close', (code) => resolve({ code: code ?? -1, errors: errors.trim() }));
  });
  return Object.assign(child, { end });
}

/** @throws GatewayError where git is not installed, has no room, or says that something is wrong. */
export async function finished(process: GitProcess): Promise<void> {
  const { code, errors } = await process.end;
  if (code === 0) return;
  if (code === NOT_FOUND) {
    throw new GatewayError(
      'ERR_CONFIG',
      'Pushes are judged with git, which is not installed on the machine of the gateway. Install git there.',
    );
  }
  demandRoom(errors);
  throw new GatewayError('ERR_LIMIT', `git could not read the push: ${lastLine(errors) || `it ended with ${code}`}.`);
}

export function lastLine(text: string): string {
  return text.split('\n').at(-1)?.replace(/\.$/, '') ?? '';
}
