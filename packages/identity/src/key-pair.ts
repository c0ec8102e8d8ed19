import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { GatewayError } from '@sallyport/core';

/** PEM files: a certificate with the chain above it, and its private key. */
export interface KeyPairFiles {
  readonly cert: string;
  readonly key: string;
}

/** What is in {@link KeyPairFiles}, as it was read. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
  /** The first certificate. */
  readonly first: X509Certificate;
}

/**
 * A certificate of one's own, that is in force, and its key.
 *
 * @param setting where the configuration names the files: `tls`.
 * @throws GatewayError ERR_CONFIG naming the file and what is wrong with it.
 */
export async function readKeyPair(setting: string, files: KeyPairFiles, now: number): Promise<KeyPair> {
  const cert = await readPem(files.cert, `${setting}.cert`);
  const key = await readPem(files.key, `${setting}.key`);
  const first = parse(() => new X509Certificate(cert), `${setting}.cert: ${files.cert} holds no PEM certificate.`);
  const privateKey = parse(() => createPrivateKey(key), `${setting}.key: ${files.key} holds no PEM private key without a passphrase.`);
  if (!first.checkPrivateKey(privateKey)) {
    throw new GatewayError('ERR_CONFIG', `${setting}.key: ${files.key} is not the key of the first certificate in ${files.cert}.`);
  }
  if (first.validToDate.getTime() <= now) {
    throw new GatewayError('ERR_CONFIG', `${setting}.cert: ${files.cert} expired at ${first.validToDate.toISOString()}: renew it.`);
  }
  return { cert, key, first };
}

async function readPem(path: string, setting: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new GatewayError('ERR_CONFIG', `${setting}: cannot read ${path} (${(cause as NodeJS.ErrnoException).code}).`, { cause });
  }
}

function parse<T>(read: () => T, message: string): T {
  try {
    return read();
  } catch (cause) {
    throw new GatewayError('ERR_CONFIG', message, { cause });
  }
}
