import { createHmac, hash } from 'node:crypto';

/** HMAC-SHA256 (hex) over length-prefixed parts: `(length u32be | part) × n`. */
export type Fingerprint = (...parts: readonly (Buffer | string)[]) => string;

const BLOCK_BYTES = 64;
const HASH_BYTES = 32;
/** Commands and values are mostly short: their parts are put together here. */
const SCRATCH_BYTES = 16 * 1024;

/**
 * HMAC as RFC 2104 writes it, `H(key ^ opad | H(key ^ ipad | text))`: a statement and every masked
 * value has one, and two one-shot hashes take half the time of an Hmac object.
 *
 * @param key at most 64 bytes.
 */
export function fingerprinter(key: Buffer): Fingerprint {
  if (key.length > BLOCK_BYTES) throw new RangeError(`A fingerprint's key has ${BLOCK_BYTES} bytes at most.`);
  const inner = Buffer.alloc(BLOCK_BYTES + SCRATCH_BYTES);
  const outer = Buffer.alloc(BLOCK_BYTES + HASH_BYTES);
  for (let at = 0; at < BLOCK_BYTES; at += 1) {
    inner[at] = (key[at] ?? 0) ^ 0x36;
    outer[at] = (key[at] ?? 0) ^ 0x5c;
  }
  return (...parts) => {
    const end = pack(parts, inner, BLOCK_BYTES);
    if (end === undefined) return long(key, parts);
    outer.write(hash('sha256', inner.subarray(0, end), 'binary'), BLOCK_BYTES, 'latin1');
    return hash('sha256', outer);
  };
}

/** @returns where the parts end; undefined: there is no room for all of them */
function pack(parts: readonly (Buffer | string)[], into: Buffer, from: number): number | undefined {
  let at = from;
  for (const part of parts) {
    const most = typeof part === 'string' ? part.length * 3 : part.length; // bytes of UTF-8
    if (at + 4 + most > into.length) return undefined;
    const length = typeof part === 'string' ? into.write(part, at + 4) : part.copy(into, at + 4);
    at = into.writeUInt32BE(length, at) + length;
  }
  return at;
}

function long(key: Buffer, parts: readonly (Buffer | string)[]): string {
  const hmac = createHmac('sha256', key);
  const head = Buffer.allocUnsafe(4);
  for (const part of parts) {
    head.writeUInt32BE(Buffer.byteLength(part));
    hmac.update(head).update(part);
  }
  return hmac.digest('hex');
}
