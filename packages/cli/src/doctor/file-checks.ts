import { readdir, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { CheckResult } from '@sallyport/core';
import type { Config } from '@sallyport/gateway';

const MIB = 1024 * 1024;
const LITTLE_BYTES = 1024 * MIB;
const TOO_LITTLE_BYTES = 100 * MIB;
const LITTLE_FILES = 0.02;

/** What everybody may read, of all that lies in data_dir and its keys. */
const PUBLIC_FILES = new Set(['ca.pem', 'forward-ca.pem', 'evidence.pub', 'sallyport.pid']);

type Stats = Awaited<ReturnType<typeof stat>>;

/** Who may read the record and the keys, who may change the configuration, and whether there is room. */
export async function checkFiles(config: Config): Promise<readonly CheckResult[]> {
  return [
    ...(await checkConfigFile(config.file)),
    ...(await checkDataDir(config.dataDir)),
    ...(await checkSecrets(config)),
    ...(await checkRoom(config.dataDir)),
  ];
}

async function checkConfigFile(file: string): Promise<readonly CheckResult[]> {
  const stats = await look(file);
  if (stats === undefined || (Number(stats.mode) & 0o022) === 0) return [];
  const message = `Others than its owner may write ${file}, and with it decide what passes the gateway.`;
  return [{ check: 'files', level: 'problem', message, mend: `chmod go-w ${file}` }];
}

async function checkDataDir(dataDir: string): Promise<readonly CheckResult[]> {
  const stats = await look(dataDir);
  if (stats === undefined)
    return [
      { check: 'data_dir', level: 'ok', message: `${dataDir} is not there yet: \`sallyport serve\` makes it, for its own account alone.` },
    ];
  const results: CheckResult[] = [];
  if (process.getuid !== undefined && Number(stats.uid) !== process.getuid()) {
    const message = `${dataDir} belongs to the account with the number ${stats.uid}, and you are ${process.getuid()}: what it holds may be hidden from you.`;
    results.push({ check: 'data_dir', level: 'warning', message, mend: 'run doctor as the account that runs the gateway' });
  }
  if ((Number(stats.mode) & 0o077) !== 0) {
    const message = `Other accounts may enter ${dataDir}, which holds the record and the keys.`;
    results.push({ check: 'data_dir', level: 'problem', message, mend: `chmod 700 ${dataDir}` });
  }
  for (const file of await privateFiles(dataDir)) results.push(...(await checkPrivate(file, 'data_dir')));
  results.push(...(await checkParents(dataDir, Number(stats.uid))));
  if (results.length > 0) return results;
  return [{ check: 'data_dir', level: 'ok', message: `Only its own account may read ${dataDir} and the keys in it.` }];
}

async function privateFiles(dataDir: string): Promise<readonly string[]> {
  const folders = [dataDir, join(dataDir, 'keys')];
  const listed = folders.map(async (folder) => (await readdir(folder).catch(() => [])).map((name) => ({ name, path: join(folder, name) })));
  return (await Promise.all(listed)).flat().flatMap(({ name, path }) => (PUBLIC_FILES.has(name) ? [] : [path]));
}

/** Who may write a folder can put another one in the place of what is in it. */
async function checkParents(path: string, owner: number): Promise<readonly CheckResult[]> {
  for (let at = dirname(path); ; at = dirname(at)) {
    const stats = await look(at);
    const mode = Number(stats?.mode ?? 0);
    if ((mode & 0o002) !== 0 && (mode & 0o1000) === 0) {
      return [
        {
          check: 'data_dir',
          level: 'problem',
          message: `Everybody may write ${at}, and so put another folder in the place of ${path}.`,
          mend: `chmod o-w ${at}`,
        },
      ];
    }
    if (stats !== undefined && Number(stats.uid) !== owner && Number(stats.uid) !== 0) {
      return [
        {
          check: 'data_dir',
          level: 'warning',
          message: `${at} belongs to another account, which could put another folder in the place of ${path}.`,
          mend: 'a data_dir below a folder of root or of the gateway',
        },
      ];
    }
    if (at === dirname(at)) return [];
  }
}

async function checkSecrets({ targets, tls, forwardCa }: Config): Promise<readonly CheckResult[]> {
  const credentials = targets.flatMap((target) => Object.values(target.credentials));
  const files = credentials.flatMap((secret) => (secret?.from === 'file' ? [secret.path] : []));
  if ('key' in tls) files.push(tls.key);
  if (forwardCa !== undefined) files.push(forwardCa.key);
  return (await Promise.all([...new Set(files)].map((file) => checkPrivate(file, 'secrets')))).flat();
}

async function checkPrivate(file: string, check: string): Promise<readonly CheckResult[]> {
  const stats = await look(file);
  if (stats === undefined || (Number(stats.mode) & 0o077) === 0) return [];
  return [
    {
      check,
      level: 'problem',
      message: `Other accounts may read ${file}.`,
      mend: `chmod go= ${file}, and replace what is in it if they did`,
    },
  ];
}

async function checkRoom(dataDir: string): Promise<readonly CheckResult[]> {
  let at = dataDir;
  while ((await look(at)) === undefined && at !== dirname(at)) at = dirname(at);
  const { bavail, bsize, ffree, files } = await statfs(at);
  const bytes = bavail * bsize;
  const mend = 'make room, or prune: sallyport sessions prune';
  const shown = bytes >= LITTLE_BYTES ? `${Math.floor(bytes / LITTLE_BYTES)} GiB` : `${Math.floor(bytes / MIB)} MiB`;
  if (bytes < LITTLE_BYTES) {
    const message = `Only ${shown} are free for the record; without room for it nothing passes.`;
    return [{ check: 'disk', level: bytes < TOO_LITTLE_BYTES ? 'problem' : 'warning', message, mend }];
  }
  if (files > 0 && ffree / files < LITTLE_FILES) {
    return [
      {
        check: 'disk',
        level: 'warning',
        message: `Only ${ffree} more files fit on the disk of the record.`,
        mend: 'remove small files there',
      },
    ];
  }
  return [{ check: 'disk', level: 'ok', message: `${shown} are free for the record.` }];
}

/** undefined: not there, or not for us to see. */
async function look(path: string): Promise<Stats | undefined> {
  return stat(path).catch(() => undefined);
}
