import {
  type Durability,
  GatewayError,
  type RecordHead,
  type RecordWriter,
  type SessionFilter,
  type SessionStore,
  type StoredRecord,
} from '@sallyport/core';
import type { Channel } from './channel.ts';
import type { Journal } from './journal.ts';
import { pages } from './pages.ts';
import type { ReadCalls } from './reader.ts';

import type { Match, SearchPart, SearchPosition } from './record-search.ts';
import type { WriteCalls } from './writer.ts';

/** The half of a store that changes it: a channel, or its stand-in where nothing may change. */
export type Writes = Pick<Channel<WriteCalls>, 'call'>;

/** Sessions and their records, written through the journal and read page by page. */
export function sessionStore(write: Writes, reader: Channel<ReadCalls>, journal: Journal | undefined): SessionStore {
  const writers = new Map<string, JournalWriter>();
  return {
    async open(row, entry, durability) {
      const handle = await write.call('openSession', row, entry);
      if (journal === undefined) throw new GatewayError('ERR_RECORDING', 'Only the gateway of a data_dir records sessions.');
      const writer = new JournalWriter(write, journal, handle, durability);
      writers.set(row.id, writer);
      return writer;
    },
    async seal(id, state, endedAt, entry) {
      journal?.flush();
      writers.get(id)?.end();
      writers.delete(id);
      await write.call('sealSession', id, state, endedAt, entry);
    },
    interrupt: () => write.call('interruptSessions'),
    async left(id) {
      const left = await reader.call('leftSession', id);
      if (left === undefined) throw new GatewayError('ERR_RECORDING', `Session ${id} is not there.`);
      return left;
    },
    get: (id) => reader.call('getSession', id),
    list: (filter) => reader.call('listSessions', filter),
    records: (id) => pages((after: StoredRecord | undefined) => reader.call('records', id, after?.seq ?? 0)),
    events: (id) => pages((after: StoredRecord | undefined) => reader.call('events', id, after?.seq ?? 0)),
    search: (text, filter) => search(reader, text, filter),
    async prune(ids, entry) {
      await write.call('prune', ids, entry);
      await sweep(write);
    },
  };
}

/** Matches of a search that names no limit. */
const SEARCH_LIMIT = 100;

async function search(reader: Channel<ReadCalls>, text: string, filter: SessionFilter): Promise<readonly Match[]> {
  const limit = filter.limit ?? SEARCH_LIMIT;
  const found: Match[] = [];
  let from: SearchPosition | null = null;
  do {
    const part: SearchPart = await reader.call('search', text, filter, from);
    found.push(...part.matches);
    from = part.next ?? null;
  } while (from !== null && found.length < limit);
  return found.slice(0, limit);
}

/** Removes the records of pruned sessions, in transactions short enough to harm nobody. */
export async function sweep(write: Writes): Promise<void> {
  while (await write.call('sweep'));
}

/** One session's way into the journal. */
class JournalWriter implements RecordWriter {
  readonly #write: Writes;
  readonly #journal: Journal;
  readonly #handle: number;
  readonly #strict: boolean;
  /** The record appended last. */
  #last = 0;
  #ended = false;

  constructor(write: Writes, journal: Journal, handle: number, durability: Durability) {
    this.#write = write;
    this.#journal = journal;
    this.#handle = handle;
    this.#strict = durability === 'strict';
  }

  append(...[kind, at, body]: Parameters<RecordWriter['append']>): void {
    if (this.#ended) throw new GatewayError('ERR_RECORDING', 'The session is sealed: nothing more can be recorded.');
    this.#last = this.#journal.append(this.#handle, this.#strict, kind, at, body);
  }

  durable(): Promise<void> | undefined {
    return this.#journal.durable(this.#last, this.#strict);
  }

  ready(): Promise<void> | undefined {
    return this.#journal.ready();
  }

  head(): Promise<RecordHead> {
    this.#journal.flush();
    return this.#write.call('head', this.#handle);
  }

  end(): void {
    this.#ended = true;
  }
}
