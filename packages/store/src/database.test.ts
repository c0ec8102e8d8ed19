import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { openDatabase } from './database.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-database-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function pages(): readonly unknown[] {
  const db = openDatabase(folder, 'serve', false);
  try {
    return ['page_size', 'wal_autocheckpoint', 'journal_mode'].map((name) => db.pragma(name, { simple: true }));
  } finally {
    db.close();
  }
}

test('a new database has large pages', () => {
  expect(pages()).toEqual([16_384, 1_000, 'wal']);
});

test('an old database keeps its pages, and as many bytes go into its log before a checkpoint', () => {
  const old = new Database(join(folder, 'sallyport.db'));
  old.pragma('journal_mode = WAL');
  old.exec('CREATE TABLE something (id INTEGER)');
  old.close();
  expect(pages()).toEqual([4_096, 4_000, 'wal']);
});
