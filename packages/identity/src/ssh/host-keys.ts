import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { GatewayError, sshString } from '@sallyport/core';
import { createOnce } from '../key-file.ts';

const RSA_BITS = 3072;
const generate = promisify(generateKeyPair);

/** A key by which SSH clients know the gateway. */
export interface SshHostKey {
  /** For ssh2: OpenSSH's form for Ed25519, PEM for RSA. */
  readonly privateKey: string;
  /** `ssh-ed25519 AAAA…` */
  readonly publicLine: string;
}

/**
 * The host keys in a folder, made on first use: Ed25519, and RSA for clients that know nothing newer.
 *
 * @throws GatewayError ERR_CONFIG for a file that is damaged or readable by other users.
 */
export async function openHostKeys(folder: string): Promise<readonly SshHostKey[]> {
  return Promise.all([
    open(join(folder, 'ssh_host_ed25519_key.pem'), async () => (await generate('ed25519')).privateKey, ed25519HostKey),
    open(join(folder, 'ssh_host_rsa_key.pem'), async () => (await generate('rsa', { modulusLength: RSA_BITS })).privateKey, rsaHostKey),
  ]);
}

async function open(file: string, make: () => Promise<KeyObject>, read: (pem: string) => SshHostKey): Promise<SshHostKey> {
  const pem = await createOnce(file, async () => (await make()).export({ type: 'pkcs8', format: 'pem' }).toString());
  try {
    return read(pem);
  } catch (cause) {
    throw new GatewayError('ERR_CONFIG', `${file} is damaged: put back its backup, or remove it and tell clients of the new key.`, {
      cause,
    });
  }
}

function ed25519HostKey(pem: string): SshHostKey {
  const { x = '', d = '' } = createPrivateKey(pem).export({ format: 'jwk' }) as { x?: string; d?: string };
  const [publicPart, secret] = [Buffer.from(x, 'base64url'), Buffer.from(d, 'base64url')];
  const blob = Buffer.concat([sshString('ssh-ed25519'), sshString(publicPart)]);
  return { privateKey: openSshPrivateKey(blob, publicPart, secret), publicLine: `ssh-ed25519 ${blob.toString('base64')}` };
}

/** https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.key, unencrypted: the file's mode protects it. */
function openSshPrivateKey(blob: Buffer, publicPart: Buffer, secret: Buffer): string {
  const check = randomBytes(4);
  const key = Buffer.concat([
    check,
    check,
    sshString('ssh-ed25519'),
    sshString(publicPart),
    sshString(Buffer.concat([secret, publicPart])),
    sshString(''),
  ]);
  const padding = Buffer.from(Array.from({ length: (8 - (key.length % 8)) % 8 }, (_, at) => at + 1));
  const one = Buffer.of(0, 0, 0, 1);
  const whole = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    ...[sshString('none'), sshString('none'), sshString(''), one, sshString(blob)],
    sshString(Buffer.concat([key, padding])),
  ]);
  const lines = whole.toString('base64').match(/.{1,70}/g) ?? [];
  return ['-----BEGIN OPENSSH PRIVATE KEY-----', ...lines, '-----END OPENSSH PRIVATE KEY-----', ''].join('\n');
}

function rsaHostKey(pem: string): SshHostKey {
  const key = createPrivateKey(pem);
  const { n = '', e = '' } = createPublicKey(key).export({ format: 'jwk' }) as { n?: string; e?: string };
  const number = (text: string): Buffer => {
    const bytes = Buffer.from(text, 'base64url');
    return sshString((bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes);
  };
  const blob = Buffer.concat([sshString('ssh-rsa'), number(e), number(n)]);
  return { privateKey: key.export({ type: 'pkcs1', format: 'pem' }).toString(), publicLine: `ssh-rsa ${blob.toString('base64')}` };
}
