import type { DatabaseSync } from 'node:sqlite';
import { zstdDecompressSync } from 'node:zlib';
import { CHAIN_START, linkRecord } from '@sallyport/core';

const KINDS = ['event', 'client', 'target'] as const;

interface Row {
  readonly seq: number;
  readonly kind: (typeof KINDS)[number];
  readonly at: number;
  readonly body: Buffer;
}

/** What an attacker does who knows the format: edits a session's events and links all its records anew. */
export function relink(db: DatabaseSync, session: number, edit: (body: string) => string): void {
  const rows: Row[] = [];
  for (const event of db.prepare('SELECT seq, at, body FROM events WHERE session = ?').all(session)) {
    rows.push({ seq: Number(event['seq']), kind: 'event', at: Number(event['at']), body: Buffer.from(edit(String(event['body']))) });
  }
  for (const { data } of db.prepare('SELECT data FROM frames WHERE session = ?').all(session)) rows.push(...frames(data as Uint8Array));
  rows.sort((a, b) => a.seq - b.seq);

  const setEvent = db.prepare('UPDATE events SET body = ?, hash = ? WHERE session = ? AND seq = ?');
  const setFrames = db.prepare('UPDATE frames SET hash = ? WHERE session = ? AND last_seq = ?');
  let hash: Buffer = CHAIN_START;
  for (const { seq, kind, at, body } of rows) {
    hash = linkRecord(hash, seq, kind, at, body);
    if (kind === 'event') setEvent.run(body.toString(), hash, session, seq);
    else setFrames.run(hash, session, seq);
  }
}

/** seq f64 | kind u8 | at f64 | length u32 | body */
function frames(data: Uint8Array): Row[] {
  const bytes = zstdDecompressSync(data);
  const rows: Row[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 21 + bytes.readUInt32BE(at + 17);
    rows.push({
      seq: bytes.readDoubleBE(at),
      kind: KINDS[bytes.readUInt8(at + 8)] ?? 'event',
      at: bytes.readDoubleBE(at + 9),
      body: bytes.subarray(at + 21, end),
    });
    at = end;
  }
  return rows;
}
