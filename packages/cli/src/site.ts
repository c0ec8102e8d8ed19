import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Protocol, Store, StoreMode } from '@sallyport/core';
import type { Config } from '@sallyport/gateway';
import { Api } from './api.ts';
import { CliError } from './exit.ts';
import { type Purpose, readLogins } from './logins.ts';
import { loadProtocols } from './protocols.ts';

/** What every command takes. */
export interface SiteOptions {
  readonly config?: string;
}

/** A configuration and what it speaks of. */
export interface Site {
  readonly file: string;
  readonly config: Config;
  readonly protocols: readonly Protocol[];
}

/** The configuration that is meant; undefined when none is named and none lies here. */
export function findConfig(options: SiteOptions): string | undefined {
  const named = options.config ?? process.env['SALLYPORT_CONFIG'];
  if (named !== undefined && named !== '') return resolve(named);
  const here = resolve('sallyport.yaml');
  return existsSync(here) ? here : undefined;
}

/** @throws CliError when there is no configuration, GatewayError ERR_CONFIG when it is wrong */
export async function loadSite(options: SiteOptions): Promise<Site> {
  const file = findConfig(options);
  if (file === undefined) {
    throw new CliError('There is no sallyport.yaml here. Name the configuration with --config FILE or SALLYPORT_CONFIG.');
  }
  const [{ loadConfig }, protocols] = await Promise.all([import('@sallyport/gateway'), loadProtocols()]);
  return { file, protocols, config: await loadConfig(file, protocols) };
}

/** What reads the recordings of a protocol. @throws CliError */
export function decoderOf({ protocols }: Site, name: string): Protocol['decodeRecording'] {
  const protocol = protocols.find((each) => each.name === name);
  if (protocol === undefined) throw new CliError(`This command does not speak '${name}'.`);
  return (frames) => protocol.decodeRecording(frames);
}

/** Works on the data_dir as its administrator, with or without a running gateway. */
export async function withStore<T>(site: Site, mode: StoreMode, use: (store: Store) => Promise<T>): Promise<T> {
  const { openStore } = await import('@sallyport/store');
  const store = await openStore({ dataDir: site.config.dataDir, mode });
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

/** Where the gateway is: SALLYPORT_URL, the configuration, or where one signed in at last. */
export async function findUrl(options: SiteOptions): Promise<string> {
  const told = process.env['SALLYPORT_URL'];
  if (told !== undefined && told !== '') return told;
  if (findConfig(options) !== undefined) return adminUrl(await loadSite(options));
  const { current } = await readLogins();
  if (current === undefined) {
    throw new CliError('Which gateway? Set SALLYPORT_URL, name a configuration with --config FILE, or run `sallyport login --url URL`.');
  }
  return current;
}

/** The API as somebody: with SALLYPORT_TOKEN, or as who signed in with `sallyport login`. */
export async function openApi(options: SiteOptions, purpose: Purpose): Promise<Api> {
  const url = await findUrl(options);
  const token = process.env['SALLYPORT_TOKEN'];
  if (token !== undefined && token !== '') return new Api(url, token);
  const stored = (await readLogins()).gateways[url];
  const other = purpose === 'approve' ? 'connect' : 'approve';
  const kept = stored?.[purpose] ?? stored?.[other];
  if (kept === undefined) throw new CliError(`You are not signed in at ${url}. Set SALLYPORT_TOKEN or run \`sallyport login\`.`);
  return new Api(url, kept);
}

/** The API as the administrator of this data_dir: it watches and ends sessions, it decides nothing. */
export async function openAdminApi(site: Site): Promise<Api> {
  const file = join(site.config.dataDir, 'admin.token');
  try {
    return new Api(adminUrl(site), (await readFile(file, 'utf8')).trim());
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    const why = code === 'ENOENT' ? 'the gateway does not run' : `cannot be read (${code ?? 'unknown'})`;
    throw new CliError(`${file}: ${why}.`, undefined, { cause });
  }
}

function adminUrl(site: Site): string {
  return `http://${site.config.admin.listen}`;
}
