import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { RECORD_KINDS, type RecordKind } from '@sallyport/core';
import { kindOf } from './packing.ts';

/**
 * The journal is a run of files `journal/0000000001`, `…2` … Each begins with its head, `number
 * Uint64 | salt 8 bytes`, and holds blocks, behind the last of which stand {@link BLOCK_HEAD} zero bytes:
 *
 * `length Uint32 | CRC-32 Uint32 | records`, a record being
 * `session handle Uint32 | kind Uint8 | at Float64 | length Uint32 | body`, all big-endian.
 *
 * Length and CRC count the records alone. A block is written at once, so that one which a crash cut
 * off shows as such. A file may be one that was moved and is written again, with its old bytes behind
 * its end: they are no blocks, because the CRC starts from the head and the block's place. Clients
 * choose some of these bytes; without the salt they could write what looks like a block.
 */
export const FILE_HEAD = 16;
export const BLOCK_HEAD = 8;
export const RECORD_HEAD = 17;
/** No block is larger: a record is at most about 1 MiB, and a large one closes its block. */
export const MAX_BLOCK_BYTES = 64 << 20;

const NUMBER_BYTES = 8;
/** In place of the next block's head: what is written ends here. */
export const END = Buffer.alloc(BLOCK_HEAD);

/** The head of a file that is about to be written, and its end. */
export function newFileHead(number: number): Buffer {
  const head = Buffer.concat([Buffer.alloc(NUMBER_BYTES), randomBytes(FILE_HEAD - NUMBER_BYTES), END]);
  head.writeBigUInt64BE(BigInt(number));
  return head;
}

/** What the CRC of a file's blocks starts from; undefined when that is not the head of file `number`. */
export function fileSeed(head: Buffer, number: number): number | undefined {
  if (head.length < FILE_HEAD || head.readBigUInt64BE() !== BigInt(number)) return undefined;
  return crc32(head.subarray(0, FILE_HEAD));
}

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

/**
 * Fills in the head of a block whose pieces follow it: the first piece begins with room for it.
 * @param seed of its file. @param place its offset there.
 */
export function sealBlock(first: Buffer, rest: Buffer | undefined, seed: number, place: number): void {
  const records = first.subarray(BLOCK_HEAD);
  const crc = crc32(records, startOf(seed, place));
  first.writeUInt32BE(records.length + (rest?.length ?? 0), 0);
  first.writeUInt32BE(rest === undefined ? crc : crc32(rest, crc), 4);
}

/** Why there is no block: the end, one that is not whole, or bytes that are none. */
export type NoBlock = 'end' | 'incomplete' | 'damaged';

/** The records of the block at `offset` of bytes that begin at `place` of their file, or why there are none. */
export function readBlock(bytes: Buffer, offset: number, seed: number, place: number): Buffer | NoBlock {
  if (bytes.length === offset) return 'end';
  if (bytes.length - offset < BLOCK_HEAD) return 'incomplete';
  const length = bytes.readUInt32BE(offset);
  if (length === 0) return bytes.readUInt32BE(offset + 4) === 0 ? 'end' : 'damaged';
  if (length > MAX_BLOCK_BYTES) return 'damaged';
  const start = offset + BLOCK_HEAD;
  if (bytes.length - start < length) return 'incomplete';
  const records = bytes.subarray(start, start + length);
  return crc32(records, startOf(seed, place + offset)) === bytes.readUInt32BE(offset + 4) ? records : 'damaged';
}

function startOf(seed: number, place: number): number {
  return (seed ^ place) >>> 0;
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
