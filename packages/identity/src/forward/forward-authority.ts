import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SecureContextOptions } from 'node:tls';
import { GatewayError } from '@sallyport/core';
import forge from 'node-forge';
import { blank, type CertifiedKey, keyIdentifier, rsaKey, sign } from '../certificate.ts';
import { createOnce, hasCode, replaceFile } from '../key-file.ts';
import { type KeyPairFiles, readKeyPair } from '../key-pair.ts';
import { LeafCertificates } from './leaf-certificates.ts';
import { nameConstraints } from './name-constraints.ts';

const DAY_MS = 24 * 3_600_000;
const CA_DAYS = 90;
const RENEW_BEFORE_MS = 30 * DAY_MS;
const RSA_BITS = 3072;

/** Signs for the hosts whose TLS the gateway ends. */
export interface ForwardAuthority {
  /** PEM file with the CA, for clients to trust. */
  readonly caFile: string;
  /** Milliseconds since the epoch. */
  readonly notAfter: number;
  /**
   * A certificate for exactly this host, with its chain and key.
   *
   * @param host a DNS name in lower case, or an IP address; that the CA may sign for it is the caller's to know.
   */
  certificate(host: string, now?: number): Promise<SecureContextOptions>;
}

export interface ForwardAuthorityOptions {
  /** What it signs for: names, `*.example.com`, IP addresses; at least one. */
  readonly hosts: readonly string[];
  /** A company's own intermediate, in place of a CA that the gateway makes. */
  readonly own?: KeyPairFiles | undefined;
}

/**
 * The CA of the forward proxy. Its key is made once; its certificate lives 90 days, and is made anew with less than 30
 * left or for other hosts, so that it is good for nothing but them.
 *
 * @param folder of the gateway's keys.
 * @param leafKey the private key of all certificates that it signs.
 * @throws GatewayError ERR_CONFIG for files that cannot serve.
 */
export async function openForwardAuthority(
  folder: string,
  { hosts, own }: ForwardAuthorityOptions,
  leafKey: () => Promise<string>,
  now: number,
): Promise<ForwardAuthority> {
  const authority = own === undefined ? await gatewaysOwn(folder, hosts, now) : await intermediate(own, now);
  // A CA that clients trust they have; of an intermediate they have only what is above it.
  const leaves = new LeafCertificates(authority, own === undefined ? '' : authority.cert, leafKey);
  return {
    caFile: own?.cert ?? join(folder, CERTIFICATE_FILE),
    notAfter: new X509Certificate(authority.cert).validToDate.getTime(),
    certificate: (host, at = Date.now()) => leaves.for(host, at),
  };
}

const KEY_FILE = 'forward-ca-key.pem';
const CERTIFICATE_FILE = 'forward-ca.pem';

async function gatewaysOwn(folder: string, hosts: readonly string[], now: number): Promise<CertifiedKey> {
  const [keyFile, file] = [join(folder, KEY_FILE), join(folder, CERTIFICATE_FILE)];
  const key = await createOnce(keyFile, () => rsaKey(RSA_BITS));
  const existing = await readFile(file, 'utf8').catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  });
  try {
    if (existing !== undefined && serves({ key, cert: existing }, hosts, now)) return { key, cert: existing };
    const made = makeAuthority(key, hosts, now);
    await replaceFile(file, made.cert, 0o644);
    return made;
  } catch (cause) {
    throw new GatewayError('ERR_CONFIG', `The key file ${keyFile} is damaged: restore it from a backup.`, { cause });
  }
}

/** The certificate is of this key, for these hosts, and has time left. What cannot be read is made anew. */
function serves({ key, cert }: CertifiedKey, hosts: readonly string[], now: number): boolean {
  const privateKey = createPrivateKey(key);
  try {
    const parsed = new X509Certificate(cert);
    const written = forge.pki.certificateFromPem(cert).getExtension('nameConstraints') as { readonly value?: string } | null;
    return (
      parsed.checkPrivateKey(privateKey) &&
      written?.value === nameConstraints(hosts).value &&
      parsed.validToDate.getTime() - now > RENEW_BEFORE_MS
    );
  } catch {
    return false;
  }
}

/** The name stays with the key: clients that trust an older certificate of it go on doing so. */
function makeAuthority(key: string, hosts: readonly string[], now: number): CertifiedKey {
  const cert = blank(key, now, now + CA_DAYS * DAY_MS);
  const identifier = keyIdentifier(cert);
  const name = [{ name: 'commonName', value: `Sallyport forward CA ${Buffer.from(identifier, 'latin1').toString('hex', 0, 4)}` }];
  cert.setSubject(name);
  cert.setIssuer(name);
  cert.setExtensions([
    { name: 'basicConstraints', critical: true, cA: true, pathLenConstraint: 0 },
    { name: 'keyUsage', critical: true, keyCertSign: true },
    { name: 'extKeyUsage', serverAuth: true },
    nameConstraints(hosts),
    { name: 'subjectKeyIdentifier' },
    { name: 'authorityKeyIdentifier', keyIdentifier: identifier },
  ]);
  return sign(cert, key, key);
}

async function intermediate(files: KeyPairFiles, now: number): Promise<CertifiedKey> {
  const { cert, key, first } = await readKeyPair('forward_ca', files, now);
  if (first.publicKey.asymmetricKeyType !== 'rsa') {
    throw new GatewayError('ERR_CONFIG', `forward_ca.key: ${files.key} is no RSA key: have the intermediate made for one.`);
  }
  if (!first.ca || !maySign(cert)) {
    throw new GatewayError('ERR_CONFIG', `forward_ca.cert: the first certificate in ${files.cert} is no CA: it may not sign others.`);
  }
  return { cert, key: createPrivateKey(key).export({ type: 'pkcs8', format: 'pem' }).toString() };
}

/** https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.3: without the extension, a key may do all. */
function maySign(pem: string): boolean {
  const usage = forge.pki.certificateFromPem(pem).getExtension('keyUsage') as { readonly keyCertSign: boolean } | null;
  return usage === null || usage.keyCertSign;
}
