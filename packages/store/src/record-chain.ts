import { zstdCompressSync } from 'node:zlib';
import { CHAIN_START, linkRecord, type RecordHead, type Side } from '@sallyport/core';
import type { Database } from 'better-sqlite3';
import { type PackedRecord, packFrame } from './packing.ts';
import { dayOf } from './schema.ts';

/** Frames are compressed together once this many bytes of them have come. */
const SEGMENT_BYTES = 64 * 1024;

/** The statements that all chains of one connection share. */
export function chainStatements(db: Database) {
  return {
    event: db.prepare('INSERT INTO events VALUES (@session, @seq, @at, @type, @body, @hash, NULL, @day)'),
    segment: db.prepare('INSERT INTO frames VALUES (@session, @first, @last, @codec, @data, @hash, NULL, @day)'),
    dropSegments: db.prepare<[number, number]>('DELETE FROM frames WHERE session = ? AND first_seq >= ?'),
    commands: db.prepare<[number, number]>('UPDATE sessions SET commands = ? WHERE handle = ?'),
  };
}
type Statements = ReturnType<typeof chainStatements>;

/**
 * One live session's record as it grows: numbers the records, links them and stores them.
 *
 * Order is what makes a crash harmless: whatever is committed holds every record up to some seq and
 * none after it. So a commit that has an event also has the frames before it, as a small raw
 * segment; once 64 KiB of frames have come, one compressed segment replaces the small ones.
 */
export class RecordChain {
  readonly #statements: Statements;
  readonly #session: number;
  readonly #day: number;
  #seq = 0;
  #hash = CHAIN_START;
  #events = 0;
  #commands = 0;
  #newCommands = false;
  readonly #bytes = { client: 0, target: 0 };
  /** Frames since the last compressed segment; the first `#written` of them lie in raw segments. */
  #tail: Buffer[] = [];
  #tailBytes = 0;
  #written = 0;
  #tailFirst = 0;
  #freshFirst = 0;
  #frameLast = 0;
  #frameHash = CHAIN_START;

  constructor(statements: Statements, session: number, startedAt: number) {
    this.#statements = statements;
    this.#session = session;
    this.#day = dayOf(startedAt);
  }

  get head(): RecordHead {
    const { client, target } = this.#bytes;
    return { seq: this.#seq, hash: this.#hash, events: this.#events, clientBytes: client, targetBytes: target };
  }

  /** Must run in a transaction that ends with {@link store}. */
  append({ kind, at, body }: PackedRecord): void {
    this.#seq += 1;
    this.#hash = linkRecord(this.#hash, this.#seq, kind, at, body);
    if (kind === 'event') this.#event(at, body.toString());
    else this.#frame(kind, at, body);
  }

  /** Stores what the transaction has not stored yet. */
  store(): void {
    if (this.#newCommands) this.#statements.commands.run(this.#commands, this.#session);
    this.#newCommands = false;
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

  #event(at: number, body: string): void {
    const { type } = JSON.parse(body) as { type: string };
    this.#events += 1;
    if (type === 'command') {
      this.#commands += 1;
      this.#newCommands = true;
    }
    this.#statements.event.run({ session: this.#session, seq: this.#seq, at, type, body, hash: this.#hash, day: this.#day });
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
