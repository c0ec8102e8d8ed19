import { zstdDecompressSync } from 'node:zlib';
import { GatewayError, type SessionFilter, type StoredRecord } from '@sallyport/core';
import type { Database } from 'better-sqlite3';
import type { JournalRecord } from './journal-format.ts';
import { unpackFrames } from './packing.ts';
import { filterParameters, SESSION_FILTER } from './session-table.ts';
import type { Unmoved } from './unmoved.ts';

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

export function recordReads(db: Database, unmoved: Unmoved): RecordReads {
  const session = db.prepare<[string], { handle: number; seq: number }>('SELECT handle, seq FROM sessions WHERE id = ?');
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

  const recordPage = (handle: number, id: string, after: number): StoredRecord[] => {
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
  };

  /** Records behind those in the tables: `seq` of them are there. */
  const unmovedPage = (handle: number, seq: number, after: number, wanted: (record: JournalRecord) => boolean): StoredRecord[] => {
    const records: StoredRecord[] = [];
    let [at, bytes] = [seq, 0];
    for (const record of unmoved.records()) {
      if (record.handle !== handle) continue;
      at += 1;
      if (at <= after || !wanted(record)) continue;
      records.push({ seq: at, at: record.at, kind: record.kind, body: Buffer.from(record.body) });
      bytes += record.body.length;
      if (bytes >= PAGE_BYTES) break;
    }
    return records;
  };

  return {
    records: unmoved.consistent((id, after) => {
      const { handle, seq } = session.get(id) ?? { handle: 0, seq: 0 };
      const page = recordPage(handle, id, after);
      return page.length > 0 ? page : unmovedPage(handle, seq, after, () => true);
    }),
    events: unmoved.consistent((id, after) => {
      const { handle, seq } = session.get(id) ?? { handle: 0, seq: 0 };
      const { records } = eventPage(handle, after, Number.MAX_SAFE_INTEGER);
      return records.length > 0 ? records : unmovedPage(handle, seq, after, ({ kind }) => kind === 'event');
    }),
    search: searchReads(db, unmoved),
  };
}

function searchReads(db: Database, unmoved: Unmoved): RecordReads['search'] {
  type Match = EventRow & { readonly id: string };
  const search = db.prepare<[ReturnType<typeof filterParameters> & { pattern: string }], Match>(`
    SELECT id, events.seq, at, body, events.hash FROM sessions JOIN events ON events.session = sessions.handle
    WHERE ${SESSION_FILTER} AND body LIKE @pattern ESCAPE '!' ORDER BY started_at DESC, handle DESC, events.seq LIMIT @limit`);
  const sessions = db.prepare<[ReturnType<typeof filterParameters>], { handle: number; id: string; seq: number }>(
    `SELECT handle, id, seq FROM sessions WHERE ${SESSION_FILTER} AND @limit IS NOT NULL`,
  );

  /** Matches that are not in the table yet: of sessions that live, hence before all others. */
  const behind = (text: string, filter: SessionFilter): { readonly session: string; readonly record: StoredRecord }[] => {
    const open = new Map(sessions.all(filterParameters(filter)).map(({ handle, ...more }) => [handle, more]));
    const found: { readonly session: string; readonly record: StoredRecord }[] = [];
    for (const { handle, kind, at, body } of unmoved.records()) {
      const session = open.get(handle);
      if (session === undefined) continue;
      session.seq += 1;
      if (kind !== 'event' || !folded(body.toString()).includes(text)) continue;
      found.push({ session: session.id, record: { seq: session.seq, at, kind, body: Buffer.from(body) } });
    }
    return found;
  };

  return unmoved.consistent((text, filter) => {
    const wanted = JSON.stringify(text).slice(1, -1); // as it stands within JSON
    const pattern = `%${wanted.replace(/[!%_]/g, '!$&')}%`; // with LIKE's own signs escaped
    const parameters = filterParameters({ limit: SEARCH_LIMIT, ...filter });
    const stored = search.all({ ...parameters, pattern }).map((row) => ({ session: row.id, record: toRecord(row) }));
    return [...behind(folded(wanted), filter), ...stored].slice(0, parameters.limit < 0 ? undefined : parameters.limit);
  });
}

/** As LIKE compares: ASCII letters without their case. */
function folded(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
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
