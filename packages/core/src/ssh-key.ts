import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { GatewayError } from './errors.ts';
import { SshReader } from './ssh-reader.ts';

/** Curve by the name that SSH has for it: https://www.rfc-editor.org/rfc/rfc5656 */
const CURVES: Readonly<Record<string, { readonly crv: string; readonly bytes: number; readonly hash: string }>> = {
  nistp256: { crv: 'P-256', bytes: 32, hash: 'sha256' },
  nistp384: { crv: 'P-384', bytes: 48, hash: 'sha384' },
  nistp521: { crv: 'P-521', bytes: 66, hash: 'sha512' },
};
/** SHA-1 is not among them. https://www.rfc-editor.org/rfc/rfc8332 */
const RSA_HASHES: Readonly<Record<string, string>> = { 'rsa-sha2-256': 'sha256', 'rsa-sha2-512': 'sha512' };
const RSA_MIN_BITS = 2048;

/** `SHA256:…`, as OpenSSH shows a key. */
export function sshFingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/** `ssh-ed25519`, or whatever kind of key or certificate the bytes say they are. */
export function sshKeyType(key: Buffer): string {
  return new SshReader(key).text();
}

/**
 * The key of a line as it stands in authorized_keys, known_hosts or a `.pub` file.
 *
 * @returns the key as it is on the wire; undefined for a line that holds none.
 */
export function parseSshKeyLine(line: string): Buffer | undefined {
  const words = line.trim().split(/\s+/);
  for (const [at, type] of words.entries()) {
    const encoded = words[at + 1];
    if (encoded === undefined || !/^[A-Za-z0-9+/]+=*$/.test(encoded)) continue;
    const key = Buffer.from(encoded, 'base64');
    if (key.length > 4 && key.readUInt32BE() === type.length && key.toString('latin1', 4, 4 + type.length) === type) return key;
  }
  return undefined;
}

/**
 * A public key of SSH for node:crypto: Ed25519, ECDSA or RSA of at least 2048 bits.
 *
 * @throws GatewayError ERR_PROTOCOL for any other.
 */
export function sshKeyObject(key: Buffer): KeyObject {
  const reader = new SshReader(key);
  const type = reader.text();
  const jwk = (parameters: Readonly<Record<string, string>>): KeyObject => createPublicKey({ key: parameters, format: 'jwk' });
  if (type === 'ssh-ed25519') return jwk({ kty: 'OKP', crv: 'Ed25519', x: reader.string().toString('base64url') });
  if (type === 'ssh-rsa') {
    const [e, n] = [reader.string(), withoutSign(reader.string())];
    if (n.length * 8 < RSA_MIN_BITS) throw unusable(`${type} of ${n.length * 8} bits`);
    return jwk({ kty: 'RSA', e: withoutSign(e).toString('base64url'), n: n.toString('base64url') });
  }
  const curve = type.startsWith('ecdsa-sha2-') ? CURVES[reader.text()] : undefined;
  const point = curve && reader.string();
  if (curve === undefined || point?.[0] !== 4 || point.length !== 1 + 2 * curve.bytes) throw unusable(type);
  const coordinate = (at: number): string => point.subarray(at, at + curve.bytes).toString('base64url');
  return jwk({ kty: 'EC', crv: curve.crv, x: coordinate(1), y: coordinate(1 + curve.bytes) });
}

/**
 * Whether a signature of SSH (algorithm and value) over `data` was made with the private half of `key`. Never throws.
 * https://www.rfc-editor.org/rfc/rfc4253#section-6.6
 */
export function verifySshSignature(key: Buffer, signature: Buffer, data: Buffer): boolean {
  try {
    const reader = new SshReader(signature);
    const [algorithm, value] = [reader.text(), reader.string()];
    const type = sshKeyType(key);
    const object = sshKeyObject(key);
    if (!reader.done) return false;
    if (type === 'ssh-ed25519') return algorithm === type && verify(null, data, object, value);
    if (type === 'ssh-rsa') {
      const hash = RSA_HASHES[algorithm];
      return hash !== undefined && verify(hash, data, object, value);
    }
    const curve = CURVES[type.replace('ecdsa-sha2-', '')];
    return (
      curve !== undefined &&
      algorithm === type &&
      verify(curve.hash, data, { key: object, dsaEncoding: 'ieee-p1363' }, plain(value, curve.bytes))
    );
  } catch {
    return false;
  }
}

/** r and s at their full length: on the wire they are numbers without leading zeros. */
function plain(value: Buffer, bytes: number): Buffer {
  const reader = new SshReader(value);
  return Buffer.concat([reader.string(), reader.string()].map((number) => fill(withoutSign(number), bytes)));
}

function fill(number: Buffer, bytes: number): Buffer {
  if (number.length > bytes) throw unusable('signature');
  return Buffer.concat([Buffer.alloc(bytes - number.length), number]);
}

/** A positive mpint begins with a zero byte where its first bit would be taken for a sign. */
function withoutSign(number: Buffer): Buffer {
  return number[0] === 0 ? number.subarray(1) : number;
}

function unusable(what: string): GatewayError {
  return new GatewayError(
    'ERR_PROTOCOL',
    `An SSH key of this kind cannot be used here: ${what}. Use Ed25519, ECDSA, or RSA of 2048 bits or more.`,
  );
}
