import { GatewayError } from '@sallyport/core';
import type { Database } from 'better-sqlite3';
import { approvalWrites } from './approval-table.ts';
import { factWrites } from './fact-table.ts';
import { logWrites } from './log-table.ts';
import type { Answer, Call } from './messages.ts';
import { Mover, type Recovery } from './mover.ts';
import { sessionWrites } from './session-table.ts';
import { tokenWrites } from './token-table.ts';

export interface Writer {
  /**
   * One durable transaction for all the calls: that is the group commit. A call that is refused
   * takes back its own changes only.
   *
   * @throws when anything could not be stored: then nothing was, and the store must close for good.
   */
  commit(calls: readonly Call[]): Answer[];
  /** Moves some of the journal in one durable transaction. False at its end. @throws as commit */
  move(): boolean;
  /** Takes what an earlier process left in the journal. @throws as commit */
  recover(): Recovery;
  /** Bytes moved so far, and the journal's file that is moved from; all before it are gone. */
  readonly moved: { readonly bytes: number; readonly file: number };
}

/** All that changes the database, by name, as {@link WriteCalls}. */
function writeCalls(db: Database) {
  const log = logWrites(db);
  const tokens = tokenWrites(db, log);
  const approvals = approvalWrites(db, log);
  const facts = factWrites(db);
  const sessions = sessionWrites(db, log);
  const calls = {
    openSession: sessions.open,
    head: sessions.head,
    sealSession: sessions.seal,
    interruptSessions: sessions.interrupt,
    prune: sessions.prune,
    sweep: sessions.sweep,
    appendEntry: log.append,
    insertToken: tokens.insert,
    revokeToken: tokens.revoke,
    useToken: tokens.use,
    insertApproval: approvals.insert,
    voteApproval: approvals.vote,
    settleApproval: approvals.settle,
    saveFact: facts.save,
  };
  return { calls, chains: sessions };
}

export type WriteCalls = ReturnType<typeof writeCalls>['calls'];

/** They speak of all records before them. */
const AFTER_RECORDS: ReadonlySet<string> = new Set<keyof WriteCalls>(['head', 'sealSession']);

export function createWriter(db: Database, dataDir: string): Writer {
  db.pragma('synchronous = FULL');
  const { calls, chains } = writeCalls(db);
  const mover = new Mover(db, dataDir, chains);
  const attempt = db.transaction((name: keyof WriteCalls, args: unknown[]): unknown => {
    const call = calls[name] as (...args: unknown[]) => unknown;
    return call(...args);
  });
  const answer = ({ call, name, args }: Call): Answer => {
    try {
      return { call, value: attempt(name as keyof WriteCalls, args) };
    } catch (error) {
      if (!isRefusal(error)) throw error;
      return { call, error: (error as Error).message, damaged: false };
    }
  };
  const commit = db.transaction((messages: readonly Call[]): Answer[] => messages.map(answer));
  const step = db.transaction(() => mover.step());
  const recover = db.transaction(() => mover.recover());
  let moved = 0;
  const move = (): boolean => {
    const bytes = step.immediate();
    mover.drop();
    moved += bytes;
    return bytes > 0;
  };
  return {
    move,
    commit(messages) {
      if (messages.some(({ name }) => AFTER_RECORDS.has(name))) while (move());
      return commit.immediate(messages);
    },
    recover() {
      const recovery = recover.immediate();
      mover.drop();
      return recovery;
    },
    get moved() {
      return { bytes: moved, file: mover.file };
    },
  };
}

/** What the caller did wrong, as against a store that cannot write. */
function isRefusal(error: unknown): boolean {
  return error instanceof GatewayError || String((error as { code?: unknown }).code).startsWith('SQLITE_CONSTRAINT');
}
