import type { Database } from 'better-sqlite3';
import { approvalReads } from './approval-table.ts';
import { isDamage } from './database.ts';
import { factReads } from './fact-table.ts';
import { logReads } from './log-table.ts';
import type { Answer, Call } from './messages.ts';
import { recordReads } from './record-pages.ts';
import { searchReads } from './record-search.ts';
import { sessionReads } from './session-table.ts';
import { tokenReads } from './token-table.ts';
import { unmovedReads } from './unmoved.ts';

/** All that reads the database, by name. Every call is one short transaction. */
function readCalls(db: Database, dataDir: string, served: () => boolean) {
  const unmoved = unmovedReads(db, dataDir);
  const sessions = sessionReads(db, unmoved, served);
  const records = recordReads(db, unmoved);
  const log = logReads(db);
  const tokens = tokenReads(db);
  const approvals = approvalReads(db);
  const facts = factReads(db);
  return {
    getSession: sessions.get,
    listSessions: sessions.list,
    leftSession: sessions.left,
    records: records.records,
    events: records.events,
    search: searchReads(db, unmoved, served),
    entries: log.page,
    lastEntry: log.last,
    getToken: tokens.get,
    tokenBySha256: tokens.bySha256,
    tokensByUser: tokens.byUser,
    listTokens: tokens.list,
    tokenVersion: tokens.version,
    getApproval: approvals.get,
    listApprovals: approvals.list,
    grants: approvals.grants,
    loadFacts: facts.load,
  };
}

export type ReadCalls = ReturnType<typeof readCalls>;

/** Answers calls one by one; what cannot be read is the caller's to hear, and closes nothing. */
export function createReader(db: Database, dataDir: string, served: () => boolean): (call: Call) => Answer {
  const calls = readCalls(db, dataDir, served);
  return ({ call, name, args }) => {
    try {
      const read = calls[name as keyof ReadCalls] as (...args: unknown[]) => unknown;
      return { call, value: read(...args) };
    } catch (error) {
      return { call, error: (error as Error).message, damaged: isDamage(error) };
    }
  };
}
