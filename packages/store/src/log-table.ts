import { CHAIN_START, type LogEntry, linkEntry, type NewEntry } from '@sallyport/core';
import type { Database } from 'better-sqlite3';
import { dayOf } from './schema.ts';

const COLUMNS = 'seq, type, at, session, body, signature, hash';

/** Entries per page of {@link LogReads.page}. */
const PAGE_ENTRIES = 500;

export interface LogWrites {
  /** Chains the entry on. Must run in an immediate transaction: several processes append. */
  append(entry: NewEntry): LogEntry;
}

export function logWrites(db: Database): LogWrites {
  const last = db.prepare<[], LogEntry>(`SELECT ${COLUMNS} FROM log_last`);
  const insert = db.prepare(`INSERT INTO log (${COLUMNS}, day) VALUES (@seq, @type, @at, @session, @body, @signature, @hash, @day)`);
  const remember = db.prepare(
    `INSERT OR REPLACE INTO log_last (one, ${COLUMNS}) VALUES (1, @seq, @type, @at, @session, @body, @signature, @hash)`,
  );
  return {
    append({ type, at, session, body, signature }) {
      const previous = last.get();
      const seq = (previous?.seq ?? 0) + 1;
      const hash = linkEntry(previous?.hash ?? CHAIN_START, seq, body, signature);
      const entry: LogEntry = { seq, type, at, session, body, signature, hash };
      insert.run({ ...entry, day: dayOf(at) });
      remember.run(entry);
      return entry;
    },
  };
}

export interface LogReads {
  /** Entries from `from` on, at most a page of them. */
  page(from: number): LogEntry[];
  last(): LogEntry | undefined;
}

export function logReads(db: Database): LogReads {
  const page = db.prepare<[number], LogEntry>(`SELECT ${COLUMNS} FROM log WHERE seq >= ? ORDER BY seq LIMIT ${PAGE_ENTRIES}`);
  const last = db.prepare<[], LogEntry>(`SELECT ${COLUMNS} FROM log_last`);
  return { page: (from) => page.all(from), last: () => last.get() };
}
