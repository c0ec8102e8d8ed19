import type { SessionFilter, StoredRecord } from '@sallyport/core';
import type { Database } from 'better-sqlite3';
import { trackReads } from './record-pages.ts';
import { filterParameters, SESSION_FILTER } from './session-table.ts';
import type { Unmoved } from './unmoved.ts';

/** Bytes of events that one call looks through: other readers wait behind it. */
const LOOK_BYTES = 4 << 20;

export interface Match {
  readonly session: string;
  readonly record: StoredRecord;
}

/** Where a search goes on: behind this record of this session. */
export interface SearchPosition {
  readonly startedAt: number;
  readonly handle: number;
  readonly seq: number;
}

export interface SearchPart {
  readonly matches: Match[];
  /** Absent when everything was looked through. */
  readonly next?: SearchPosition;
}

type Parameters = ReturnType<typeof filterParameters>;
type Candidate = { readonly handle: number; readonly id: string; readonly startedAt: number; readonly seq: number };

/** Looks through the events of some sessions, newest first. */
export type SearchReads = (text: string, filter: SessionFilter, from: SearchPosition | null) => SearchPart;

export function searchReads(db: Database, unmoved: Unmoved, served: () => boolean): SearchReads {
  const sessions = db.prepare<[Parameters & Pick<SearchPosition, 'startedAt' | 'handle'>], Candidate>(`
    SELECT handle, id, started_at AS startedAt, seq FROM sessions
    WHERE ${SESSION_FILTER} AND (started_at, handle) <= (@startedAt, @handle) AND @limit IS NOT NULL
    ORDER BY started_at DESC, handle DESC`);
  const readTrack = trackReads(db);

  /** Matches that are not in the tables yet: of sessions that live. */
  const behind = (wanted: string, open: readonly Candidate[]): Match[] => {
    const live = new Map(open.map(({ handle, id, seq }) => [handle, { id, seq }]));
    const found: Match[] = [];
    for (const { handle, kind, at, body } of unmoved.records()) {
      const session = live.get(handle);
      if (session === undefined) continue;
      session.seq += 1;
      if (kind !== 'event' || !contains(body, wanted)) continue;
      found.push({ session: session.id, record: { seq: session.seq, at, kind, body: Buffer.from(body) } });
    }
    return found;
  };

  return unmoved.consistent((text, filter, from) => {
    const wanted = folded(JSON.stringify(text).slice(1, -1)); // as it stands within JSON
    const { startedAt, handle, seq } = from ?? { startedAt: Number.MAX_VALUE, handle: 0, seq: 0 };
    const candidates = sessions.all({ ...filterParameters(filter, served()), startedAt, handle });
    const matches = from === null ? behind(wanted, candidates) : [];
    let bytes = 0;
    for (const session of candidates) {
      for (let after = session.handle === handle ? seq : 0; ; ) {
        const { records, end } = readTrack(session.handle, session.id, 'events', after);
        for (const { kind, at, body, seq: number } of records) {
          bytes += body.length;
          if (contains(body, wanted)) matches.push({ session: session.id, record: { seq: number, at, kind, body: Buffer.from(body) } });
        }
        after = records.at(-1)?.seq ?? end;
        if (bytes >= LOOK_BYTES) return { matches, next: { startedAt: session.startedAt, handle: session.handle, seq: after } };
        if (end === Number.MAX_SAFE_INTEGER) break;
      }
    }
    return { matches };
  });
}

function contains(body: Buffer, wanted: string): boolean {
  return folded(body.toString()).includes(wanted);
}

/** ASCII letters without their case. */
function folded(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
