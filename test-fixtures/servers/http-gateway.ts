import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { COMMAND, launchGateway } from './gateway.ts';
import { freePort } from './postgres.ts';

export interface HttpGatewayOptions {
  /** Keys of the target `shop-api` besides `listen`. */
  readonly target: Readonly<Record<string, unknown>> & { readonly address: string };
  /** Default: `strict`. */
  readonly durability?: 'strict' | 'fast';
  /** Masking rules as the configuration has them. */
  readonly masking?: readonly object[];
  /** Rules as the configuration has them; their `approval` is `{ groups: ['approvers'] }`. */
  readonly rules?: readonly object[];
}

export interface HttpGateway {
  /** Without a path. */
  readonly url: string;
  readonly port: number;
  /** Of the user `tester`, who may read and write. */
  readonly token: string;
  readonly pid: number;
  readonly config: string;
  readonly admin: string;
  /** PEM file of the CA that its certificate chains to. */
  readonly caFile: string;
  /** A token that decides approvals. */
  approverToken(): Promise<string>;
  log(): string;
  stop(): Promise<void>;
}

const run = promisify(execFile);

/** Starts the real command before an HTTP server. @throws Error with the gateway's log when it is not ready in time */
export async function startHttpGateway(options: HttpGatewayOptions): Promise<HttpGateway> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-http-gateway-'));
  try {
    const config = join(folder, 'sallyport.yaml');
    const [port, admin] = [await freePort(), await freePort()];
    await writeFile(config, JSON.stringify(configuration(options, folder, port, admin), undefined, 2)); // JSON is YAML
    const { child, log, end } = await launchGateway(config, { TARGET_TOKEN: 'target-secret' });
    const mint = async (name: string, ...more: readonly string[]): Promise<string> =>
      (await run(COMMAND, ['token', 'create', '--user', name, '--ttl', '8h', ...more, '--config', config])).stdout.trim();
    return {
      ...{ url: `http://127.0.0.1:${port}`, port, token: await mint('tester'), pid: child.pid ?? 0, config, log },
      admin: `http://127.0.0.1:${admin}`,
      caFile: join(folder, 'data', 'keys', 'ca.pem'),
      approverToken: () => mint('approver', '--can', 'approve'),
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

function configuration({ target, ...options }: HttpGatewayOptions, folder: string, port: number, admin: number): object {
  return {
    data_dir: join(folder, 'data'),
    admin: { listen: `127.0.0.1:${admin}` },
    identity: { users: { tester: { groups: ['testers'] }, approver: { groups: ['approvers'] } } },
    targets: {
      'shop-api': {
        ...{ protocol: 'http', listen: `127.0.0.1:${port}`, tls: 'disable', credentials: { token: '${env:TARGET_TOKEN}' } },
        ...target,
      },
    },
    access: [{ groups: ['testers'], targets: ['*'] }],
    rules: options.rules ?? [],
    masking: options.masking ?? [],
    recording: { durability: options.durability ?? 'strict' },
  };
}
