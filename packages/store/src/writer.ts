import { GatewayError } from '@sallyport/core';
import type { Database } from 'better-sqlite3';
import { approvalWrites } from './approval-table.ts';
import { factWrites } from './fact-table.ts';
import { logWrites } from './log-table.ts';
import type { Answer, ToWriter } from './messages.ts';
import { unpackRecords } from './packing.ts';
import { sessionWrites } from './session-table.ts';
import { tokenWrites } from './token-table.ts';

export interface Writer {
  /**
   * One transaction for all the messages: that is the group commit. A call that is refused takes
   * back its own changes only.
   *
   * @throws when anything could not be stored: then nothing was, and the store must close for good.
   */
  commit(messages: readonly ToWriter[]): Answer[];
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

export function createWriter(db: Database): Writer {
  const { calls, chains } = writeCalls(db);
  const attempt = db.transaction((name: keyof WriteCalls, args: unknown[]): unknown => {
    const call = calls[name] as (...args: unknown[]) => unknown;
    return call(...args);
  });

  function answer(message: Extract<ToWriter, { call: number }>): Answer {
    chains.store(); // a seal and a head speak of everything before them
    try {
      return { call: message.call, value: attempt(message.name as keyof WriteCalls, message.args) };
    } catch (error) {
      if (!isRefusal(error)) throw error;
      return { call: message.call, error: (error as Error).message, damaged: false };
    }
  }

  const commit = db.transaction((messages: readonly ToWriter[]): Answer[] => {
    const answers: Answer[] = [];
    for (const message of messages) {
      if ('call' in message) answers.push(answer(message));
      else for (const record of unpackRecords(Buffer.from(message.packed, 0, message.used))) chains.append(record);
    }
    chains.store();
    return answers;
  });

  let synchronous = '';
  return {
    commit(messages) {
      const wanted = messages.some((message) => 'call' in message || message.sync) ? 'FULL' : 'NORMAL';
      if (wanted !== synchronous) db.pragma(`synchronous = ${wanted}`);
      synchronous = wanted;
      return commit.immediate(messages);
    },
  };
}

/** What the caller did wrong, as against a store that cannot write. */
function isRefusal(error: unknown): boolean {
  return error instanceof GatewayError || String((error as { code?: unknown }).code).startsWith('SQLITE_CONSTRAINT');
}
