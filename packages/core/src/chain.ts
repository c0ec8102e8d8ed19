import { createHash } from 'node:crypto';

/** What a stored record of a session is. The number is part of the hash: never renumber. */
export const RECORD_KINDS = { event: 1, client: 2, target: 3 } as const;
export type RecordKind = keyof typeof RECORD_KINDS;

/** The hash before the first link of every chain. */
export const CHAIN_START: Buffer = Buffer.alloc(32);

/**
 * The hash of a session's record after one more entry:
 * `SHA-256(previous[32] | seq u64be | kind u8 | at f64be | length u32be | body)`.
 *
 * @param at milliseconds since the epoch.
 */
export function linkRecord(previous: Buffer, seq: number, kind: RecordKind, at: number, body: Buffer): Buffer {
  const head = Buffer.allocUnsafe(21);
  head.writeBigUInt64BE(BigInt(seq), 0);
  head.writeUInt8(RECORD_KINDS[kind], 8);
  head.writeDoubleBE(at, 9);
  head.writeUInt32BE(body.length, 17);
  return createHash('sha256').update(previous).update(head).update(body).digest();
}

/**
 * The hash of the gateway's log after one more entry:
 * `SHA-256(previous[32] | seq u64be | length u32be | body | signature)`, body being the entry's
 * JSON text exactly as stored.
 */
export function linkEntry(previous: Buffer, seq: number, body: string, signature: Buffer): Buffer {
  const bytes = Buffer.from(body);
  const head = Buffer.allocUnsafe(12);
  head.writeBigUInt64BE(BigInt(seq), 0);
  head.writeUInt32BE(bytes.length, 8);
  return createHash('sha256').update(previous).update(head).update(bytes).update(signature).digest();
}
