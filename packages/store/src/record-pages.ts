import { zstdDecompressSync } from 'node:zlib';
import { GatewayError, type SessionFilter, type StoredRecord } from '@sallyport/core';
import type { Database } from 'better-sqlite3';
import { unpackFrames } from './packing.ts';
import { filterParameters, SESSION_FILTER } from './session-table.ts';

/** A page ends with the segment, or the event, that brings it over so many bytes; or with so many events. */
const PAGE_BYTES = 1 << 20;
const PAGE_EVENTS = 1_000;
/** A segment never unpacks to more than this: a frame is at most about 1 MiB, a batch not much more. */
const UNPACKED_BYTES = 256 << 20;
/** Matches of a search that names no limit. */
const SEARCH_LIMIT = 100;

interface EventRow {
  readonly seq: number;
  readonly at: number;
  readonly body: string;
  readonly hash: Buffer;
}
interface SegmentRow {
  readonly first: number;
  readonly last: number;
  readonly codec: 'raw' | 'zstd';
  readonly data: Buffer;
  readonly hash: Buffer;
}

/**
 * The segments that hold records after one. They do not overlap, so the last of those that begin at
 * or before it is where to start: without that bound every page would walk over all pages before it.
 */
export const SEGMENTS_AFTER = `
  SELECT first_seq AS first, last_seq AS last, codec, data, hash FROM frames
  WHERE session = @session AND last_seq > @after AND first_seq >=
    coalesce((SELECT max(first_seq) FROM frames WHERE session = @session AND first_seq <= @after), 0)
  ORDER BY first_seq`;

export interface RecordReads {
  /** Records after seq `after`, in order; an empty page is the end. */
  records(id: string, after: number): StoredRecord[];
  events(id: string, after: number): StoredRecord[];
  search(text: string, filter: SessionFilter): { readonly session: string; readonly record: StoredRecord }[];
}

export function recordReads(db: Database): RecordReads {
  const handleOf = db.prepare<[string], { handle: number }>('SELECT handle FROM sessions WHERE id = ?');
  const segments = db.prepare<{ session: number; after: number }, SegmentRow>(SEGMENTS_AFTER);
  const events = db.prepare<[number, number, number], EventRow>(
    `SELECT seq, at, body, hash FROM events WHERE session = ? AND seq > ? AND seq <= ? ORDER BY seq`,
  );

  /** Events after seq `after` and up to `end`; `more` when a bound was reached before that. */
  const eventPage = (handle: number, after: number, end: number): { readonly records: StoredRecord[]; readonly more: boolean } => {
    const records: StoredRecord[] = [];
    let bytes = 0;
    for (const row of events.iterate(handle, after, end)) {
      const record = toRecord(row);
      records.push(record);
      bytes += record.body.length;
      if (bytes >= PAGE_BYTES || records.length === PAGE_EVENTS) return { records, more: true };
    }
    return { records, more: false };
  };

  const page = db.transaction((handle: number, id: string, after: number): StoredRecord[] => {
    let end = Number.MAX_SAFE_INTEGER; // the page ends where its last segment or event ends
    let bytes = 0;
    const frames: StoredRecord[] = [];
    for (const segment of segments.iterate({ session: handle, after })) {
      for (const frame of unpack(segment, id)) {
        frames.push(frame);
        bytes += frame.body.length;
      }
      if (bytes < PAGE_BYTES) continue;
      end = segment.last;
      break;
    }
    const told = eventPage(handle, after, end);
    if (told.more) end = told.records.at(-1)?.seq ?? end;
    return [...frames.filter(({ seq }) => seq > after && seq <= end), ...told.records].sort((a, b) => a.seq - b.seq);
  });

  return {
    records(id, after) {
      const handle = handleOf.get(id)?.handle;
      return handle === undefined ? [] : page(handle, id, after);
    },
    events(id, after) {
      const handle = handleOf.get(id)?.handle;
      return handle === undefined ? [] : eventPage(handle, after, Number.MAX_SAFE_INTEGER).records;
    },
    search: searchReads(db),
  };
}

function searchReads(db: Database): RecordReads['search'] {
  type Match = EventRow & { readonly id: string };
  const search = db.prepare<[ReturnType<typeof filterParameters> & { pattern: string }], Match>(`
    SELECT id, seq, at, body, hash FROM sessions JOIN events ON events.session = sessions.handle
    WHERE ${SESSION_FILTER} AND body LIKE @pattern ESCAPE '!' ORDER BY started_at DESC, handle DESC, seq LIMIT @limit`);
  return (text, filter) => {
    // As the text stands within JSON, with LIKE's own signs escaped.
    const pattern = `%${JSON.stringify(text).slice(1, -1).replace(/[!%_]/g, '!$&')}%`;
    const parameters = filterParameters({ limit: SEARCH_LIMIT, ...filter });
    return search.all({ ...parameters, pattern }).map((row) => ({ session: row.id, record: toRecord(row) }));
  };
}

function toRecord({ seq, at, body, hash }: EventRow): StoredRecord {
  return { seq, at, kind: 'event', body: Buffer.from(body), hash };
}

function unpack({ first, last, codec, data, hash }: SegmentRow, id: string): StoredRecord[] {
  try {
    const bytes = codec === 'zstd' ? zstdDecompressSync(data, { maxOutputLength: UNPACKED_BYTES }) : data;
    const frames: StoredRecord[] = unpackFrames(bytes);
    const end = frames.at(-1);
    if (end !== undefined) frames[frames.length - 1] = { ...end, hash };
    return frames;
  } catch (cause) {
    const sentence = `Session ${id}: the frames of records ${first} to ${last} cannot be read (${(cause as Error).message}).`;
    throw new GatewayError('ERR_RECORDING', sentence, { cause });
  }
}
