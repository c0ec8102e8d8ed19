import { constants, zstdCompressSync } from 'node:zlib';

/** How a segment's records are stored. */
export type Codec = 'raw' | 'zstd';

/** A small table and long matches: a third less time than level 1 by itself, for results no larger. */
const COMPRESSION = {
  params: { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_hashLog]: 12, [constants.ZSTD_c_minMatch]: 7 },
  // In pieces of 16 KiB, zlib's own choice, what hardly shrinks takes three times as long: each piece is new memory.
  chunkSize: 64 * 1024,
};
/** What shrinks by less is stored as it is: to read it back costs less then. */
const WORTH = 0.95;
const SAMPLE_BYTES = 16 * 1024;

/**
 * Compresses the segments of one track, as long as that is worth it. Where one hardly shrank, as encrypted and packed
 * contents do, a sample of the next one decides whether it is tried: a tenth of the time.
 */
export class SegmentCodec {
  #hardly = false;

  /** @returns the segment to store: the bytes themselves where they do not shrink. */
  encode(bytes: Buffer): { readonly codec: Codec; readonly data: Buffer } {
    const raw = { codec: 'raw', data: bytes } as const;
    if (this.#hardly && bytes.length >= 2 * SAMPLE_BYTES) {
      const from = (bytes.length - SAMPLE_BYTES) >> 1;
      if (!shrinks(bytes.subarray(from, from + SAMPLE_BYTES))) return raw;
    }
    const data = zstdCompressSync(bytes, COMPRESSION);
    const worth = data.length < bytes.length * WORTH;
    this.#hardly = !worth;
    return worth ? { codec: 'zstd', data } : raw;
  }
}

function shrinks(sample: Buffer): boolean {
  return zstdCompressSync(sample, COMPRESSION).length < sample.length * WORTH;
}
