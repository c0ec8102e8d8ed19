import type { TextMask } from '@sallyport/core';

/** Bytes as the record may have them. */
export function textOf(bytes: Buffer, mask: TextMask | undefined): Buffer {
  return mask?.value(bytes, 0, bytes.length, () => undefined) ?? bytes;
}
