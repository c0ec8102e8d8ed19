import { createHash, X509Certificate } from 'node:crypto';
import { GatewayError } from '@sallyport/core';
import forge from 'node-forge';
import { type CertifiedKey, makeLeaf } from './certificate.ts';
import { readSecret, replaceFile } from './key-file.ts';
import { type KeyPairFiles, readKeyPair } from './key-pair.ts';

const RENEW_BEFORE_MS = 30 * 24 * 3_600_000;

/** What a TLS listener needs. `key` and `cert` go into a secure context as they are. */
export interface ServerCertificate extends CertifiedKey {
  /** tls-server-end-point of the leaf, for channel binding (RFC 5929 section 4). */
  readonly hash: Buffer;
  /** Milliseconds since the epoch. */
  readonly notAfter: number;
}

/**
 * The gateway's own certificate for these names: the cached one, or a new one when the names
 * changed, the authority did, or less than 30 days are left.
 */
export async function cachedLeaf(file: string, authority: CertifiedKey, names: readonly string[], now: number): Promise<ServerCertificate> {
  // Text outside the PEM blocks is a comment to every reader of PEM (RFC 7468 section 2).
  const head = `names: ${names.join(' ')}\n`;
  const cached = await readSecret(file);
  if (cached?.startsWith(head)) {
    const leaf = new X509Certificate(cached);
    const left = leaf.validToDate.getTime() - now;
    if (left > RENEW_BEFORE_MS && leaf.verify(new X509Certificate(authority.cert).publicKey)) {
      return serverCertificate(cutKey(cached), leaf, authority.cert);
    }
  }
  const made = await makeLeaf(authority, names, now);
  await replaceFile(file, head + made.cert + made.key, 0o600);
  return serverCertificate(made.key, new X509Certificate(made.cert), authority.cert);
}

/**
 * A certificate of one's own: `cert` holds the leaf and its intermediates, `key` the private key.
 *
 * @param files paths of PEM files.
 * @throws GatewayError ERR_CONFIG naming the file and what is wrong with it.
 */
export async function readCertificate(files: KeyPairFiles, now: number): Promise<ServerCertificate> {
  const { key, cert, first } = await readKeyPair('tls', files, now);
  return { key, cert, hash: endPointHash(first), notAfter: first.validToDate.getTime() };
}

/** The hash that tls-server-end-point names: the signature's own, but SHA-256 in place of MD5 and SHA-1. */
function endPointHash(leaf: X509Certificate): Buffer {
  const hash = signatureHash(leaf.raw);
  if (hash === undefined) {
    throw new GatewayError(
      'ERR_CONFIG',
      `The certificate of ${leaf.subject} is signed by an algorithm without a hash of its own, for which channel binding is undefined: use one signed with RSA or ECDSA.`,
    );
  }
  return createHash(hash).update(leaf.raw).digest();
}

// Signature algorithms by their object identifiers: RFC 8017 appendix A.2, RFC 5758 section 3.2.
const SIGNATURE_HASHES: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.1.4': 'sha256', // MD5 with RSA
  '1.2.840.113549.1.1.5': 'sha256', // SHA-1 with RSA
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  '1.2.840.10045.4.1': 'sha256', // ECDSA with SHA-1
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
};
const RSASSA_PSS = '1.2.840.113549.1.1.10';
const PSS_HASHES: Readonly<Record<string, string>> = {
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};

/** `Certificate ::= SEQUENCE { tbs, signatureAlgorithm { oid, parameters }, signature }`; RSASSA-PSS names its hash in the parameters. */
function signatureHash(der: Buffer): string | undefined {
  const certificate = forge.asn1.fromDer(der.toString('latin1'));
  const [oid, parameters] = children(children(certificate)[1]);
  const algorithm = oidOf(oid);
  if (algorithm !== RSASSA_PSS) return SIGNATURE_HASHES[algorithm];
  const tagged = children(parameters).find((field) => field.tagClass === forge.asn1.Class.CONTEXT_SPECIFIC && field.type === 0);
  if (tagged === undefined) return 'sha256'; // the default is SHA-1
  return PSS_HASHES[oidOf(children(children(tagged)[0])[0])];
}

function children(node: forge.asn1.Asn1 | undefined): readonly forge.asn1.Asn1[] {
  return Array.isArray(node?.value) ? node.value : [];
}

function oidOf(node: forge.asn1.Asn1 | undefined): string {
  return typeof node?.value === 'string' ? forge.asn1.derToOid(node.value) : '';
}

function serverCertificate(key: string, leaf: X509Certificate, authority: string): ServerCertificate {
  return { key, cert: leaf.toString() + authority, hash: endPointHash(leaf), notAfter: leaf.validToDate.getTime() };
}

function cutKey(pem: string): string {
  return pem.slice(pem.indexOf('-----BEGIN PRIVATE KEY-----'));
}
