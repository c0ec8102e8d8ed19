import { randomBytes } from 'node:crypto';
import { chmod, link, mkdir, open, readFile, rename, stat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { GatewayError } from '@sallyport/core';

/** Makes a folder that only its owner may enter, parents included; an existing one is narrowed to that. */
export async function privateFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  await chmod(path, 0o700);
}

/**
 * The content of a secret file, made on first use. Readers see the whole content or none, whatever
 * crashes; of two starters at once one wins, and both go on with the winner's.
 *
 * @throws GatewayError ERR_CONFIG when the file may be read by others than its owner.
 */
export async function createOnce(path: string, make: () => Promise<string>): Promise<string> {
  const existing = await readSecret(path);
  if (existing !== undefined) return existing;
  const temporary = await writeTemporary(path, await make(), 0o600);
  try {
    await link(temporary, path); // unlike rename, fails where another starter was first
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  } finally {
    await unlink(temporary);
  }
  await syncFolder(dirname(path));
  return (await readSecret(path)) as string;
}

/** Puts new content in a file's place, whole or not at all. */
export async function replaceFile(path: string, content: string, mode: number): Promise<void> {
  await rename(await writeTemporary(path, content, mode), path);
  await syncFolder(dirname(path));
}

/** @returns undefined when there is no such file. @throws GatewayError ERR_CONFIG as {@link createOnce}. */
export async function readSecret(path: string): Promise<string | undefined> {
  try {
    const { mode } = await stat(path);
    if ((mode & 0o077) !== 0) {
      throw new GatewayError(
        'ERR_CONFIG',
        `The key file ${path} may be read by other users: run "chmod 600 ${path}", or replace the key if they did.`,
      );
    }
    return await readFile(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Whether a system call failed with this code. */
export function hasCode(error: unknown, code: string): boolean {
  return (error as NodeJS.ErrnoException | undefined)?.code === code;
}

async function writeTemporary(path: string, content: string, mode: number): Promise<string> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.new`;
  const file = await open(temporary, 'wx', mode);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  return temporary;
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
