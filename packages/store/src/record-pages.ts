import { zstdDecompressSync } from 'node:zlib';
import { GatewayError, type StoredRecord } from '@sallyport/core';
import type { Database } from 'better-sqlite3';
import { type PackedRecord, unpackRecords } from './packing.ts';
import type { Track } from './record-chain.ts';
import type { Unmoved } from './unmoved.ts';

/** A page ends with the segment that brings it over so many bytes or records. */
const PAGE_BYTES = 1 << 20;
const PAGE_RECORDS = 2_000;
/** A segment never unpacks to more than this: a frame is at most about 1 MiB, a batch not much more. */
const UNPACKED_BYTES = 256 << 20;

/**
 * The segments of a track that hold records after one. They do not overlap, so the last of those
 * that begin at or before it is where to start: without that bound every page would walk over all
 * pages before it.
 */
export const SEGMENTS_AFTER = `
  SELECT first_seq AS first, last_seq AS last, codec, data FROM segments
  WHERE session = @session AND track = @track AND last_seq > @after AND first_seq >=
    coalesce((SELECT max(first_seq) FROM segments WHERE session = @session AND track = @track AND first_seq <= @after), 0)
  ORDER BY first_seq`;

interface SegmentRow {
  readonly first: number;
  readonly last: number;
  readonly codec: 'raw' | 'zstd';
  readonly data: Buffer;
}

/** Some records of a track in order. */
interface TrackPart {
  readonly records: readonly PackedRecord[];
  /** The last seq that the part speaks of: beyond it the track may have more. */
  readonly end: number;
}

export interface RecordReads {
  /** Records after seq `after`, in order; an empty page is the end. */
  records(id: string, after: number): StoredRecord[];
  events(id: string, after: number): StoredRecord[];
}

/** Reads a track from a record on. */
export function trackReads(db: Database): (session: number, id: string, track: Track, after: number) => TrackPart {
  const segments = db.prepare<{ session: number; track: Track; after: number }, SegmentRow>(SEGMENTS_AFTER);
  return (session, id, track, after) => {
    const records: PackedRecord[] = [];
    let bytes = 0;
    for (const segment of segments.iterate({ session, track, after })) {
      for (const record of unpack(segment, id)) {
        if (record.seq <= after) continue;
        records.push(record);
        bytes += record.body.length;
      }
      if (bytes >= PAGE_BYTES || records.length >= PAGE_RECORDS) return { records, end: segment.last };
    }
    return { records, end: Number.MAX_SAFE_INTEGER };
  };
}

export function recordReads(db: Database, unmoved: Unmoved): RecordReads {
  const session = db.prepare<[string], { handle: number; seq: number }>('SELECT handle, seq FROM sessions WHERE id = ?');
  const links = db.prepare<[number, number, number], { seq: number; hash: Buffer }>(
    'SELECT seq, hash FROM links WHERE session = ? AND seq >= ? AND seq <= ?',
  );
  const readTrack = trackReads(db);

  /** With the chain's hash where a link ends. */
  const linked = (handle: number, records: readonly PackedRecord[]): StoredRecord[] => {
    const [first, last] = [records[0], records.at(-1)];
    if (first === undefined || last === undefined) return [];
    const hashes = new Map(links.all(handle, first.seq, last.seq).map(({ seq, hash }) => [seq, hash]));
    return records.map((record) => {
      const hash = hashes.get(record.seq);
      return { ...record, body: Buffer.from(record.body), ...(hash && { hash }) };
    });
  };

  /** Records behind those in the tables: `seq` of them are there. */
  const unmovedPage = (handle: number, seq: number, after: number, eventsOnly: boolean): StoredRecord[] => {
    const records: StoredRecord[] = [];
    let [at, bytes] = [seq, 0];
    for (const record of unmoved.records()) {
      if (record.handle !== handle) continue;
      at += 1;
      if (at <= after || (eventsOnly && record.kind !== 'event')) continue;
      records.push({ seq: at, at: record.at, kind: record.kind, body: Buffer.from(record.body) });
      bytes += record.body.length;
      if (bytes >= PAGE_BYTES) break;
    }
    return records;
  };

  return {
    records: unmoved.consistent((id, after) => {
      const { handle, seq } = session.get(id) ?? { handle: 0, seq: 0 };
      const [events, frames] = [readTrack(handle, id, 'events', after), readTrack(handle, id, 'frames', after)];
      const end = Math.min(events.end, frames.end); // beyond it one of the two may have more
      const both = [...events.records, ...frames.records].filter((record) => record.seq <= end).sort((a, b) => a.seq - b.seq);
      return both.length > 0 ? linked(handle, both) : unmovedPage(handle, seq, after, false);
    }),
    events: unmoved.consistent((id, after) => {
      const { handle, seq } = session.get(id) ?? { handle: 0, seq: 0 };
      const { records } = readTrack(handle, id, 'events', after);
      return records.length > 0 ? linked(handle, records) : unmovedPage(handle, seq, after, true);
    }),
  };
}

function unpack({ first, last, codec, data }: SegmentRow, id: string): readonly PackedRecord[] {
  try {
    return [...unpackRecords(codec === 'zstd' ? zstdDecompressSync(data, { maxOutputLength: UNPACKED_BYTES }) : data)];
  } catch (cause) {
    const sentence = `Session ${id}: the segment of records ${first} to ${last} cannot be read (${(cause as Error).message}).`;
    throw new GatewayError('ERR_RECORDING', sentence, { cause });
  }
}
