import { CHAIN_START, linkBytes, RECORD_HEAD_BYTES, type RecordHead, type RecordKind, RecordLink, writeRecordHead } from '@sallyport/core';
import type { Database } from 'better-sqlite3';
import { isCommand, type JournalRecord } from './journal-format.ts';
import { ByteRun } from './packing.ts';
import { dayOf } from './schema.ts';
import { type Codec, SegmentCodec } from './segment-codec.ts';

/** Records of a track are compressed together once this many bytes of them have come; a link holds about as many. */
const SEGMENT_BYTES = 256 * 1024;
/** So many are compressed at the end of a transaction: between two, no track keeps more in memory. */
const KEPT_BYTES = 64 * 1024;
/** A larger body is hashed where it lies, as part of a link that is hashed piece by piece. */
const COPY_BYTES = 16 * 1024;
/** Events lie apart from frames, so that they are read without the results. */
export type Track = 'events' | 'frames';

/** The statements that all chains of one connection share. */
export function chainStatements(db: Database) {
  return {
    segment: db.prepare('INSERT INTO segments VALUES (@session, @track, @first, @last, @codec, @data, NULL, @day)'),
    drop: db.prepare<[number, Track, number]>('DELETE FROM segments WHERE session = ? AND track = ? AND first_seq >= ?'),
    link: db.prepare<[number, number, Buffer]>('INSERT INTO links VALUES (?, ?, ?)'),
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
 * none after it. So each commit has what came of both tracks, as small raw segments; once 64 KiB
 * have come, one compressed segment replaces the small ones. In a commit of much they are larger:
 * each costs a compressor of its own.
 */
export class RecordChain {
  readonly #statements: Statements;
  readonly #session: number;
  readonly #day: number;
  readonly #tracks: Readonly<Record<Track, SegmentTrack>>;
  /** The hash before the present link, and those of the link's records behind it that are not hashed yet. */
  readonly #link = new ByteRun();
  /** The records before them, where there are any. */
  #long: RecordLink | undefined;
  #longBytes = 0;
  #seq: number;
  #hash: Buffer;
  #lastAt: number | null = null;
  #events: number;
  #commands: number;
  readonly #bytes: { client: number; target: number };

  constructor(statements: Statements, session: number, startedAt: number, start: ChainStart = NEW_CHAIN) {
    this.#statements = statements;
    this.#session = session;
    this.#day = dayOf(startedAt);
    this.#tracks = { events: new SegmentTrack('events', this.#write), frames: new SegmentTrack('frames', this.#write) };
    this.#seq = start.seq;
    this.#hash = start.hash;
    this.#events = start.events;
    this.#commands = start.commands;
    this.#bytes = { client: start.clientBytes, target: start.targetBytes };
    this.#link.append(start.hash);
  }

  /** Good after {@link store}. */
  get head(): RecordHead {
    const { client, target } = this.#bytes;
    return { seq: this.#seq, hash: this.#hash, events: this.#events, clientBytes: client, targetBytes: target };
  }

  /** Must run in a transaction that ends with {@link store}. */
  append(record: JournalRecord): void {
    const { kind, at, body } = record;
    this.#seq += 1;
    this.#lastAt = at;
    if (kind === 'event') {
      this.#events += 1;
      if (isCommand(record)) this.#commands += 1;
    } else this.#bytes[kind] += body.length;
    const track = this.#tracks[kind === 'event' ? 'events' : 'frames'];
    if (body.length > COPY_BYTES) this.#large(track, kind, at, body);
    else {
      const { bytes, at: offset } = this.#link.extend(RECORD_HEAD_BYTES + body.length);
      body.copy(bytes, writeRecordHead(bytes, offset, this.#seq, kind, at, body.length));
      track.append(this.#seq, this.#link.view(offset));
    }
    if (this.#longBytes + this.#link.length >= SEGMENT_BYTES) this.#endLink();
  }

  /** Stores what the transaction has not stored yet. */
  store(): void {
    this.#endLink();
    this.#link.trim(KEPT_BYTES);
    for (const track of Object.values(this.#tracks)) track.store();
    this.#statements.head.run({ ...this.head, commands: this.#commands, lastAt: this.#lastAt, session: this.#session });
  }

  /** Turns the records since the last compressed segments into such. */
  compact(): void {
    for (const track of Object.values(this.#tracks)) track.compact();
  }

  #large(track: SegmentTrack, kind: RecordKind, at: number, body: Buffer): void {
    const head = Buffer.allocUnsafe(RECORD_HEAD_BYTES);
    writeRecordHead(head, 0, this.#seq, kind, at, body.length);
    track.append(this.#seq, head, body);
    this.#long ??= new RecordLink(this.#hash);
    this.#long.addPacked(this.#link.view(CHAIN_START.length)).addPacked(head).addPacked(body);
    this.#longBytes += this.#link.length + body.length;
    this.#beginLink();
  }

  #endLink(): void {
    if (this.#long !== undefined) this.#hash = this.#long.addPacked(this.#link.view(CHAIN_START.length)).end();
    else if (this.#link.length > CHAIN_START.length) this.#hash = linkBytes(this.#link.view());
    else return;
    this.#statements.link.run(this.#session, this.#seq, this.#hash);
    this.#long = undefined;
    this.#longBytes = 0;
    this.#beginLink();
  }

  #beginLink(): void {
    this.#link.clear(2 * SEGMENT_BYTES);
    this.#link.append(this.#hash);
  }

  readonly #write: WriteSegment = (track, first, last, codec, data, replaces = false) => {
    if (replaces) this.#statements.drop.run(this.#session, track, first);
    this.#statements.segment.run({ session: this.#session, track, first, last, codec, data, day: this.#day });
  };
}

/** @param replaces the raw segments since its first record. */
type WriteSegment = (track: Track, first: number, last: number, codec: Codec, data: Buffer, replaces?: boolean) => void;

/** The records of one track since its last compressed segment. */
class SegmentTrack {
  readonly #track: Track;
  readonly #write: WriteSegment;
  readonly #tail = new ByteRun();
  readonly #codec = new SegmentCodec();
  #first = 0;
  #last = 0;
  /** Bytes of the tail that lie in raw segments, and the first record behind them. */
  #stored = 0;
  #fresh = 0;

  constructor(track: Track, write: WriteSegment) {
    this.#track = track;
    this.#write = write;
  }

  append(seq: number, ...pieces: readonly Buffer[]): void {
    if (this.#tail.length === 0) this.#first = seq;
    if (this.#tail.length === this.#stored) this.#fresh = seq;
    for (const piece of pieces) this.#tail.append(piece);
    this.#last = seq;
    if (this.#tail.length >= SEGMENT_BYTES) this.compact();
  }

  store(): void {
    if (this.#tail.length >= KEPT_BYTES) this.compact();
    if (this.#tail.length > this.#stored) this.#write(this.#track, this.#fresh, this.#last, 'raw', this.#tail.view(this.#stored));
    this.#stored = this.#tail.length;
    this.#tail.trim(KEPT_BYTES);
  }

  compact(): void {
    if (this.#tail.length === 0) return;
    const { codec, data } = this.#codec.encode(this.#tail.view());
    this.#write(this.#track, this.#first, this.#last, codec, data, this.#stored > 0);
    this.#tail.clear(2 * SEGMENT_BYTES);
    this.#stored = 0;
  }
}
