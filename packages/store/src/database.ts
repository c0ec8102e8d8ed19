import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DamageError, GatewayError, type StoreMode } from '@sallyport/core';
import Database from 'better-sqlite3';
import { MIGRATIONS, UNRELEASED } from './schema.ts';

/** How long a statement waits for another process's transaction. Theirs are kept far shorter. */
const BUSY_MS = 10_000;
/**
 * Of a new database. SQLite writes page by page, a segment's too: with its own 4 KiB it takes half as long again for each
 * megabyte. A small transaction writes some five pages whole, so no larger ones.
 */
const PAGE_BYTES = 16 * 1024;
/** A checkpoint syncs the whole database: rarely, so that few commits wait for one. */
const CHECKPOINT_BYTES = 16_000 * 1024;

/**
 * Opens `data_dir`'s database as `mode` allows.
 *
 * @param readonly the connection must not change anything, whatever the mode.
 * @throws GatewayError ERR_RECORDING when it is absent or of another version; DamageError when it is no whole database.
 */
export function openDatabase(dataDir: string, mode: StoreMode, readonly: boolean): Database.Database {
  const file = join(dataDir, 'sallyport.db');
  try {
    if (readonly || mode === 'read') return openExisting(dataDir, file);
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    closeSync(openSync(file, 'a', 0o600));
    const db = new Database(file, { timeout: BUSY_MS });
    db.pragma(`page_size = ${PAGE_BYTES}`); // first: an old database keeps the one it has
    db.pragma('journal_mode = WAL');
    const pageBytes = Number(db.pragma('page_size', { simple: true }));
    db.pragma(`wal_autocheckpoint = ${CHECKPOINT_BYTES / pageBytes}`);
    migrate(db, dataDir, mode);
    return db;
  } catch (cause) {
    if (cause instanceof GatewayError) throw cause;
    const why = (cause as Error).message;
    if (isDamage(cause)) throw new DamageError(`${file} is no whole database (${why}): it was cut off or overwritten.`, { cause });
    throw new GatewayError('ERR_RECORDING', `The record in ${dataDir} cannot be opened (${why}).`, { cause });
  }
}

/** What SQLite says of a file that it cannot make sense of. */
export function isDamage(error: unknown): boolean {
  return error instanceof DamageError || /^SQLITE_(CORRUPT|NOTADB)/.test(String((error as { code?: unknown }).code));
}

function openExisting(dataDir: string, file: string): Database.Database {
  if (!existsSync(file)) throw new GatewayError('ERR_RECORDING', `There is no record in ${dataDir} yet: \`sallyport serve\` makes one.`);
  const db = new Database(file, { readonly: true, fileMustExist: true, timeout: BUSY_MS });
  if (db.pragma('page_count', { simple: true }) === 0) throw new DamageError(`${file} is no whole database: it is empty.`);
  checkVersion(db, dataDir);
  return db;
}

/** A new database gets its tables from whoever comes first; an old one is changed by `serve` alone. */
function migrate(db: Database.Database, dataDir: string, mode: StoreMode): void {
  const steps = db.transaction(() => {
    const version = versionOf(db);
    if (version === UNRELEASED) return;
    if (version > 0 && mode !== 'serve') return;
    for (const step of MIGRATIONS.slice(version)) db.exec(step);
    if (version < MIGRATIONS.length) db.pragma(`user_version = ${MIGRATIONS.length}`);
  });
  if (versionOf(db) !== MIGRATIONS.length) steps.exclusive();
  checkVersion(db, dataDir);
}

function checkVersion(db: Database.Database, dataDir: string): void {
  const version = versionOf(db);
  const known = MIGRATIONS.length;
  if (version > known) {
    throw new GatewayError(
      'ERR_RECORDING',
      `${dataDir} was written by a newer Sallyport (schema ${version}, this one knows ${known}): use that version.`,
    );
  }
  if (version === UNRELEASED) {
    throw new GatewayError('ERR_RECORDING', `${dataDir} was written before the first release, and nothing reads it: use another data_dir.`);
  }
  if (version < known) {
    throw new GatewayError(
      'ERR_RECORDING',
      `${dataDir} has schema ${version}, this Sallyport needs ${known}: start \`sallyport serve\` once, it migrates.`,
    );
  }
}

function versionOf(db: Database.Database): number {
  return Number(db.pragma('user_version', { simple: true }));
}

/** Who only asks whether a gateway runs is done by then. */
const LOCK_MS = 250;

/**
 * Takes the place of the one gateway of a data_dir until the returned connection is closed. It is
 * the operating system's lock on a file of its own, so it ends with the process, however that ends.
 *
 * @throws GatewayError ERR_RECORDING when another gateway has it.
 */
export function lockDataDir(dataDir: string): Database.Database {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const file = join(dataDir, 'sallyport.lock');
  closeSync(openSync(file, 'a', 0o600));
  const lock = new Database(file, { timeout: LOCK_MS });
  try {
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch (cause) {
    lock.close();
    const sentence = `Another gateway runs on ${dataDir}${pidNote(dataDir)}: stop it, or use another data_dir.`;
    throw new GatewayError('ERR_RECORDING', sentence, { cause });
  }
}

/**
 * Whether a gateway runs on a data_dir: the lock's file cannot be read then. Asking takes a lock, too, for an instant
 * that {@link lockDataDir} waits out.
 */
export function isServed(dataDir: string): boolean {
  const file = join(dataDir, 'sallyport.lock');
  if (!existsSync(file)) return false;
  const lock = new Database(file, { readonly: true, timeout: 0 });
  try {
    lock.pragma('schema_version');
    return false;
  } catch (error) {
    if ((error as { readonly code?: unknown }).code === 'SQLITE_BUSY') return true;
    throw error;
  } finally {
    lock.close();
  }
}

function pidNote(dataDir: string): string {
  try {
    return ` (process ${readFileSync(join(dataDir, 'sallyport.pid'), 'utf8').trim()})`;
  } catch {
    return '';
  }
}
