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
/** Places within TBSCertificate, where it has a version: https://www.rfc-editor.org/rfc/rfc5280#section-4.1 */
const ISSUER_FIELD = 3;
const SUBJECT_FIELD = 5;

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
  const subject = [{ name: 'commonName', value: (names[0] as string).slice(0, 64) }];
  return issueLeaf(authority, { key: await rsaKey(2048), subject, names, now, days: LEAF_DAYS });
}

/** What a server certificate is made of. */
export interface LeafRequest {
  /** The server's private key, RSA, PKCS #8 PEM. */
  readonly key: string;
  readonly subject: forge.pki.CertificateField[];
  /** DNS names and IP addresses; at least one. */
  readonly names: readonly string[];
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly days: number;
}

/** Signs a server certificate, which never lives longer than its authority. */
export function issueLeaf(authority: CertifiedKey, { key, subject, names, now, days }: LeafRequest): CertifiedKey {
  const issuer = forge.pki.certificateFromPem(authority.cert);
  const cert = blank(key, now, Math.min(now + days * DAY_MS, issuer.validity.notAfter.getTime()));
  cert.setSubject(subject);
  cert.setExtensions([
    { name: 'basicConstraints', critical: true, cA: false },
    { name: 'keyUsage', critical: true, digitalSignature: true, keyEncipherment: true },
    { name: 'extKeyUsage', serverAuth: true },
    { name: 'subjectAltName', altNames: names.map((name) => (isIP(name) ? { type: 7, ip: name } : { type: 2, value: name })) },
    { name: 'subjectKeyIdentifier' },
    { name: 'authorityKeyIdentifier', keyIdentifier: ownIdentifier(issuer) },
  ]);
  return sign(cert, key, authority.key, issuer.tbsCertificate.value[SUBJECT_FIELD] as forge.asn1.Asn1);
}

/** A fresh RSA private key, PKCS #8 PEM. */
export async function rsaKey(modulusLength: number): Promise<string> {
  const pair = await promisify(generateKeyPair)('rsa', { modulusLength });
  return pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** A certificate for a key, with a serial number and its times. @param end milliseconds since the epoch */
export function blank(key: string, now: number, end: number): forge.pki.Certificate {
  const cert = forge.pki.createCertificate();
  cert.publicKey = forge.pki.publicKeyFromPem(createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString());
  const serial = randomBytes(16);
  serial[0] = ((serial[0] as number) & 0x3f) | 0x40; // positive, and always 16 bytes
  cert.serialNumber = serial.toString('hex');
  cert.validity.notBefore = new Date(now - BACKDATE_MS);
  cert.validity.notAfter = new Date(end);
  return cert;
}

/**
 * forge writes the certificate, OpenSSL signs it: forge's own arithmetic is slow and not constant in time.
 *
 * @param issuer the name as the issuer's certificate has it: forge would write some names in other bytes than it read.
 */
export function sign(cert: forge.pki.Certificate, key: string, issuerKey: string, issuer?: forge.asn1.Asn1): CertifiedKey {
  const signer = {
    sign(): string {
      if (issuer !== undefined) (cert.tbsCertificate.value as forge.asn1.Asn1[])[ISSUER_FIELD] = issuer;
      return rsaSign('sha256', Buffer.from(forge.asn1.toDer(cert.tbsCertificate).getBytes(), 'latin1'), issuerKey).toString('latin1');
    },
  };
  cert.sign(signer as unknown as forge.pki.rsa.PrivateKey, forge.md.sha256.create());
  return { key, cert: forge.pki.certificateToPem(cert).replaceAll('\r\n', '\n') };
}

export function keyIdentifier(cert: forge.pki.Certificate): string {
  return cert.generateSubjectKeyIdentifier().getBytes();
}

/** As the certificate says it, which is not bound to be a hash of the key. */
function ownIdentifier(issuer: forge.pki.Certificate): string {
  const own = issuer.getExtension('subjectKeyIdentifier') as { readonly subjectKeyIdentifier: string } | null;
  return own === null ? keyIdentifier(issuer) : forge.util.hexToBytes(own.subjectKeyIdentifier);
}
