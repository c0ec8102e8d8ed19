import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { CliError } from '../exit.ts';

const START_MS = 20_000;
const STOP_MS = 5_000;
const LOOK_AGAIN_MS = 50;
const SAID_CHARS = 4_000;
const READY = 'Server listening';
/** Where a server that root starts parts with its rights; it wants the folder to be there. */
const PRIVILEGE_SEPARATION = '/run/sshd';

/** What the gateway needs to reach the demo's host. */
export interface DemoHost {
  /** `ssh-ed25519 AAAA…` */
  readonly hostKey: string;
  /** File of the key that the gateway signs in with. */
  readonly keyFile: string;
  /** A program that somebody has to approve. */
  readonly restart: string;
}

/** OpenSSH's server, where it and what makes its keys are installed. */
export function sshServer(): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/bin'];
  const find = (name: string): string | undefined => folders.map((folder) => join(folder, name)).find((file) => existsSync(file));
  return find('ssh-keygen') === undefined ? undefined : find('sshd');
}

/** Why the demo has no SSH, and how to have it. */
export function noSshd(): string {
  return sshServer() === undefined
    ? "OpenSSH's server is not installed here, so SSH is left out. To have it: apt-get install openssh-server"
    : "The demo's configuration has no SSH target: delete it to have a fresh one with SSH.";
}

/** Makes the host's keys and its one program, the first time. */
export async function prepareHost(demoFolder: string): Promise<DemoHost> {
  const folder = join(demoFolder, 'ssh');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const name of ['host', 'gateway']) {
    const file = join(folder, name);
    if (!existsSync(file)) await promisify(execFile)('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', `demo ${name}`, '-f', file]);
  }
  await writeFile(join(folder, 'authorized_keys'), await readFile(join(folder, 'gateway.pub')), { mode: 0o600 });
  const restart = join(folder, 'restart-shop');
  await writeFile(restart, '#!/bin/sh\necho "The shop is being restarted."\n', { mode: 0o700 });
  const [type, key] = (await readFile(join(folder, 'host.pub'), 'utf8')).split(' ');
  return { hostKey: `${type} ${key}`, keyFile: join(folder, 'gateway'), restart };
}

/** Starts a real OpenSSH server for our own account, on a private port of the loopback interface. The machine's own is left alone. */
export async function startSshd(server: string, demoFolder: string, port: number): Promise<{ stop(): Promise<void> }> {
  const folder = join(demoFolder, 'ssh');
  if (process.getuid?.() === 0) await mkdir(PRIVILEGE_SEPARATION, { recursive: true, mode: 0o755 });
  const file = join(folder, 'sshd_config');
  await writeFile(file, configuration(folder, port));
  const child = spawn(server, ['-D', '-e', '-f', file], { cwd: '/', detached: true, stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log = (log + text).slice(-SAID_CHARS);
  });
  const giveUp = Date.now() + START_MS;
  while (!log.includes(READY)) {
    if (child.exitCode !== null || child.signalCode !== null || Date.now() > giveUp) {
      await stopServer(child);
      throw new CliError(`The demo's SSH server did not start.\n${log.trim()}`);
    }
    await delay(LOOK_AGAIN_MS);
  }
  return { stop: () => stopServer(child) };
}

function configuration(folder: string, port: number): string {
  return [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${join(folder, 'host')}`,
    `AuthorizedKeysFile ${join(folder, 'authorized_keys')}`,
    'PidFile none',
    'AuthenticationMethods publickey',
    'PermitRootLogin prohibit-password',
    'StrictModes no',
    'UsePAM no',
    'AcceptEnv LANG LC_* GIT_PROTOCOL',
    'PrintMotd no',
    'PrintLastLog no',
    'Subsystem sftp internal-sftp',
    '',
  ].join('\n');
}

async function stopServer(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const patience = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await gone;
  clearTimeout(patience);
}
