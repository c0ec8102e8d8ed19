import { createHash, hash } from 'node:crypto';

/** What a stored record of a session is. The number is part of the hash: never renumber. */
export const RECORD_KINDS = { event: 1, client: 2, target: 3 } as const;
export type RecordKind = keyof typeof RECORD_KINDS;

/** The hash before the first link of every chain. */
export const CHAIN_START: Buffer = Buffer.alloc(32);

/** Bytes before a record's body, as it is hashed: `seq u64be | kind u8 | at f64be | length u32be`. */
export const RECORD_HEAD_BYTES = 21;

/** @param at milliseconds since the epoch. @returns where the body begins. The room must be there. */
export function writeRecordHead(into: Buffer, offset: number, seq: number, kind: RecordKind, at: number, length: number): number {
  into.writeUInt32BE(Math.floor(seq / 2 ** 32), offset);
  into.writeUInt32BE(seq >>> 0, offset + 4);
  into[offset + 8] = RECORD_KINDS[kind];
  into.writeDoubleBE(at, offset + 9);
  into.writeUInt32BE(length, offset + 17);
  return offset + RECORD_HEAD_BYTES;
}

/**
 * The hash of a session's record after some more records, which make one link of its chain:
 * `SHA-256(previous[32] | (seq u64be | kind u8 | at f64be | length u32be | body) × n)`.
 *
 * How many records a link holds is the writer's choice and stands beside the record. Another
 * division of the same records gives another hash, so it cannot be changed unseen either.
 */
export class RecordLink {
  readonly #hash = createHash('sha256');
  readonly #head = Buffer.allocUnsafe(RECORD_HEAD_BYTES);

  constructor(previous: Buffer) {
    this.#hash.update(previous);
  }

  add(seq: number, kind: RecordKind, at: number, body: Buffer): this {
    writeRecordHead(this.#head, 0, seq, kind, at, body.length);
    this.#hash.update(this.#head).update(body);
    return this;
  }

  /** Adds records that lie together, each with its head before it as it is hashed. */
  addPacked(records: Buffer): this {
    this.#hash.update(records);
    return this;
  }

  /** The hash after all that was added. Only once. */
  end(): Buffer {
    return this.#hash.digest();
  }
}

/** {@link RecordLink} in one call, for bytes that lie together: the previous hash and the records' heads and bodies. */
export function linkBytes(previousAndRecords: Buffer): Buffer {
  return hash('sha256', previousAndRecords, 'buffer');
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
