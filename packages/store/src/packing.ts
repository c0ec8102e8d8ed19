import type { RecordKind } from '@sallyport/core';

/** A stored kind is its place in this list: never change the order. */
export const KINDS: readonly RecordKind[] = ['event', 'client', 'target'];

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

/** @throws RangeError where the number stands for none */
export function kindOf(number: number): RecordKind {
  const kind = KINDS[number];
  if (kind === undefined) throw new RangeError(`There is no record kind ${number}.`);
  return kind;
}
