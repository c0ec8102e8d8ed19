import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Store } from '@sallyport/core';
import { createLog, Gateway, loadConfig } from '@sallyport/gateway';
import { CliError, EXIT, sentence } from './exit.ts';
import type { Site } from './site.ts';
import { VERSION } from './version.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** How long sessions may finish when the gateway is told to end. */
const DRAIN_MS = 30_000;

/** A gateway that accepts clients. */
export interface RunningGateway {
  readonly site: Site;
  /** PEM file with the public half of the key that signs the record. */
  readonly publicKeyFile: string;
  /** Reads the configuration again; a broken one changes nothing. */
  reload(): Promise<void>;
  /** Takes no more clients, lets sessions finish for a while, and closes the store. */
  stop(drainMs?: number): Promise<void>;
  /** Resolves when the record cannot be kept any more: the gateway must not go on then. */
  readonly failed: Promise<Error>;
}

/** Takes the data_dir's lock. @throws GatewayError when another gateway has it */
export async function openServingStore(dataDir: string): Promise<Store> {
  const { openStore } = await import('@sallyport/store');
  return openStore({ dataDir, mode: 'serve' });
}

/** @throws GatewayError when an address is taken or a secret is missing; the store is closed then */
export async function startGateway(site: Site, store: Store, level: LogLevel): Promise<RunningGateway> {
  const { file, config, protocols } = site;
  const options = { config, loadConfig: () => loadConfig(file, protocols), store, protocols, log: createLog(level), version: VERSION };
  const pidFile = join(config.dataDir, 'sallyport.pid');
  const gateway = await Gateway.create(options).catch(async (error: unknown) => {
    await store.close();
    throw error;
  });
  const stop = async (drainMs: number): Promise<void> => {
    await gateway.drain(drainMs);
    await rm(pidFile, { force: true });
    await store.close();
  };
  try {
    await gateway.start();
    await writeFile(pidFile, `${process.pid}\n`);
  } catch (error) {
    await stop(0);
    throw error;
  }
  return {
    site,
    publicKeyFile: join(site.config.dataDir, 'keys', 'evidence.pub'),
    reload: () => gateway.reload(),
    stop: (drainMs = DRAIN_MS) => stop(drainMs),
    failed: store.failed,
  };
}

/**
 * Reloads on SIGHUP and returns at SIGINT or SIGTERM; a second signal ends the process at once.
 *
 * @throws CliError when the record cannot be kept any more
 */
export async function untilSignal(running: RunningGateway): Promise<void> {
  process.on('SIGHUP', () => void running.reload());
  const ended = new Promise<void>((resolve) => {
    const end = (): void => {
      process.once('SIGINT', () => process.exit(130));
      process.once('SIGTERM', () => process.exit(143));
      resolve();
    };
    process.once('SIGINT', end);
    process.once('SIGTERM', end);
  });
  const failure = await Promise.race([ended, running.failed]);
  if (failure !== undefined) throw new CliError(sentence(failure), EXIT.failed, { cause: failure });
}
