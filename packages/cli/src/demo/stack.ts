import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import type { Store } from '@sallyport/core';
import type { TokenRequest } from '@sallyport/identity';
import { openAdministrator } from '../administrator.ts';
import { CliError } from '../exit.ts';
import { freePort, isFree } from '../port.ts';
import { openServingStore, type RunningGateway, startGateway } from '../running-gateway.ts';
import { loadSite, type Site } from '../site.ts';
import { mintFor } from '../token-mint.ts';
import { type DemoPorts, writeDemoConfiguration } from './configuration.ts';
import { startDatabase } from './database.ts';
import { type LanguageModel, startLanguageModel } from './language-model/language-model.ts';
import { mariadbServer, startMariadb } from './mariadb.ts';
import { parcelCertificate, startParcelService } from './parcel-service.ts';
import { startShopApi } from './shop-api.ts';
import { prepareRepository } from './shop-repository.ts';
import { type DemoHost, prepareHost, sshServer, startSshd } from './sshd.ts';

export interface DemoOptions {
  readonly folder: string;
  readonly port: number;
  /** Where the gateway listens for MySQL clients, where MariaDB is installed. */
  readonly mysqlPort: number;
  /** Where the gateway listens for SSH clients, where OpenSSH's server is installed. */
  readonly sshPort: number;
  /** Where the gateway listens for clients of the shop's API, and of the language model. */
  readonly httpPort: number;
  readonly modelPort: number;
  /** Where the gateway is a forward proxy. */
  readonly forwardPort: number;
  readonly adminPort: number;
}

/** One token for each role of the story. */
interface DemoTokens {
  readonly alice: string;
  readonly bob: string;
  readonly copilot: string;
  readonly danaApproves: string;
  readonly aliceApproves: string;
}

/** The whole demo, running: databases, gateway, people. */
export interface DemoStack {
  readonly configFile: string;
  /** PEM file of the CA that the gateway's certificate chains to. */
  readonly caFile: string;
  /** Without `mysql` there is no MariaDB, without `ssh` no host, without `http` an older configuration. */
  readonly ports: {
    readonly postgres: number;
    readonly mysql?: number;
    readonly ssh?: number;
    readonly http?: number;
    readonly model?: number;
    readonly admin: number;
  };
  /** Where the gateway is a forward proxy, unless the configuration is older: the CA that its clients trust, and the service behind. */
  readonly forward?: { readonly port: number; readonly caFile: string; readonly parcels: number };
  /** The demo's host, where there is one. */
  readonly host?: DemoHost;
  /** The shop's API, where the configuration has it: what the gateway reaches, and whether it has a Git repository. */
  readonly api?: { readonly port: number; readonly git: boolean };
  /** What stands in for a language model. */
  readonly model?: LanguageModel;
  readonly tokens: DemoTokens;
  readonly gateway: RunningGateway;
  /** True when the database was created just now. */
  readonly fresh: boolean;
  stop(): Promise<void>;
}

/** A working day; a demo that runs longer gets new ones at its next start. */
const TOKEN_MS = 8 * 3_600_000;

const REQUESTS: Readonly<Record<keyof DemoTokens, TokenRequest>> = {
  alice: { user: 'alice', ttl: TOKEN_MS },
  bob: { user: 'bob', ttl: TOKEN_MS },
  copilot: { user: 'copilot', ttl: TOKEN_MS, actingFor: 'alice' },
  danaApproves: { user: 'dana', ttl: TOKEN_MS, can: ['approve'] },
  aliceApproves: { user: 'alice', ttl: TOKEN_MS, can: ['approve'] },
};

/** What a model says comes in pieces. */
const MODEL_PAUSE_MS = 10;

type Web = Required<Pick<DemoStack, 'api' | 'model'>>;

/** Open sessions of a demo are nobody's loss. */
const DRAIN_MS = 1_000;

/** Starts everything, or leaves nothing running. */
export async function startDemo(options: DemoOptions): Promise<DemoStack> {
  const folder = resolve(options.folder);
  await demandFree(options.port, '--port');
  await demandFree(options.adminPort, '--admin-port');
  const mariadb = mariadbServer();
  if (mariadb !== undefined) await demandFree(options.mysqlPort, '--mysql-port');
  const sshd = sshServer();
  if (sshd !== undefined) await demandFree(options.sshPort, '--ssh-port');
  await demandFree(options.httpPort, '--http-port');
  await demandFree(options.modelPort, '--model-port');
  await demandFree(options.forwardPort, '--forward-port');
  // Others may pass through, not look: as root the database runs as another account.
  await mkdir(folder, { recursive: true, mode: 0o711 });
  await chmod(folder, 0o711);
  const password = await secret(join(folder, 'database.password'));
  const key = await secret(join(folder, 'api.key'));
  const store = await openServingStore(join(folder, 'gateway'));
  const configFile = join(folder, 'sallyport.yaml');
  const ports: DemoPorts = {
    ...{ postgres: options.port, admin: options.adminPort, database: await freePort() },
    ...{ http: options.httpPort, shopApi: await freePort(), model: options.modelPort, modelServer: await freePort() },
    ...{ forward: options.forwardPort, parcels: await freePort() },
    ...(mariadb !== undefined && { mysql: options.mysqlPort, mariadb: await freePort() }),
    ...(sshd !== undefined && { ssh: options.sshPort, sshd: await freePort() }),
  };
  const [host, certificate] = await Promise.all([sshd === undefined ? undefined : prepareHost(folder), parcelCertificate(folder)]);
  await writeDemoConfiguration(configFile, ports, host && { account: userInfo().username, hostKey: host.hostKey });
  const site = await loadSite({ config: configFile }).catch(async (error: unknown) => {
    await store.close();
    throw error;
  });
  const gateway = await startGateway(site, store, 'error');
  const databases = new AsyncDisposableStack();
  const stop = async (): Promise<void> => {
    await gateway.stop(DRAIN_MS);
    await databases.disposeAsync();
  };
  try {
    const database = await startDatabase(folder, password, ports.database);
    databases.defer(() => database.stop());
    // A configuration from before MariaDB was installed has no target for it.
    const calls = site.config.targets.some(({ protocol }) => protocol === 'mysql') ? mariadb : undefined;
    if (calls !== undefined) await startMariadb(calls, folder, password, ports.mariadb ?? 0).then(({ stop }) => databases.defer(stop));
    const shell = site.config.targets.some(({ protocol }) => protocol === 'ssh') ? sshd : undefined;
    if (shell !== undefined) await startSshd(shell, folder, ports.sshd ?? 0).then(({ stop }) => databases.defer(stop));
    const web = site.config.targets.some(({ protocol }) => protocol === 'http') ? await startWeb(folder, ports, key, databases) : undefined;
    const proxied = site.config.targets.some(({ name }) => name === 'shop-parcels');
    if (proxied) await startParcelService({ key, certificate, port: ports.parcels }).then(({ stop }) => databases.defer(stop));
    const tokens = await mintTokens(site, store);
    const { postgres, admin, mysql, ssh, http, model, forward, parcels } = ports;
    const keys = join(site.config.dataDir, 'keys');
    return {
      ...{ configFile, caFile: join(keys, 'ca.pem'), tokens, gateway, fresh: database.fresh, stop },
      ...(shell !== undefined && host !== undefined && { host }),
      ...web,
      ...(proxied && { forward: { port: forward, caFile: join(keys, 'forward-ca.pem'), parcels } }),
      ports: {
        ...{ postgres, admin },
        ...(calls !== undefined && mysql !== undefined && { mysql }),
        ...(shell !== undefined && ssh !== undefined && { ssh }),
        ...(web !== undefined && { http, model }),
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The shop's API and the language model, in this process. */
async function startWeb(folder: string, { shopApi, modelServer }: DemoPorts, key: string, started: AsyncDisposableStack): Promise<Web> {
  const repositories = await prepareRepository(folder);
  const api = await startShopApi({ folder: repositories ?? folder, username: 'gateway', password: key, port: shopApi });
  started.defer(() => api.stop());
  const model = await startLanguageModel({ key, port: modelServer, pauseMs: MODEL_PAUSE_MS });
  started.defer(() => model.stop());
  return { api: { port: api.port, git: repositories !== undefined }, model };
}

/** @throws CliError that names the option to choose another port with */
async function demandFree(port: number, option: string): Promise<void> {
  if (!(await isFree(port)))
    throw new CliError(`Another program listens on port ${port} of this machine. Choose another one with ${option} NUMBER.`);
}

async function mintTokens(site: Site, store: Store): Promise<DemoTokens> {
  const administrator = await openAdministrator(site, store);
  const minted = Object.entries(REQUESTS).map(async ([name, request]) => [
    name,
    (await mintFor(site, store, administrator, request)).token,
  ]);
  return Object.fromEntries(await Promise.all(minted)) as DemoTokens;
}

/** A password or key that the gateway signs in with: made once, never shown. */
async function secret(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    const made = randomBytes(18).toString('base64url');
    await writeFile(file, `${made}\n`, { mode: 0o600 });
    return made;
  }
}
