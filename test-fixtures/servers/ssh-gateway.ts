import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { COMMAND, launchGateway } from './gateway.ts';
import { freePort } from './postgres.ts';
import type { SshdServer } from './sshd.ts';

export interface SshGatewayOptions {
  readonly target: SshdServer;
  /** Default: `strict`. */
  readonly durability?: 'strict' | 'fast';
  /** Masking rules as the configuration has them. */
  readonly masking?: readonly object[];
  readonly rules?: readonly object[];
  /** Two targets, `web-1` and `web-2`, at one port: then {@link SshAddress.user} names the first. */
  readonly shared?: boolean;
}

/** What OpenSSH's clients need to find a server and sign in. */
export interface SshAddress {
  readonly host: '127.0.0.1';
  readonly port: number;
  readonly user: string;
  /** The private key that signs in. */
  readonly keyFile: string;
  /** `ssh-ed25519 AAAA…` */
  readonly hostKey: string;
}

export interface SshGateway extends SshAddress {
  readonly pid: number;
  readonly config: string;
  log(): string;
  stop(): Promise<void>;
}

const run = promisify(execFile);

/** Starts the real command before an OpenSSH server. @throws Error with the gateway's log when it is not ready in time */
export async function startSshGateway(options: SshGatewayOptions): Promise<SshGateway> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-ssh-gateway-'));
  try {
    const [config, keyFile] = [join(folder, 'sallyport.yaml'), join(folder, 'tester')];
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'tester', '-f', keyFile]);
    const [port, admin] = [await freePort(), await freePort()];
    const publicKey = (await readFile(`${keyFile}.pub`, 'utf8')).trim();
    await writeFile(config, JSON.stringify(configuration(options, { folder, publicKey, port, admin }), undefined, 2)); // JSON is YAML
    const { child, log, end } = await launchGateway(config, { TARGET_KEY: options.target.key });
    const { stdout } = await run(COMMAND, ['ca', 'ssh', '--config', config]);
    const hostKey = /ssh-ed25519 \S+/.exec(stdout)?.[0];
    if (hostKey === undefined) throw new Error(`"sallyport ca ssh" printed no host key: ${stdout}`);
    const user = options.shared === true ? 'tester@web-1' : 'tester';
    return {
      ...{ host: '127.0.0.1', port, user, keyFile, hostKey, pid: child.pid ?? 0, config, log },
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

interface Place {
  readonly folder: string;
  readonly publicKey: string;
  readonly port: number;
  readonly admin: number;
}

function configuration({ target, ...options }: SshGatewayOptions, { folder, publicKey, port, admin }: Place): object {
  const web = {
    protocol: 'ssh',
    listen: `127.0.0.1:${port}`,
    address: `${target.host}:${target.port}`,
    host_keys: [target.hostKey],
    credentials: { username: target.user, key: '${env:TARGET_KEY}' },
  };
  return {
    data_dir: join(folder, 'data'),
    admin: { listen: `127.0.0.1:${admin}` },
    identity: { users: { tester: { groups: ['testers'], ssh_keys: [publicKey] } } },
    targets: { 'web-1': web, ...(options.shared === true && { 'web-2': web }) },
    access: [{ groups: ['testers'], targets: ['*'] }],
    rules: options.rules ?? [],
    masking: options.masking ?? [],
    recording: { durability: options.durability ?? 'strict' },
  };
}
