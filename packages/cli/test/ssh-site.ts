import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../../../test-fixtures/servers/postgres.ts';
import { type SshdServer, startSshd } from '../../../test-fixtures/servers/sshd.ts';
import { type Outcome, serveSite, type TestSite } from './site.ts';

/** A served configuration with a real OpenSSH server behind it, and OpenSSH's own clients in front. */
export interface SshSite extends TestSite {
  readonly sshd: SshdServer;
  /** alice's private key. */
  readonly key: string;
  /** Options by which OpenSSH's clients find the gateway and trust it, without the port. */
  readonly options: readonly string[];
  ssh(args: readonly string[], input?: string | Buffer): Promise<Outcome>;
  /** Runs any program to its end. */
  program(program: string, args: readonly string[], input?: string | Buffer, env?: Readonly<Record<string, string>>): Promise<Outcome>;
  /** The newest session, once it has ended, as `sessions show --json` gives it. */
  lastSession(): Promise<ShownSession>;
}

interface ShownSession {
  readonly id: string;
  readonly state: string;
  readonly identity: string;
  readonly facts: Readonly<Record<string, string>>;
  readonly events: readonly Readonly<Record<string, unknown>>[];
}

export interface SshSiteOptions {
  /** `rules:` and whatever stands behind it, as YAML. */
  readonly rules?: string;
  /** More targets, as YAML below `targets:`. */
  readonly targets?: string;
  readonly hostKey?: string;
  /** `identity.ssh_cas`. */
  readonly authorities?: readonly string[];
  readonly sshdConfig?: readonly string[];
  readonly durability?: 'fast' | 'strict';
  /** The private key of the target's credentials, if it is not the one that the server knows. */
  readonly targetKey?: string | undefined;
  /** More of the target's credentials, as YAML. */
  readonly credentials?: string;
  /** Files beside the configuration, by name. */
  readonly files?: Readonly<Record<string, string>>;
}

const run = promisify(execFile);

export async function startSshSite(options: SshSiteOptions = {}): Promise<SshSite> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-ssh-'));
  const sshd = await startSshd({ config: options.sshdConfig ?? [] });
  const key = join(folder, 'alice');
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
  for (const [name, content] of Object.entries(options.files ?? {})) await writeFile(join(folder, name), content, { mode: 0o600 });
  await writeFile(join(folder, 'target.key'), options.targetKey ?? sshd.key, { mode: 0o600 });
  const [port, adminPort] = [await freePort(), await freePort()];
  const publicKey = (await readFile(`${key}.pub`, 'utf8')).trim();
  const text = configuration({ sshd, port, adminPort, publicKey, ...options });
  const site = await serveSite({ folder, text, port, adminPort, env: {}, stopTarget: () => sshd.stop() });
  const hosts = join(folder, 'known_hosts');
  const { stdout } = await site.run(['ca', 'ssh', '--known-hosts']);
  await writeFile(hosts, stdout);
  const settings = [
    'BatchMode=yes',
    'IdentitiesOnly=yes',
    `UserKnownHostsFile=${hosts}`,
    'GlobalKnownHostsFile=/dev/null',
    'StrictHostKeyChecking=yes',
  ];
  const flags = ['-F', '/dev/null', '-i', key, ...settings.flatMap((setting) => ['-o', setting])];
  return {
    ...site,
    sshd,
    key,
    options: flags,
    program: runProgram,
    ssh: (args, input) => runProgram('ssh', ['-p', String(port), ...flags, ...args], input),
    async lastSession() {
      for (;;) {
        const shown = await site.run(['sessions', 'show', 'last', '--json']);
        const session = JSON.parse(shown.stdout) as ShownSession;
        if (session.state !== 'live') return session;
      }
    },
  };
}

export function runProgram(
  program: string,
  args: readonly string[],
  input?: string | Buffer,
  env: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const child = spawn(program, args, { env: { ...process.env, ...env } });
  const said = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said.stderr += text;
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.once('error', reject).once('close', (code) => resolve({ code, ...said }));
  });
}

interface Parts extends SshSiteOptions {
  readonly sshd: SshdServer;
  readonly port: number;
  readonly adminPort: number;
  readonly publicKey: string;
}

function configuration({
  sshd,
  port,
  adminPort,
  publicKey,
  rules = 'rules: []',
  targets = '',
  hostKey,
  authorities,
  durability = 'fast',
  credentials = '',
}: Parts): string {
  return `data_dir: ./data
admin: { listen: 127.0.0.1:${adminPort} }
identity:
${authorities === undefined ? '' : `  ssh_cas: ${JSON.stringify(authorities)}\n`}  users:
    alice: { groups: [developers], ssh_keys: ["${publicKey}"] }
    dana: { groups: [leads] }
    erin: { groups: [contractors] }
    copilot: { kind: agent, groups: [agents] }
targets:
  web-1:
    protocol: ssh
    listen: 127.0.0.1:${port}
    address: 127.0.0.1:${sshd.port}
    host_keys: ["${hostKey ?? sshd.hostKey}"]
    credentials: { username: ${sshd.user}, key: "\${file:./target.key}"${credentials} }
${targets}
access:
  - { groups: [developers, agents], targets: ["*"] }
  - { groups: [contractors], targets: [web-1], approval: { groups: [leads], timeout: 1m } }
${rules}
recording: { durability: ${durability} }
`;
}
