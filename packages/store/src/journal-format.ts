import { crc32 } from 'node:zlib';
import { RECORD_KINDS, type RecordKind } from '@sallyport/core';
import { kindOf } from './packing.ts';

/**
 * The journal is a run of files `journal/0000000001`, `…2` … that hold blocks:
 *
 * `length Uint32 | CRC-32 Uint32 | records`, a record being
 * `session handle Uint32 | kind Uint8 | at Float64 | length Uint32 | body`, all big-endian.
 *
 * Length and CRC count the records alone. A block is written at once, so that one which a crash cut
 * off shows as such.
 */
export const BLOCK_HEAD = 8;
export const RECORD_HEAD = 17;
/** No block is larger: a record is at most about 1 MiB, and a large one closes its block. */
export const MAX_BLOCK_BYTES = 64 << 20;

/** Where in the journal something begins. */
export interface JournalPosition {
  readonly file: number;
  readonly offset: number;
}

/** Writes what stands before a record's body and returns where the body begins. The room must be there. */
export function packHead(into: Buffer, offset: number, handle: number, kind: RecordKind, at: number, length: number): number {
  into.writeUInt32BE(handle, offset);
  into[offset + 4] = RECORD_KINDS[kind];
  into.writeDoubleBE(at, offset + 5);
  into.writeUInt32BE(length, offset + 13);
  return offset + RECORD_HEAD;
}

/** Fills in the head of a block whose pieces follow it: the first piece begins with room for it. */
export function sealBlock(first: Buffer, rest: Buffer | undefined): void {
  const records = first.subarray(BLOCK_HEAD);
  first.writeUInt32BE(records.length + (rest?.length ?? 0), 0);
  first.writeUInt32BE(rest === undefined ? crc32(records) : crc32(rest, crc32(records)), 4);
}

/** A block's records, or why the bytes at `offset` are none. */
export function readBlock(bytes: Buffer, offset: number): Buffer | 'incomplete' | 'damaged' {
  if (bytes.length - offset < BLOCK_HEAD) return 'incomplete';
  const length = bytes.readUInt32BE(offset);
  if (length === 0 || length > MAX_BLOCK_BYTES) return 'damaged';
  const start = offset + BLOCK_HEAD;
  if (bytes.length - start < length) return 'incomplete';
  const records = bytes.subarray(start, start + length);
  return crc32(records) === bytes.readUInt32BE(offset + 4) ? records : 'damaged';
}

export interface JournalRecord {
  readonly handle: number;
  readonly kind: RecordKind;
  readonly at: number;
  /** A view into the block. */
  readonly body: Buffer;
}

export function* unpackBlock(records: Buffer): Generator<JournalRecord> {
  for (let offset = 0; offset < records.length; ) {
    const start = offset + RECORD_HEAD;
    const end = start + records.readUInt32BE(offset + 13);
    yield {
      handle: records.readUInt32BE(offset),
      kind: kindOf(records[offset + 4] as number),
      at: records.readDoubleBE(offset + 5),
      body: records.subarray(start, end),
    };
    offset = end;
  }
}

/** The events that count as commands: the recorder writes an event's type first. */
const COMMAND = Buffer.from('{"type":"command",');

export function isCommand({ kind, body }: Pick<JournalRecord, 'kind' | 'body'>): boolean {
  return kind === 'event' && body.length > COMMAND.length && body.compare(COMMAND, 0, COMMAND.length, 0, COMMAND.length) === 0;
}
