import { zstdCompressSync } from 'node:zlib';
import { CHAIN_START, linkRecord, type RecordHead, type Side } from '@sallyport/core';
import type { Database } from 'better-sqlite3';
import { isCommand, type JournalRecord } from './journal-format.ts';
import { packFrame } from './packing.ts';
import { dayOf } from './schema.ts';

/** Frames are compressed together once this many bytes of them have come. */
const SEGMENT_BYTES = 64 * 1024;

/** The statements that all chains of one connection share. */
export function chainStatements(db: Database) {
  return {
    event: db.prepare('INSERT INTO events VALUES (@session, @seq, @at, @body, @hash, NULL, @day)'),
    segment: db.prepare('INSERT INTO frames VALUES (@session, @first, @last, @codec, @data, @hash, NULL, @day)'),
    dropSegments: db.prepare<[number, number]>('DELETE FROM frames WHERE session = ? AND first_seq >= ?'),
    head: db.prepare(`UPDATE sessions SET commands = @commands, seq = @seq, hash = @hash, last_at = @lastAt, events = @events,
      client_bytes = @clientBytes, target_bytes = @targetBytes WHERE handle = @session`),
  };
}
type Statements = ReturnType<typeof chainStatements>;

/** Where a chain goes on that an earlier process began. */
export interface ChainStart extends RecordHead {
  readonly commands: number;
}

const NEW_CHAIN: ChainStart = { seq: 0, hash: CHAIN_START, events: 0, commands: 0, clientBytes: 0, targetBytes: 0 };

/**
 * One session's record as it grows: numbers the records, links them and stores them.
 *
 * Order is what makes a crash harmless: whatever is committed holds every record up to some seq and
 * none after it. So a commit that has an event also has the frames before it, as a small raw
 * segment; once 64 KiB of frames have come, one compressed segment replaces the small ones.
 */
export class RecordChain {
  readonly #statements: Statements;
  readonly #session: number;
  readonly #day: number;
  #seq: number;
  #hash: Buffer;
  #lastAt: number | null = null;
  #events: number;
  #commands: number;
  readonly #bytes: { client: number; target: number };
  /** Frames since the last compressed segment; the first `#written` of them lie in raw segments. */
  #tail: Buffer[] = [];
  #tailBytes = 0;
  #written = 0;
  #tailFirst = 0;
  #freshFirst = 0;
  #frameLast = 0;
  #frameHash = CHAIN_START;

  constructor(statements: Statements, session: number, startedAt: number, start: ChainStart = NEW_CHAIN) {
    this.#statements = statements;
    this.#session = session;
    this.#day = dayOf(startedAt);
    this.#seq = start.seq;
    this.#hash = start.hash;
    this.#events = start.events;
    this.#commands = start.commands;
    this.#bytes = { client: start.clientBytes, target: start.targetBytes };
  }

  get head(): RecordHead {
    const { client, target } = this.#bytes;
    return { seq: this.#seq, hash: this.#hash, events: this.#events, clientBytes: client, targetBytes: target };
  }

  /** Must run in a transaction that ends with {@link store}. */
  append(record: JournalRecord): void {
    const { kind, at, body } = record;
    this.#seq += 1;
    this.#lastAt = at;
    this.#hash = linkRecord(this.#hash, this.#seq, kind, at, body);
    if (kind !== 'event') {
      this.#frame(kind, at, body);
      return;
    }
    this.#events += 1;
    if (isCommand(record)) this.#commands += 1;
    this.#statements.event.run({ session: this.#session, seq: this.#seq, at, body: body.toString(), hash: this.#hash, day: this.#day });
  }

  /** Stores what the transaction has not stored yet. */
  store(): void {
    const commands = this.#commands;
    this.#statements.head.run({ ...this.head, commands, lastAt: this.#lastAt, session: this.#session });
    if (this.#tail.length === this.#written) return;
    this.#segment(this.#freshFirst, 'raw', Buffer.concat(this.#tail.slice(this.#written)));
    this.#written = this.#tail.length;
  }

  /** Turns the frames since the last compressed segment into one. */
  compact(): void {
    if (this.#tail.length === 0) return;
    if (this.#written > 0) this.#statements.dropSegments.run(this.#session, this.#tailFirst);
    this.#segment(this.#tailFirst, 'zstd', zstdCompressSync(Buffer.concat(this.#tail)));
    this.#tail = [];
    this.#tailBytes = 0;
    this.#written = 0;
  }

  #frame(kind: Side, at: number, body: Buffer): void {
    this.#bytes[kind] += body.length;
    if (this.#tail.length === 0) this.#tailFirst = this.#seq;
    if (this.#tail.length === this.#written) this.#freshFirst = this.#seq;
    const packed = packFrame({ seq: this.#seq, kind, at, body });
    this.#tail.push(packed);
    this.#tailBytes += packed.length;
    this.#frameLast = this.#seq;
    this.#frameHash = this.#hash;
    if (this.#tailBytes >= SEGMENT_BYTES) this.compact();
  }

  #segment(first: number, codec: string, data: Buffer): void {
    const row = { session: this.#session, first, last: this.#frameLast, codec, data, hash: this.#frameHash, day: this.#day };
    this.#statements.segment.run(row);
  }
}
