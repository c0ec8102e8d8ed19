import type { DatabaseSync } from 'node:sqlite';
import { zstdDecompressSync } from 'node:zlib';
import { CHAIN_START, RECORD_HEAD_BYTES, RecordLink, writeRecordHead } from '@sallyport/core';

const KINDS = [undefined, 'event', 'client', 'target'] as const;

/** A record as the store keeps it, to be tampered with. */
export interface Kept {
  seq: number;
  kind: 'event' | 'client' | 'target';
  at: number;
  body: Buffer;
}

/** A session's records in order, read without any of the store's own code. */
export function readRecords(db: DatabaseSync, session: number): Kept[] {
  const segments = db.prepare('SELECT codec, data FROM segments WHERE session = ?').all(session);
  return segments
    .flatMap(({ codec, data }) => unpack(codec === 'zstd' ? zstdDecompressSync(data as Uint8Array) : Buffer.from(data as Uint8Array)))
    .sort((a, b) => a.seq - b.seq);
}

function unpack(bytes: Buffer): Kept[] {
  const records: Kept[] = [];
  for (let from = 0; from < bytes.length; ) {
    const end = from + RECORD_HEAD_BYTES + bytes.readUInt32BE(from + 17);
    const kind = KINDS[bytes[from + 8] ?? 0] ?? 'event';
    const body = bytes.subarray(from + RECORD_HEAD_BYTES, end);
    records.push({ seq: Number(bytes.readBigUInt64BE(from)), kind, at: bytes.readDoubleBE(from + 9), body });
    from = end;
  }
  return records;
}

/** Puts records in the place of those of a session; the links stay as they are. */
export function writeRecords(db: DatabaseSync, session: number, records: readonly Kept[]): void {
  db.prepare('DELETE FROM segments WHERE session = ?').run(session);
  const insert = db.prepare("INSERT INTO segments VALUES (?, ?, ?, ?, 'raw', ?, NULL, 0)");
  for (const track of ['events', 'frames']) {
    const own = records.filter(({ kind }) => (kind === 'event') === (track === 'events')).sort((a, b) => a.seq - b.seq);
    const [first, last] = [own[0], own.at(-1)];
    if (first !== undefined && last !== undefined) insert.run(session, track, first.seq, last.seq, Buffer.concat(own.map(pack)));
  }
}

function pack({ seq, kind, at, body }: Kept): Buffer {
  const head = Buffer.alloc(RECORD_HEAD_BYTES);
  writeRecordHead(head, 0, seq, kind, at, body.length);
  return Buffer.concat([head, body]);
}

/** What an attacker does who knows the format: links all of a session's records anew, after editing them. */
export function relink(db: DatabaseSync, session: number): void {
  const ends = new Set(
    db
      .prepare('SELECT seq FROM links WHERE session = ?')
      .all(session)
      .map(({ seq }) => Number(seq)),
  );
  const set = db.prepare('UPDATE links SET hash = ? WHERE session = ? AND seq = ?');
  let link = new RecordLink(CHAIN_START);
  for (const { seq, kind, at, body } of readRecords(db, session)) {
    link.add(seq, kind, at, body);
    if (!ends.has(seq)) continue;
    const hash = link.end();
    set.run(hash, session, seq);
    link = new RecordLink(hash);
  }
}
