import { constants, createHash, type KeyObject, privateDecrypt, publicEncrypt, timingSafeEqual } from 'node:crypto';

// The arithmetic of MySQL's sign-in methods.
// https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_authentication_methods.html

export const NATIVE = 'mysql_native_password';
export const CACHING_SHA2 = 'caching_sha2_password';
export const SHA256 = 'sha256_password';
export const CLEAR = 'mysql_clear_password';
export const ED25519 = 'client_ed25519';

const hash = (algorithm: 'sha1' | 'sha256', ...parts: readonly (Buffer | string)[]): Buffer =>
  parts.reduce((sum, part) => sum.update(part), createHash(algorithm)).digest();

/** `SHA1(password) XOR SHA1(nonce, SHA1(SHA1(password)))`; nothing for an empty password. */
export function nativeProof(password: string, nonce: Buffer): Buffer {
  if (password === '') return Buffer.alloc(0);
  const once = hash('sha1', password);
  return xor(once, hash('sha1', nonce, hash('sha1', once)));
}

/** Whether a native proof was made with the password behind `sha1sha1`. Constant in time. */
export function verifyNative(proof: Buffer, nonce: Buffer, sha1sha1: Buffer): boolean {
  if (proof.length !== 20 || sha1sha1.length !== 20) return false;
  return timingSafeEqual(hash('sha1', xor(proof, hash('sha1', nonce, sha1sha1))), sha1sha1);
}

/** What a native proof is verified against. */
export function doubleSha1(password: string): Buffer {
  return hash('sha1', hash('sha1', password));
}

/** `SHA256(password) XOR SHA256(SHA256(SHA256(password)), nonce)`; nothing for an empty password. */
export function cachingSha2Proof(password: string, nonce: Buffer): Buffer {
  if (password === '') return Buffer.alloc(0);
  const once = hash('sha256', password);
  return xor(once, hash('sha256', hash('sha256', once), nonce));
}

/** The password under the server's key: `RSA-OAEP(password, 0 XOR nonce…)`. */
export function encryptPassword(password: string, nonce: Buffer, key: KeyObject | string): Buffer {
  return publicEncrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING }, xor(Buffer.from(`${password}\0`), nonce));
}

/** @returns undefined for bytes that were not encrypted for this key. */
export function decryptPassword(cipher: Buffer, nonce: Buffer, key: KeyObject): string | undefined {
  try {
    return withoutZero(xor(privateDecrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING }, cipher), nonce));
  } catch {
    return undefined;
  }
}

/** A password as it comes in clear, with the zero byte that ends it. */
export function withoutZero(password: Buffer): string {
  return password.toString('utf8', 0, password.at(-1) === 0 ? password.length - 1 : password.length);
}

function xor(bytes: Buffer, key: Buffer): Buffer {
  const out = Buffer.allocUnsafe(bytes.length);
  for (let at = 0; at < bytes.length; at++) out[at] = (bytes[at] as number) ^ (key[at % key.length] as number);
  return out;
}
