import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { parseSshKeyLine, sshFingerprint, sshKeyObject, sshKeyType, verifySshSignature } from './ssh-key.ts';
import { sshString } from './ssh-reader.ts';

const number = (bytes: Buffer): Buffer => sshString((bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes);

function ed25519() {
  const { privateKey } = generateKeyPairSync('ed25519');
  const { x = '' } = privateKey.export({ format: 'jwk' });
  return { privateKey, blob: Buffer.concat([sshString('ssh-ed25519'), sshString(Buffer.from(x, 'base64url'))]) };
}

test('an Ed25519 signature holds for its key and data alone', () => {
  const { privateKey, blob } = ed25519();
  const data = Buffer.from('session');
  const signature = Buffer.concat([sshString('ssh-ed25519'), sshString(sign(null, data, privateKey))]);
  expect(verifySshSignature(blob, signature, data)).toBe(true);
  expect(verifySshSignature(ed25519().blob, signature, data)).toBe(false);
  expect(verifySshSignature(blob, signature, Buffer.from('another'))).toBe(false);
  expect(verifySshSignature(blob, Buffer.concat([signature, Buffer.of(0)]), data)).toBe(false);
  expect(verifySshSignature(blob, signature.subarray(0, 20), data)).toBe(false);
});

test.each([
  ['P-256', 'nistp256', 'sha256', 32],
  ['P-384', 'nistp384', 'sha384', 48],
  ['P-521', 'nistp521', 'sha512', 66],
] as const)('an ECDSA signature on %s', (namedCurve, curve, hash, bytes) => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve });
  const { x = '', y = '' } = privateKey.export({ format: 'jwk' });
  const type = `ecdsa-sha2-${curve}`;
  const point = Buffer.concat([Buffer.of(4), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
  const blob = Buffer.concat([sshString(type), sshString(curve), sshString(point)]);
  const data = Buffer.from('session');
  const raw = sign(hash, data, { key: privateKey, dsaEncoding: 'ieee-p1363' });
  const trim = (part: Buffer): Buffer => number(part.subarray(part.findIndex((byte) => byte !== 0)));
  const value = Buffer.concat([trim(raw.subarray(0, bytes)), trim(raw.subarray(bytes))]);
  expect(verifySshSignature(blob, Buffer.concat([sshString(type), sshString(value)]), data)).toBe(true);
  expect(verifySshSignature(blob, Buffer.concat([sshString(type), sshString(value)]), Buffer.from('x'))).toBe(false);
});

test('RSA takes SHA-2 and never SHA-1, and no short key', () => {
  const rsa = (modulusLength: number) => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength });
    const { n = '', e = '' } = publicKey.export({ format: 'jwk' });
    return {
      privateKey,
      blob: Buffer.concat([sshString('ssh-rsa'), number(Buffer.from(e, 'base64url')), number(Buffer.from(n, 'base64url'))]),
    };
  };
  const { privateKey, blob } = rsa(2048);
  const data = Buffer.from('session');
  const signed = (name: string, hash: string): Buffer => Buffer.concat([sshString(name), sshString(sign(hash, data, privateKey))]);
  expect(verifySshSignature(blob, signed('rsa-sha2-512', 'sha512'), data)).toBe(true);
  expect(verifySshSignature(blob, signed('rsa-sha2-256', 'sha256'), data)).toBe(true);
  expect(verifySshSignature(blob, signed('ssh-rsa', 'sha1'), data)).toBe(false);
  expect(verifySshSignature(blob, signed('rsa-sha2-256', 'sha1'), data)).toBe(false);
  expect(() => sshKeyObject(rsa(1024).blob)).toThrow('ssh-rsa of 1024 bits');
});

test('lines of authorized_keys, known_hosts and .pub files', () => {
  const { blob } = ed25519();
  const encoded = blob.toString('base64');
  for (const line of [
    `ssh-ed25519 ${encoded}`,
    `ssh-ed25519 ${encoded} alice@home`,
    `[web-1]:22 ssh-ed25519 ${encoded}`,
    `no-pty ssh-ed25519 ${encoded} x`,
  ])
    expect(parseSshKeyLine(line)).toEqual(blob);
  expect(parseSshKeyLine('ssh-ed25519 AAAA')).toBeUndefined();
  expect(parseSshKeyLine(`ssh-rsa ${encoded}`)).toBeUndefined(); // it says it is another kind
  expect(sshKeyType(blob)).toBe('ssh-ed25519');
  expect(sshFingerprint(blob)).toMatch(/^SHA256:[A-Za-z0-9+/]{43}$/);
  expect(createPublicKey({ key: sshKeyObject(blob).export({ format: 'jwk' }), format: 'jwk' }).asymmetricKeyType).toBe('ed25519');
});
