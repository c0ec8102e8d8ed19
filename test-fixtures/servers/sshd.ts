import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { launchServer } from './launched-server.ts';
import { freePort } from './postgres.ts';

interface SshdOptions {
  /** Further lines of sshd_config. */
  readonly config?: readonly string[];
}

export interface SshdServer {
  readonly host: '127.0.0.1';
  readonly port: number;
  /** The account that signs in: whoever runs the test. */
  readonly user: string;
  /** OpenSSH's form of the private key that signs in. */
  readonly key: string;
  readonly keyFile: string;
  /** `ssh-ed25519 AAAA…` */
  readonly hostKey: string;
  /** For what the test leaves behind. */
  readonly folder: string;
  log(): string;
  stop(): Promise<void>;
}

const SERVER = '/usr/sbin/sshd';
/** Where a server started by root parts with its rights; the system's own start script makes it. */
const PRIVILEGE_SEPARATION = '/run/sshd';
const run = promisify(execFile);

/** Whether Debian's openssh-server is installed. */
function hasSshd(): boolean {
  try {
    accessSync(SERVER, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Starts a real OpenSSH server on 127.0.0.1 with keys of its own, for the account that runs the test.
 *
 * @throws Error with the server's own log when it does not come up
 */
export async function startSshd({ config = [] }: SshdOptions = {}): Promise<SshdServer> {
  if (!hasSshd()) throw new Error(`OpenSSH's server is not installed: there is no ${SERVER}. Debian: apt-get install openssh-server.`);
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-sshd-'));
  try {
    if (process.getuid?.() === 0) await mkdir(PRIVILEGE_SEPARATION, { recursive: true, mode: 0o755 });
    const [hostKeyFile, keyFile] = [join(folder, 'host'), join(folder, 'client')];
    for (const file of [hostKeyFile, keyFile]) await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file]);
    await writeFile(join(folder, 'authorized_keys'), await readFile(`${keyFile}.pub`), { mode: 0o600 });
    const port = await freePort();
    await writeFile(join(folder, 'sshd_config'), configuration(folder, port, config));
    const args = ['-D', '-e', '-f', join(folder, 'sshd_config')];
    const { log, end } = await launchServer({
      name: 'sshd',
      program: SERVER,
      args,
      cwd: folder,
      account: undefined,
      ready: 'Server listening',
    });
    return {
      host: '127.0.0.1',
      port,
      user: userInfo().username,
      key: await readFile(keyFile, 'utf8'),
      keyFile,
      hostKey: (await readFile(`${hostKeyFile}.pub`, 'utf8')).split(' ').slice(0, 2).join(' '),
      folder,
      log,
      async stop() {
        await end();
        await rm(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

function configuration(folder: string, port: number, more: readonly string[]): string {
  return [
    ...more, // the first word on a subject counts
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${join(folder, 'host')}`,
    `AuthorizedKeysFile ${join(folder, 'authorized_keys')}`,
    `PidFile ${join(folder, 'sshd.pid')}`,
    'PermitRootLogin yes',
    'StrictModes no',
    'UsePAM no',
    'LogLevel VERBOSE',
    'MaxStartups 100:30:200',
    'MaxSessions 100',
    'AcceptEnv LANG LC_* GIT_PROTOCOL',
    'X11Forwarding yes',
    'PrintMotd no',
    'PrintLastLog no',
    'Subsystem sftp internal-sftp',
    '',
  ].join('\n');
}
