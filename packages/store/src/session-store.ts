import { type Durability, GatewayError, type RecordHead, type RecordWriter, type SessionStore, type StoredRecord } from '@sallyport/core';
import type { Channel } from './channel.ts';
import { pages } from './pages.ts';
import type { ReadCalls } from './reader.ts';
import type { RecordFeed } from './record-feed.ts';
import type { WriteCalls } from './writer.ts';

/** The half of a store that changes it: a channel, or its stand-in where nothing may change. */
export type Writes = Pick<Channel<WriteCalls>, 'call'>;

/** Sessions and their records, written through the feed and read page by page. */
export function sessionStore(write: Writes, reader: Channel<ReadCalls>, feed: RecordFeed): SessionStore {
  const writers = new Map<string, FedWriter>();
  return {
    async open(row, entry, durability) {
      const handle = await write.call('openSession', row, entry);
      const writer = new FedWriter(write, feed, handle, durability);
      writers.set(row.id, writer);
      return writer;
    },
    async seal(id, state, endedAt, entry) {
      feed.flush();
      writers.get(id)?.end();
      writers.delete(id);
      await write.call('sealSession', id, state, endedAt, entry);
    },
    interrupt: () => write.call('interruptSessions'),
    get: (id) => reader.call('getSession', id),
    list: (filter) => reader.call('listSessions', filter),
    records: (id) => pages((after: StoredRecord | undefined) => reader.call('records', id, after?.seq ?? 0)),
    events: (id) => pages((after: StoredRecord | undefined) => reader.call('events', id, after?.seq ?? 0)),
    search: (text, filter) => reader.call('search', text, filter),
    async prune(ids, entry) {
      await write.call('prune', ids, entry);
      await sweep(write);
    },
  };
}

/** Removes the records of pruned sessions, in transactions short enough to harm nobody. */
export async function sweep(write: Writes): Promise<void> {
  while (await write.call('sweep'));
}

/** One session's way into the feed. */
class FedWriter implements RecordWriter {
  readonly #write: Writes;
  readonly #feed: RecordFeed;
  readonly #handle: number;
  readonly #sync: boolean;
  #batch = 0;
  #ended = false;

  constructor(write: Writes, feed: RecordFeed, handle: number, durability: Durability) {
    this.#write = write;
    this.#feed = feed;
    this.#handle = handle;
    this.#sync = durability === 'strict';
  }

  append(...[kind, at, body]: Parameters<RecordWriter['append']>): void {
    if (this.#ended) throw new GatewayError('ERR_RECORDING', 'The session is sealed: nothing more can be recorded.');
    this.#batch = this.#feed.append(this.#handle, this.#sync, kind, at, body);
  }

  durable(): Promise<void> | undefined {
    return this.#feed.durable(this.#batch);
  }

  ready(): Promise<void> | undefined {
    return this.#feed.ready();
  }

  head(): Promise<RecordHead> {
    this.#feed.flush();
    return this.#write.call('head', this.#handle);
  }

  end(): void {
    this.#ended = true;
  }
}
