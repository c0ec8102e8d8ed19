import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, startPostgres } from '../../../test-fixtures/servers/postgres.ts';

/** The command as people start it. */
export const COMMAND = fileURLToPath(new URL('../../../sallyport', import.meta.url));
const READY_MS = 30_000;

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly token?: string;
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A command that runs beside the test. */
export interface Started {
  /** Resolves with the first match in what it says on stderr or stdout. */
  heard(pattern: RegExp): Promise<string>;
  readonly outcome: Promise<Outcome>;
  readonly child: ChildProcess;
}

/** A served configuration with a real database behind it; every command is the real one. */
export interface TestSite {
  readonly folder: string;
  readonly configFile: string;
  readonly admin: string;
  readonly port: number;
  readonly gateway: Started;
  /** What a command needs to find this site. */
  readonly env: Readonly<Record<string, string>>;
  start(args: readonly string[], options?: RunOptions): Started;
  run(args: readonly string[], options?: RunOptions): Promise<Outcome>;
  /** A token as `token create` prints it. */
  token(user: string, ...flags: readonly string[]): Promise<string>;
  stop(): Promise<void>;
}

/** Starts PostgreSQL and `sallyport serve`. @throws Error when the gateway is not ready in time */
export async function startSite(): Promise<TestSite> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-cli-'));
  const postgres = await startPostgres();
  const [port, adminPort] = [await freePort(), await freePort()];
  const text = configuration(postgres, port, adminPort);
  return serveSite({ folder, text, port, adminPort, env: { SHOP_PASSWORD: postgres.password }, stopTarget: () => postgres.stop() });
}

export interface SiteParts {
  /** Removed in the end. */
  readonly folder: string;
  /** The configuration. */
  readonly text: string;
  readonly port: number;
  readonly adminPort: number;
  readonly env: Readonly<Record<string, string>>;
  stopTarget(): Promise<void>;
}

/** Starts `sallyport serve` with a configuration. @throws Error when the gateway is not ready in time */
export async function serveSite({ folder, text, port, adminPort, env: own, stopTarget }: SiteParts): Promise<TestSite> {
  const configFile = join(folder, 'sallyport.yaml');
  await writeFile(configFile, text);
  const env = { SALLYPORT_CONFIG: configFile, XDG_CONFIG_HOME: join(folder, 'home'), NO_COLOR: '1', TZ: 'UTC', ...own };
  const start = (args: readonly string[], options: RunOptions = {}): Started => startCommand(args, options, env);
  const run = (args: readonly string[], options?: RunOptions): Promise<Outcome> => start(args, options).outcome;
  const gateway = start(['serve']);
  await gateway.heard(/Sallyport is ready/);
  return {
    folder,
    configFile,
    admin: `http://127.0.0.1:${adminPort}`,
    port,
    gateway,
    env,
    start,
    run,
    async token(user, ...flags) {
      const made = await run(['token', 'create', '--user', user, '--ttl', '1h', ...flags]);
      if (made.code !== 0) throw new Error(made.stderr);
      return made.stdout.trim();
    },
    async stop() {
      gateway.child.kill('SIGTERM');
      await gateway.outcome;
      await stopTarget();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Starts the real command. @param base variables on top of the test's own */
export function startCommand(args: readonly string[], { token, input, env }: RunOptions, base: Readonly<Record<string, string>>): Started {
  const child = spawn(COMMAND, args, { env: { ...process.env, ...base, ...env, SALLYPORT_TOKEN: token ?? '', SALLYPORT_URL: '' } });
  const said = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said.stderr += text;
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const outcome = once(child, 'close').then(([code]): Outcome => ({ code: code as number | null, ...said }));
  return { child, outcome, heard: (pattern) => heard(pattern, child, said) };
}

async function heard(pattern: RegExp, child: ChildProcess, said: { readonly stdout: string; readonly stderr: string }): Promise<string> {
  const giveUp = Date.now() + READY_MS;
  for (;;) {
    const match = pattern.exec(said.stdout + said.stderr)?.[0];
    if (match !== undefined) return match;
    if (child.exitCode !== null || Date.now() > giveUp) throw new Error(`${pattern} was not said:\n${said.stdout}${said.stderr}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

function configuration(
  postgres: { readonly port: number; readonly user: string; readonly database: string },
  port: number,
  admin: number,
): string {
  return `data_dir: ./data
admin: { listen: 127.0.0.1:${admin} }
identity:
  users:
    alice: { groups: [developers] }
    dana: { groups: [dba] }
    erin: { groups: [contractors] }
    copilot: { kind: agent, groups: [agents] }
targets:
  shop-db:
    protocol: postgres
    listen: 127.0.0.1:${port}
    address: 127.0.0.1:${postgres.port}
    tls: disable
    database: ${postgres.database}
    credentials: { username: ${postgres.user}, password: "\${env:SHOP_PASSWORD}" }
access:
  - { groups: [developers, agents], targets: ["shop-*"] }
  - { groups: [contractors], targets: [shop-db], approval: { groups: [dba] } }
rules:
  - name: schema changes need a DBA
    match: { class: [ddl] }
    action: hold
    approval: { groups: [dba], timeout: 1m }
masking:
  - { name: contact data, columns: ["*.email"], method: redact }
`;
}
