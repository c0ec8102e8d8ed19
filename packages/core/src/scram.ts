import { createHash, createHmac, pbkdf2, pbkdf2Sync, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

/**
 * The arithmetic of SCRAM-SHA-256, both sides of it: RFC 5802 section 3 with the hash of RFC 7677.
 * Messages (gs2 header, nonces, base64) are the protocol's that carries them.
 *
 * ```
 * SaltedPassword  = Hi(SASLprep(password), salt, iterations)
 * ClientKey       = HMAC(SaltedPassword, "Client Key")      StoredKey = H(ClientKey)
 * ServerKey       = HMAC(SaltedPassword, "Server Key")
 * ClientProof     = ClientKey XOR HMAC(StoredKey, AuthMessage)
 * ServerSignature = HMAC(ServerKey, AuthMessage)
 * AuthMessage     = client-first-bare "," server-first "," client-final-without-proof
 * ```
 */
const HASH = 'sha256';
const KEY_BYTES = 32;

const pbkdf2Async = promisify(pbkdf2);

/** SaltedPassword, computed off the main thread. The password goes through {@link saslPrep}. */
export function hi(password: string, salt: Buffer, iterations: number): Promise<Buffer> {
  return pbkdf2Async(saslPrep(password), salt, iterations, KEY_BYTES, HASH);
}

/** As {@link hi}, but blocks: a millisecond or two for 4096 iterations. */
export function hiSync(password: string, salt: Buffer, iterations: number): Buffer {
  return pbkdf2Sync(saslPrep(password), salt, iterations, KEY_BYTES, HASH);
}

/** ClientKey, from the SaltedPassword that {@link hi} gives. */
export function clientKey(saltedPassword: Buffer): Buffer {
  return hmac(saltedPassword, 'Client Key');
}

/** StoredKey, from the ClientKey: what a server keeps to verify proofs. */
export function storedKey(key: Buffer): Buffer {
  return createHash(HASH).update(key).digest();
}

/** ServerKey, from the SaltedPassword that {@link hi} gives. */
export function serverKey(saltedPassword: Buffer): Buffer {
  return hmac(saltedPassword, 'Server Key');
}

/** What a client sends as `p=`, before base64. */
export function clientProof(key: Buffer, authMessage: string | Buffer): Buffer {
  return xor(key, hmac(storedKey(key), authMessage));
}

/** Whether the proof was made with the password behind `stored`. Constant in time; never throws. */
export function verifyProof(stored: Buffer, authMessage: string | Buffer, proof: Buffer): boolean {
  if (proof.length !== KEY_BYTES || stored.length !== KEY_BYTES) return false;
  return timingSafeEqual(storedKey(xor(proof, hmac(stored, authMessage))), stored);
}

/** What a server sends as `v=`, before base64: the client compares it, in constant time. */
export function serverSignature(key: Buffer, authMessage: string | Buffer): Buffer {
  return hmac(key, authMessage);
}

// RFC 3454: C.1.2 become a space, B.1 vanish. What stays prohibited after NFKC is C.2.1 to C.9;
// \p{Cn} also covers code points that Unicode 3.2 did not assign and today's still does not.
const OTHER_SPACES = /[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000]/gu;
const MAPPED_TO_NOTHING = /\u00ad|\u034f|\u1806|[\u180b-\u180d]|[\u200c\u200d]|\u2060|[\ufe00-\ufe0f]|\ufeff/gu;
const PROHIBITED =
  /[\p{Cc}\p{Co}\p{Cs}\p{Cn}\u06dd\u070f\u180e\u200e\u200f\u2028-\u202e\u2061-\u2063\u206a-\u206f\u2ff0-\u2ffb\ufff9-\ufffd\u{1d173}-\u{1d17a}\u{e0001}\u{e0020}-\u{e007f}]/u;

/**
 * Prepares a password as PostgreSQL does (RFC 4013, and `pg_saslprep`): ASCII stays as it is, other
 * text is mapped and normalised with NFKC, and what the profile prohibits is used unprepared instead
 * of being refused. The check for mixed writing directions is left out.
 */
export function saslPrep(password: string): string {
  if (/^[\x00-\x7f]*$/.test(password)) return password;
  const prepared = password.replace(OTHER_SPACES, ' ').replace(MAPPED_TO_NOTHING, '').normalize('NFKC');
  return prepared === '' || PROHIBITED.test(prepared) ? password : prepared;
}

function hmac(key: Buffer, data: string | Buffer): Buffer {
  return createHmac(HASH, key).update(data).digest();
}

function xor(a: Buffer, b: Buffer): Buffer {
  const out = Buffer.allocUnsafe(a.length);
  for (let i = 0; i < a.length; i++) out[i] = (a[i] as number) ^ (b[i] as number);
  return out;
}
