import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** A token connects or it approves, never both: so a person may be signed in with one of each. */
export type Purpose = 'connect' | 'approve';

/** Who is signed in where. */
export interface Logins {
  /** The gateway signed in at last: what commands speak to when nothing names another. */
  readonly current?: string;
  readonly gateways: Readonly<Record<string, Partial<Readonly<Record<Purpose, string>>>>>;
}

/** `$XDG_CONFIG_HOME/sallyport/logins.json`, mode 0600. */
export function loginsFile(): string {
  return join(process.env['XDG_CONFIG_HOME'] ?? join(homedir(), '.config'), 'sallyport', 'logins.json');
}

export async function readLogins(): Promise<Logins> {
  try {
    return JSON.parse(await readFile(loginsFile(), 'utf8')) as Logins;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { gateways: {} };
    throw error;
  }
}

/** Replaces the file at once, so that a crash never leaves half of it. */
export async function writeLogins(logins: Logins): Promise<void> {
  const file = loginsFile();
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, `${JSON.stringify(logins, null, 2)}\n`, { mode: 0o600 });
  await rename(draft, file);
}
