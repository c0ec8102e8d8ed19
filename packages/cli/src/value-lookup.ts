import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { type SessionFilter, valuePrint } from '@sallyport/core';
import type { ValueMatch } from '@sallyport/recording';
import { CliError, EXIT } from './exit.ts';
import { localTime, printListing, say } from './output/terminal.ts';
import { loadSite, type SiteOptions, withStore } from './site.ts';

/** Shorter ones stand everywhere. */
const MIN_BYTES = 4;
const MAX_BYTES = 1024 * 1024;

interface Options extends SiteOptions {
  readonly json?: boolean;
}

/** Prints where a value passed. The value is neither printed nor kept. */
export async function searchForValue(file: string, options: Options, filter: SessionFilter): Promise<void> {
  const value = await readValue(file);
  const [{ openKeys }, { fingerprinter }, { searchValue }] = await Promise.all([
    import('@sallyport/identity'),
    import('@sallyport/gateway'),
    import('@sallyport/recording'),
  ]);
  const site = await loadSite(options);
  const key = (await openKeys(site.config.dataDir)).secret('fingerprint');
  const print = valuePrint(fingerprinter(key), value);
  const matches = await withStore(site, 'read', async (store) => {
    const found: ValueMatch[] = [];
    for await (const match of searchValue(store, value, print, filter)) found.push(match);
    return found;
  });
  const columns = [
    { title: 'session', whole: true },
    { title: 'identity' },
    { title: 'target' },
    { title: 'at' },
    { title: 'command' },
    { title: 'how' },
    { title: 'rule' },
  ];
  await printListing(matches, options, columns, ({ session, at, command, how, rule }) => [
    session.id,
    session.identity,
    session.target,
    localTime(at),
    command === null ? '' : String(command),
    how,
    rule ?? '',
  ]);
  if (matches.length === 0)
    say('It is in no recorded session, neither masked nor clear. Results that were not recorded cannot be searched.');
}

/** @param file `-` is standard input. One line break at the end is not part of the value. */
async function readValue(file: string): Promise<Buffer> {
  const bytes = file === '-' ? await buffer(process.stdin) : await readFile(file);
  const end = bytes.at(-1) === 0x0a ? (bytes.at(-2) === 0x0d ? -2 : -1) : bytes.length;
  const value = bytes.subarray(0, end);
  if (value.length < MIN_BYTES || value.length > MAX_BYTES)
    throw new CliError(`A value to look for has ${MIN_BYTES} bytes to 1 MiB; this one has ${value.length}.`, EXIT.usage);
  return value;
}
