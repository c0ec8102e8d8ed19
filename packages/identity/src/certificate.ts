import { createPublicKey, generateKeyPair, randomBytes, sign as rsaSign } from 'node:crypto';
import { isIP } from 'node:net';
import { promisify } from 'node:util';
import forge from 'node-forge';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Clients refuse server certificates that are valid for longer than 398 days. */
const LEAF_DAYS = 397;
const CA_DAYS = 3650;
/** Certificates begin this far in the past, for clients whose clock is late. */
const BACKDATE_MS = HOUR_MS;

/** A certificate with its private key, both PEM. */
export interface CertifiedKey {
  readonly key: string;
  readonly cert: string;
}

/** Makes a certificate authority: RSA 3072, valid for ten years, may sign leaves only. */
export async function makeAuthority(now: number): Promise<CertifiedKey> {
  const key = await rsaKey(3072);
  const cert = blank(key, now, now + CA_DAYS * DAY_MS);
  const name = [{ name: 'commonName', value: `Sallyport CA ${randomBytes(4).toString('hex')}` }];
  cert.setSubject(name);
  cert.setIssuer(name);
  cert.setExtensions([
    { name: 'basicConstraints', critical: true, cA: true, pathLenConstraint: 0 },
    { name: 'keyUsage', critical: true, keyCertSign: true, cRLSign: true },
    { name: 'subjectKeyIdentifier' },
    { name: 'authorityKeyIdentifier', keyIdentifier: keyIdentifier(cert) },
  ]);
  return sign(cert, key, key);
}

/**
 * Makes a server certificate: RSA 2048, at most 398 days, never longer than its authority.
 *
 * @param names DNS names and IP addresses; at least one.
 */
export async function makeLeaf(authority: CertifiedKey, names: readonly string[], now: number): Promise<CertifiedKey> {
  const issuer = forge.pki.certificateFromPem(authority.cert);
  const key = await rsaKey(2048);
  const cert = blank(key, now, Math.min(now + LEAF_DAYS * DAY_MS, issuer.validity.notAfter.getTime()));
  cert.setSubject([{ name: 'commonName', value: (names[0] as string).slice(0, 64) }]);
  cert.setIssuer(issuer.subject.attributes);
  cert.setExtensions([
    { name: 'basicConstraints', critical: true, cA: false },
    { name: 'keyUsage', critical: true, digitalSignature: true, keyEncipherment: true },
    { name: 'extKeyUsage', serverAuth: true },
    { name: 'subjectAltName', altNames: names.map((name) => (isIP(name) ? { type: 7, ip: name } : { type: 2, value: name })) },
    { name: 'subjectKeyIdentifier' },
    { name: 'authorityKeyIdentifier', keyIdentifier: keyIdentifier(issuer) },
  ]);
  return sign(cert, key, authority.key);
}

/** A fresh RSA private key, PKCS #8 PEM. */
async function rsaKey(modulusLength: number): Promise<string> {
  const pair = await promisify(generateKeyPair)('rsa', { modulusLength });
  return pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function blank(key: string, now: number, end: number): forge.pki.Certificate {
  const cert = forge.pki.createCertificate();
  cert.publicKey = forge.pki.publicKeyFromPem(createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString());
  const serial = randomBytes(16);
  serial[0] = ((serial[0] as number) & 0x3f) | 0x40; // positive, and always 16 bytes
  cert.serialNumber = serial.toString('hex');
  cert.validity.notBefore = new Date(now - BACKDATE_MS);
  cert.validity.notAfter = new Date(end);
  return cert;
}

/** forge writes the certificate, OpenSSL signs it: forge's own arithmetic is slow and not constant in time. */
function sign(cert: forge.pki.Certificate, key: string, issuerKey: string): CertifiedKey {
  const signer = {
    sign: () => rsaSign('sha256', Buffer.from(forge.asn1.toDer(cert.tbsCertificate).getBytes(), 'latin1'), issuerKey).toString('latin1'),
  };
  cert.sign(signer as unknown as forge.pki.rsa.PrivateKey, forge.md.sha256.create());
  return { key, cert: forge.pki.certificateToPem(cert).replaceAll('\r\n', '\n') };
}

function keyIdentifier(cert: forge.pki.Certificate): string {
  return cert.generateSubjectKeyIdentifier().getBytes();
}
