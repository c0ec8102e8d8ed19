import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { link, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Protocol } from '@sallyport/core';
import { CliError } from '../exit.ts';

/** The file that a target's password is put into. */
export function passwordFile(folder: string, target: string): string {
  return join(folder, 'secrets', `${target}.password`);
}

/** @throws CliError before anything is asked or written, when something would be lost */
export function demandAbsent(file: string, force: boolean): void {
  if (!force && existsSync(file)) throw new CliError(`${file} is there already. Say --force to replace it, or --out FILE for another one.`);
}

/** For the gateway's account alone, and never in version control. */
export async function writePassword(file: string, password: string, force: boolean): Promise<void> {
  const folder = dirname(file);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(join(folder, '.gitignore'), '*\n', { flag: 'wx' }).catch(ignoreExisting);
  await place(file, `${password}\n`, force, async () => undefined);
}

/**
 * Writes the configuration once it is known to be valid.
 *
 * @throws GatewayError ERR_CONFIG for a configuration that the gateway would refuse: none is left then.
 */
export async function writeConfiguration(file: string, text: string, protocols: readonly Protocol[], force: boolean): Promise<void> {
  const { loadConfig } = await import('@sallyport/gateway');
  await mkdir(dirname(file), { recursive: true });
  await place(file, text, force, async (draft) => void (await loadConfig(draft, protocols)));
}

/** Whole or not at all, mode 0600; never over a file that came meanwhile. */
async function place(file: string, text: string, force: boolean, check: (draft: string) => Promise<void>): Promise<void> {
  const draft = `${file}.${randomBytes(4).toString('hex')}.new`;
  await writeFile(draft, text, { mode: 0o600, flag: 'wx' });
  try {
    await check(draft);
    if (force) await rename(draft, file);
    else await link(draft, file);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
    throw new CliError(`${file} is there already. Say --force to replace it.`, undefined, { cause });
  } finally {
    await rm(draft, { force: true });
  }
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}
