import { type Decoder, type Frame, PART_BYTES } from '@sallyport/core';

/** A stream as it comes, for conversations whose relay finds the messages itself. */
export function byteChunks(): Decoder<Frame> {
  return {
    *push(chunk) {
      for (let at = 0; at < chunk.length; at += PART_BYTES) {
        yield { raw: chunk.subarray(at, at + PART_BYTES), first: true, last: true };
      }
    },
  };
}
