import { RECORD_HEAD_BYTES, type RecordKind } from '@sallyport/core';

/** A stored kind is its place in this list, which the hash chain numbers likewise. */
const KINDS: readonly (RecordKind | undefined)[] = [undefined, 'event', 'client', 'target'];

/** @throws RangeError where the number stands for none */
export function kindOf(number: number): RecordKind {
  const kind = KINDS[number];
  if (kind === undefined) throw new RangeError(`There is no record kind ${number}.`);
  return kind;
}

export interface PackedRecord {
  readonly seq: number;
  readonly kind: RecordKind;
  readonly at: number;
  /** A view into the segment. */
  readonly body: Buffer;
}

/**
 * A segment's records: each with its head as the hash chain has it, `seq u64be | kind u8 | at f64be
 * | length u32be | body`.
 * @throws RangeError where the bytes are no segment.
 */
export function* unpackRecords(segment: Buffer): Generator<PackedRecord> {
  for (let offset = 0; offset < segment.length; ) {
    const start = offset + RECORD_HEAD_BYTES;
    const end = start + segment.readUInt32BE(offset + 17);
    if (end > segment.length) throw new RangeError('A record reaches past the end of its segment.');
    yield {
      seq: segment.readUInt32BE(offset) * 2 ** 32 + segment.readUInt32BE(offset + 4),
      kind: kindOf(segment[offset + 8] as number),
      at: segment.readDoubleBE(offset + 9),
      body: segment.subarray(start, end),
    };
    offset = end;
  }
}

const NOTHING = Buffer.alloc(0);
const LEAST_BYTES = 256;

/** Bytes that grow; without any it takes no memory. */
export class ByteRun {
  #bytes = NOTHING;
  #used = 0;

  get length(): number {
    return this.#used;
  }

  /** All bytes, or those from an offset on: a view that is good until the next call. */
  view(from = 0): Buffer {
    return this.#bytes.subarray(from, this.#used);
  }

  /** Makes room at the end and returns the whole buffer and the offset to write at. */
  extend(length: number): { readonly bytes: Buffer; readonly at: number } {
    const at = this.#used;
    this.#used += length;
    if (this.#used > this.#bytes.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(this.#used, this.#bytes.length * 2, LEAST_BYTES));
      this.#bytes.copy(grown, 0, 0, at);
      this.#bytes = grown;
    }
    return { bytes: this.#bytes, at };
  }

  append(more: Buffer): void {
    const { bytes, at } = this.extend(more.length);
    more.copy(bytes, at);
  }

  /** Gives back a buffer above `keep` bytes that is mostly empty. */
  trim(keep: number): void {
    if (this.#bytes.length <= keep || this.#used * 2 > this.#bytes.length) return;
    const bytes = Buffer.allocUnsafeSlow(this.#used);
    this.#bytes.copy(bytes, 0, 0, this.#used);
    this.#bytes = bytes;
  }

  /** Empties it; a buffer that had to grow beyond `keep` is given back. */
  clear(keep: number): void {
    this.#used = 0;
    if (this.#bytes.length > keep) this.#bytes = NOTHING;
  }
}
