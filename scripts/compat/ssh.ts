import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type SshAddress, startSshGateway } from '../../test-fixtures/servers/ssh-gateway.ts';
import { startSshd } from '../../test-fixtures/servers/sshd.ts';
import { SSH_CLIENTS } from './ssh-clients.ts';
import { type Route, type Tally, tryAll } from './trial.ts';

const NOT_WITH_MASKS: ReadonlyMap<string, string> = new Map();
/** What no person has without a rule: shells, files, tunnels, and refs that are taken away. */
const RULES = [{ name: 'a tester may do everything', match: { class: ['write', 'admin', 'ddl', 'unknown'] }, action: 'allow' }];
const MASKING = [{ name: 'secrets anywhere', detect: ['aws-key', 'github-token', 'jwt', 'private-key'], method: 'redact' }];

export interface SshTrial {
  /** Of clients; none: all. */
  readonly names: readonly string[];
  readonly directOnly: boolean;
  /** How much is piped through each way. */
  readonly megabytes: number;
}

/** Clients of SSH with the machine's OpenSSH server: directly, through a gateway, and through one that masks and serves several targets at one port. */
export async function trySsh({ names, directOnly, megabytes }: SshTrial): Promise<Tally> {
  const clients = SSH_CLIENTS.filter(({ name }) => names.length === 0 || names.includes(name));
  if (clients.length === 0) return { passed: 0, failed: 0 };
  await using stack = new AsyncDisposableStack();
  const server = await startSshd();
  stack.defer(() => server.stop());
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-compat-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const common = {
    MEGABYTES: String(megabytes),
    FAR_PORT: String(server.port),
    FAR_USER: server.user,
    FAR_KEY: server.keyFile,
  };
  const routes = [await route('direct', server, folder, common)];
  for (const shared of directOnly ? [] : [false, true]) {
    const gateway = await startSshGateway({ target: server, rules: RULES, shared, masking: shared ? MASKING : [] });
    stack.defer(() => gateway.stop());
    routes.push(await route(shared ? 'named, masked' : 'gateway', gateway, folder, common));
  }
  return await tryAll({ title: 'SSH', clients, routes, reset: () => Promise.resolve(), notWithMasks: NOT_WITH_MASKS });
}

async function route(name: string, address: SshAddress, folder: string, common: Readonly<Record<string, string>>): Promise<Route> {
  const { host, port, user, keyFile, hostKey } = address;
  const [hosts, config] = ['hosts', 'config'].map((kind) => join(folder, `${name.replaceAll(/\W+/g, '-')}.${kind}`)) as [string, string];
  await writeFile(hosts, `[${host}]:${port} ${hostKey}\n`);
  const lines = [
    'Host target',
    `HostName ${host}`,
    `Port ${port}`,
    `User ${user}`,
    `IdentityFile ${keyFile}`,
    'IdentitiesOnly yes',
    `UserKnownHostsFile ${hosts}`,
    'GlobalKnownHostsFile /dev/null',
    'StrictHostKeyChecking yes',
    'BatchMode yes',
  ];
  await writeFile(config, `${lines.join('\n')}\n`);
  const env = {
    ...common,
    SSH_CONFIG: config,
    SSH_HOST: host,
    SSH_PORT: String(port),
    SSH_USER: user,
    SSH_KEY: keyFile,
    SSH_HOSTS: hosts,
    SSH_HOST_KEY: hostKey,
  };
  return { name, env, masked: name === 'named, masked' };
}
