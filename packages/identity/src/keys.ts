import { createPrivateKey, createPublicKey, generateKeyPair, hkdfSync, type KeyObject, randomBytes, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { GatewayError } from '@sallyport/core';
import { type CertifiedKey, makeAuthority, rsaKey } from './certificate.ts';
import { type ForwardAuthority, type ForwardAuthorityOptions, openForwardAuthority } from './forward/forward-authority.ts';
import { createOnce, hasCode, privateFolder, replaceFile } from './key-file.ts';
import { cachedLeaf, type ServerCertificate } from './server-certificate.ts';
import { openHostKeys, type SshHostKey } from './ssh/host-keys.ts';

/** What a key derived from the server secret is for. Each label gives an independent key. */
export type SecretLabel = 'token-salt' | 'fingerprint' | 'mask-hash' | 'mask-token';

/** The gateway's own keys, which share nothing: listener CA, forward CA, evidence, server secret. */
export interface Keys {
  /** PEM file of the CA that the gateway's certificate chains to, for clients to trust. */
  readonly caFile: string;
  /** Ed25519: signs the log and the seals. */
  readonly evidence: {
    readonly privateKey: KeyObject;
    readonly publicKey: KeyObject;
    /** PEM file with the public key, for `verify` elsewhere. */
    readonly publicFile: string;
  };
  /** By which SSH clients know the gateway; made when first asked for. @throws GatewayError ERR_CONFIG */
  sshHostKeys(): Promise<readonly SshHostKey[]>;
  /**
   * The CA of the forward proxy; made when first asked for.
   *
   * @param now milliseconds since the epoch; call again daily, so that it is renewed in time.
   * @throws GatewayError ERR_CONFIG
   */
  forwardAuthority(options: ForwardAuthorityOptions, now?: number): Promise<ForwardAuthority>;
  /** A 32-byte HMAC key. The same for the same data_dir and label, for ever. */
  secret(label: SecretLabel): Buffer;
  /**
   * A certificate for these DNS names and IP addresses, cached on disk.
   * @param now milliseconds since the epoch; call again daily, so that it is renewed in time.
   */
  serverCertificate(names: readonly string[], now?: number): Promise<ServerCertificate>;
}

/** The names a gateway answers to when the configuration has none. */
export function defaultNames(): readonly string[] {
  return [...new Set(['localhost', '127.0.0.1', '::1', hostname().toLowerCase()])];
}

/**
 * Opens the keys in `dataDir/keys`, making those that are not there yet. Safe for several starters
 * at once and against crashes.
 *
 * @throws GatewayError ERR_CONFIG for a file that is damaged or readable by other users.
 */
export async function openKeys(dataDir: string): Promise<Keys> {
  const folder = join(dataDir, 'keys');
  await privateFolder(folder);
  const [authority, evidence, secret] = await Promise.all([openAuthority(folder), openEvidence(folder), openSecret(folder)]);
  const secrets = new Map<SecretLabel, Buffer>();
  let hostKeys: Promise<readonly SshHostKey[]> | undefined;
  let leafKey: Promise<string> | undefined;
  const forwardLeafKey = (): Promise<string> => {
    leafKey ??= rsaKey(2048);
    return leafKey;
  };
  return {
    caFile: authority.caFile,
    evidence,
    sshHostKeys() {
      hostKeys ??= openHostKeys(folder);
      return hostKeys;
    },
    forwardAuthority: (options, now = Date.now()) => openForwardAuthority(folder, options, forwardLeafKey, now),
    secret(label) {
      const made = secrets.get(label) ?? Buffer.from(hkdfSync('sha256', secret, '', `sallyport ${label}`, 32));
      secrets.set(label, made);
      return made;
    },
    serverCertificate: (names, now = Date.now()) => cachedLeaf(join(folder, 'listener.pem'), authority.authority, names, now),
  };
}

async function openAuthority(folder: string): Promise<{ readonly authority: CertifiedKey; readonly caFile: string }> {
  const file = join(folder, 'listener-ca.pem');
  const pem = await createOnce(file, async () => {
    const made = await makeAuthority(Date.now());
    return made.cert + made.key;
  });
  const authority = intact(file, () => {
    const key = createPrivateKey(pem);
    const cert = new X509Certificate(pem);
    if (!cert.checkPrivateKey(key)) throw new Error('key and certificate do not belong together');
    return { key: key.export({ type: 'pkcs8', format: 'pem' }).toString(), cert: cert.toString() };
  });
  const caFile = join(folder, 'ca.pem');
  await publish(caFile, authority.cert);
  return { authority, caFile };
}

async function openEvidence(folder: string): Promise<Keys['evidence']> {
  const file = join(folder, 'evidence.pem');
  const pem = await createOnce(file, async () => {
    const pair = await promisify(generateKeyPair)('ed25519');
    return pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  });
  const privateKey = intact(file, () => createPrivateKey(pem));
  const publicKey = createPublicKey(privateKey);
  const publicFile = join(folder, 'evidence.pub');
  await publish(publicFile, publicKey.export({ type: 'spki', format: 'pem' }).toString());
  return { privateKey, publicKey, publicFile };
}

async function openSecret(folder: string): Promise<Buffer> {
  const file = join(folder, 'server-secret');
  const text = await createOnce(file, async () => `${randomBytes(32).toString('base64')}\n`);
  return intact(file, () => {
    const secret = Buffer.from(text, 'base64');
    if (secret.length !== 32) throw new Error(`${secret.length} bytes instead of 32`);
    return secret;
  });
}

/** Writes a public file when it is missing or not what the private one says. */
async function publish(path: string, content: string): Promise<void> {
  const existing = await readFile(path, 'utf8').catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  });
  if (existing !== content) await replaceFile(path, content, 0o644);
}

function intact<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new GatewayError('ERR_CONFIG', `The key file ${file} is damaged: restore it from a backup.`, { cause });
  }
}
