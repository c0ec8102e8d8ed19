import { createHmac, type KeyObject } from 'node:crypto';

/** Commands are mostly short: their parts are put together here and hashed in one call. */
const SCRATCH = Buffer.allocUnsafeSlow(16 * 1024);

/**
 * HMAC-SHA256 (hex) over length-prefixed parts: `(length u32be | part) × n`.
 * @param key a key object: a Buffer would be made into one for every HMAC, at eight times the cost.
 */
export function fingerprint(key: KeyObject, parts: readonly (Buffer | string)[]): string {
  const hmac = createHmac('sha256', key);
  let used = 0;
  for (const part of parts) {
    const length = Buffer.byteLength(part);
    if (used + 4 + length > SCRATCH.length) {
      hmac.update(SCRATCH.subarray(0, used));
      used = 0;
    }
    used = SCRATCH.writeUInt32BE(length, used);
    if (used + length > SCRATCH.length) {
      hmac.update(SCRATCH.subarray(0, used)).update(part);
      used = 0;
    } else used += typeof part === 'string' ? SCRATCH.write(part, used) : part.copy(SCRATCH, used);
  }
  return hmac.update(SCRATCH.subarray(0, used)).digest('hex');
}
