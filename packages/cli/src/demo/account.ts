import { existsSync } from 'node:fs';
import { chmod, cp, mkdtemp, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { CliError } from '../exit.ts';

/** Whom a database server runs as: it refuses to be root. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** An ordinary account of this machine when we are root; undefined: we are one ourselves. */
export async function databaseAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const lines = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  const line = lines.find(([name]) => name === 'postgres') ?? lines.find(([name]) => name === 'nobody');
  if (line === undefined) throw new CliError("The demo's database must not run as root, and /etc/passwd has neither postgres nor nobody.");
  return { uid: Number(line[2]), gid: Number(line[3]) };
}

/** True when every account may enter the folder: the way to it is open to others. */
async function openToAll(folder: string): Promise<boolean> {
  for (let at = folder; ; at = dirname(at)) {
    if (((await stat(at)).mode & 0o001) === 0) return false;
    if (at === dirname(at)) return true;
  }
}

/** Where the databases' files lie: the demo's folder, or one that their account can reach. A note in the folder says where. */
export async function databasePlace(folder: string, account: Account | undefined): Promise<string> {
  if (account === undefined) return folder;
  const note = join(folder, 'database.place');
  const noted = existsSync(note) ? (await readFile(note, 'utf8')).trim() : '';
  if (existsSync(noted)) return noted;
  const place = (await openToAll(folder)) ? folder : await enterableFolder();
  await writeFile(note, `${place}\n`);
  return place;
}

/** A fresh folder that every account may enter and only we may write. */
async function enterableFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-demo-'));
  await chmod(folder, 0o711);
  return folder;
}

/** The folder itself, or its copy in `place` where that account cannot reach it (a clone under /root). */
export async function reachable(folder: string, place: string): Promise<string> {
  if (await openToAll(folder)) return folder;
  const copy = join(place, 'postgresql');
  if (existsSync(copy)) return copy;
  await cp(folder, copy, { recursive: true, verbatimSymlinks: true, filter: (file) => !file.endsWith('.a') });
  return copy;
}
