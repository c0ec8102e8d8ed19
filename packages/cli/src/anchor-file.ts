import { open, readFile } from 'node:fs/promises';
import type { Anchor } from '@sallyport/recording';
import { CliError, EXIT } from './exit.ts';

/**
 * Reads an anchor that `verify --save-anchor` wrote: `{seq, hash, at}`, the log's last entry at a time.
 *
 * @throws CliError when the file is missing or holds something else
 */
export async function readAnchor(file: string): Promise<Anchor> {
  let said: Partial<Anchor>;
  try {
    said = JSON.parse(await readFile(file, 'utf8')) as Partial<Anchor>;
  } catch (cause) {
    throw new CliError(`${file} is no anchor: ${(cause as Error).message}.`, EXIT.failed, { cause });
  }
  const { seq, hash, at } = said;
  if (!Number.isSafeInteger(seq) || !Number.isSafeInteger(at) || typeof hash !== 'string' || !/^[0-9a-f]{64}$/.test(hash))
    throw new CliError(`${file} is no anchor: write one with "sallyport verify --save-anchor FILE".`, EXIT.failed);
  return { seq: seq as number, hash, at: at as number };
}

/** Writes an anchor. Never over another one: an old anchor vouches for more than a new one. */
export async function saveAnchor(file: string, anchor: Anchor): Promise<void> {
  try {
    const handle = await open(file, 'wx');
    try {
      await handle.writeFile(`${JSON.stringify(anchor)}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw new CliError(`The anchor could not be written to ${file}: ${(cause as Error).message}.`, EXIT.failed, { cause });
  }
}
