import type { RecordKind } from '@sallyport/core';

const KINDS: readonly RecordKind[] = ['event', 'client', 'target'];

/** Bytes before a record's body on its way to the worker: handle u32 | kind u8 | at f64 | length u32. */
export const PACKED_HEAD = 17;

/** Writes one record at `offset` and returns where the next one begins. The room must be there. */
export function packRecord(into: Buffer, offset: number, handle: number, kind: RecordKind, at: number, body: Buffer): number {
  into.writeUInt32BE(handle, offset);
  into.writeUInt8(KINDS.indexOf(kind), offset + 4);
  into.writeDoubleBE(at, offset + 5);
  into.writeUInt32BE(body.length, offset + 13);
  body.copy(into, offset + PACKED_HEAD);
  return offset + PACKED_HEAD + body.length;
}

export interface PackedRecord {
  readonly handle: number;
  readonly kind: RecordKind;
  readonly at: number;
  /** A view into the packed buffer. */
  readonly body: Buffer;
}

export function* unpackRecords(packed: Buffer): Generator<PackedRecord> {
  for (let offset = 0; offset < packed.length; ) {
    const end = offset + PACKED_HEAD + packed.readUInt32BE(offset + 13);
    yield {
      handle: packed.readUInt32BE(offset),
      kind: kindOf(packed.readUInt8(offset + 4)),
      at: packed.readDoubleBE(offset + 5),
      body: packed.subarray(offset + PACKED_HEAD, end),
    };
    offset = end;
  }
}

/** Bytes before a frame's body within a segment: seq f64 | kind u8 | at f64 | length u32. */
const FRAME_HEAD = 21;

export interface PackedFrame {
  readonly seq: number;
  readonly kind: RecordKind;
  readonly at: number;
  readonly body: Buffer;
}

export function packFrame({ seq, kind, at, body }: PackedFrame): Buffer {
  const packed = Buffer.allocUnsafe(FRAME_HEAD + body.length);
  packed.writeDoubleBE(seq, 0);
  packed.writeUInt8(KINDS.indexOf(kind), 8);
  packed.writeDoubleBE(at, 9);
  packed.writeUInt32BE(body.length, 17);
  body.copy(packed, FRAME_HEAD);
  return packed;
}

/** @throws RangeError where the bytes are no segment. */
export function unpackFrames(segment: Buffer): PackedFrame[] {
  const frames: PackedFrame[] = [];
  for (let offset = 0; offset < segment.length; ) {
    const end = offset + FRAME_HEAD + segment.readUInt32BE(offset + 17);
    if (end > segment.length) throw new RangeError('A frame reaches past the end of its segment.');
    frames.push({
      seq: segment.readDoubleBE(offset),
      kind: kindOf(segment.readUInt8(offset + 8)),
      at: segment.readDoubleBE(offset + 9),
      body: segment.subarray(offset + FRAME_HEAD, end),
    });
    offset = end;
  }
  return frames;
}

function kindOf(number: number): RecordKind {
  const kind = KINDS[number];
  if (kind === undefined) throw new RangeError(`There is no record kind ${number}.`);
  return kind;
}
