import { resolve } from 'node:path';
import {
  type ApprovalStore,
  GatewayError,
  type LogEntry,
  type LogStore,
  type Store,
  type StoreMode,
  type TokenStore,
} from '@sallyport/core';
import { Channel } from './channel.ts';
import { failureSentence } from './failure-sentence.ts';
import type { Journal } from './journal.ts';
import { journalFolder } from './journal-files.ts';
import { Moves } from './moves.ts';
import { pages } from './pages.ts';
import type { ReadCalls } from './reader.ts';
import { sessionStore, sweep, type Writes } from './session-store.ts';
import type { WriteCalls } from './writer.ts';

export interface StoreOptions {
  /** Folder of the database; made (0700) where the mode may write. */
  readonly dataDir: string;
  readonly mode: StoreMode;
}

/**
 * Opens the SQLite store of a data_dir. Its statements run in worker threads, one connection that
 * writes and one that reads, so that the caller's loop never waits for a disk.
 *
 * @throws GatewayError ERR_RECORDING when there is none to read, it has another version, another
 *   gateway runs on it, or it is damaged.
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { mode } = options;
  const dataDir = resolve(options.dataDir);
  const failed = Promise.withResolvers<Error>();
  const parts: { fail(error: GatewayError): void }[] = [];
  let closing = false;
  const onFailure = (error: GatewayError): void => {
    if (closing) return;
    for (const part of parts) part.fail(error);
    failed.resolve(error);
  };
  const moves = new Moves(() => writer?.move());
  const writer =
    mode === 'read'
      ? undefined
      : new Channel<WriteCalls>({ role: 'writer', dataDir, mode }, (bytes, file) => moves.moved(bytes, file), onFailure);
  const recovery = await writer?.opened(); // first: it makes the database that the reader opens
  const reader = new Channel<ReadCalls>({ role: 'reader', dataDir, mode }, () => undefined, onFailure);
  parts.push(reader, ...(writer === undefined ? [] : [writer]));

  const write = writer ?? READ_ONLY;
  const journal =
    recovery &&
    moves.start({
      folder: journalFolder(dataDir),
      first: recovery.first,
      onFailure: (cause) => onFailure(new GatewayError('ERR_RECORDING', failureSentence(dataDir, cause), { cause })),
    });
  if (journal !== undefined) parts.push(journal);
  const close = async (): Promise<void> => {
    closing = true;
    await journal?.close();
    await reader.close();
    await writer?.close(); // last: it folds the write-ahead log into the database
    moves.stop();
  };
  try {
    await reader.opened();
    if (mode === 'serve') await sweep(write); // what a prune left behind when its process died
  } catch (error) {
    await close();
    throw error;
  }
  return { ...tables(write, reader, journal), cutBytes: recovery?.cutBytes ?? 0, failed: failed.promise, close };
}

/** Mode `read` changes nothing: a writing call is a mistake of the caller's. */
const READ_ONLY: Writes = {
  call: () => Promise.reject(new GatewayError('ERR_RECORDING', 'The store was opened to read only.')),
};

function tables(write: Writes, reader: Channel<ReadCalls>, journal: Journal | undefined): Omit<Store, 'cutBytes' | 'failed' | 'close'> {
  return {
    sessions: sessionStore(write, reader, journal),
    log: logStore(write, reader),
    tokens: tokenStore(write, reader),
    approvals: approvalStore(write, reader),
    facts: {
      load: async (scope) => new Map(await reader.call('loadFacts', scope)),
      save: (scope, key, value) => write.call('saveFact', scope, key, value),
    },
  };
}

function logStore(write: Writes, reader: Channel<ReadCalls>): LogStore {
  return {
    append: (entry) => write.call('appendEntry', entry),
    entries: (from = 1) => pages((after: LogEntry | undefined) => reader.call('entries', after === undefined ? from : after.seq + 1)),
    last: () => reader.call('lastEntry'),
  };
}

function tokenStore(write: Writes, reader: Channel<ReadCalls>): TokenStore {
  return {
    insert: (row, entry) => write.call('insertToken', row, entry),
    get: (id) => reader.call('getToken', id),
    bySha256: (hash) => reader.call('tokenBySha256', hash),
    byUser: (user) => reader.call('tokensByUser', user),
    list: () => reader.call('listTokens'),
    revoke: (id, at, entry) => write.call('revokeToken', id, at, entry),
    use: (id, at) => write.call('useToken', id, at),
    version: () => reader.call('tokenVersion'),
  };
}

function approvalStore(write: Writes, reader: Channel<ReadCalls>): ApprovalStore {
  return {
    insert: (row, entry) => write.call('insertApproval', row, entry),
    get: (id) => reader.call('getApproval', id),
    list: (filter) => reader.call('listApprovals', filter),
    vote: (id, vote, entry) => write.call('voteApproval', id, vote, entry),
    settle: (id, from, to, at, reason, entry) => write.call('settleApproval', id, from, to, at, reason, entry),
    grants: (key, at) => reader.call('grants', key, at),
  };
}
