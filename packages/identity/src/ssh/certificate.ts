import { BlockList, isIPv6 } from 'node:net';
import { GatewayError, SshReader, sshFingerprint, sshKeyType, verifySshSignature } from '@sallyport/core';

const SUFFIX = '-cert-v01@openssh.com';
const USER_CERTIFICATE = 1;
/** How many fields lie between the nonce and the serial, by kind of key: the key itself. */
const KEY_FIELDS: Readonly<Record<string, number>> = { 'ssh-ed25519': 1, 'ssh-rsa': 2 };
const ECDSA_FIELDS = 2;
const FOREVER = 0xffff_ffff_ffff_ffffn;

/** A user certificate that has been read; nothing of it is checked yet. */
export interface SshCertificate {
  /** The certified key as it is on the wire. */
  readonly publicKey: Buffer;
  readonly keyId: string;
  readonly serial: bigint;
  readonly type: number;
  readonly principals: readonly string[];
  /** Seconds since the epoch. */
  readonly validAfter: bigint;
  readonly validBefore: bigint;
  readonly criticalOptions: ReadonlyMap<string, Buffer>;
  /** The key of the CA as it is on the wire. */
  readonly authority: Buffer;
  /** Everything that the CA signed. */
  readonly signed: Buffer;
  readonly signature: Buffer;
}

export function isCertificate(key: Buffer): boolean {
  return sshKeyType(key).endsWith(SUFFIX);
}

/**
 * Reads a certificate of OpenSSH.
 * https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.certkeys
 *
 * @throws GatewayError ERR_PROTOCOL
 */
export function readCertificate(blob: Buffer): SshCertificate {
  const reader = new SshReader(blob);
  const keyType = reader.text().slice(0, -SUFFIX.length);
  const fields = KEY_FIELDS[keyType] ?? (keyType.startsWith('ecdsa-sha2-') ? ECDSA_FIELDS : undefined);
  if (fields === undefined) throw refused(`its key is ${keyType}, which the gateway cannot check: use Ed25519, ECDSA or RSA`);
  reader.string(); // nonce
  const from = reader.offset;
  for (let field = 0; field < fields; field += 1) reader.string();
  const keyBytes = blob.subarray(from, reader.offset);
  const name = Buffer.alloc(4 + keyType.length, keyType);
  name.writeUInt32BE(keyType.length);
  name.write(keyType, 4, 'latin1');
  const certificate = {
    publicKey: Buffer.concat([name, keyBytes]),
    serial: reader.uint64(),
    type: reader.uint32(),
    keyId: reader.text(),
    principals: [...strings(reader.string())].map((each) => each.toString()),
    validAfter: reader.uint64(),
    validBefore: reader.uint64(),
    criticalOptions: options(reader.string()),
  };
  reader.string(); // extensions: what a CA lets a shell do, rules decide here
  reader.string(); // reserved
  const authority = reader.string();
  const signed = blob.subarray(0, reader.offset);
  return { ...certificate, authority, signed, signature: reader.string() };
}

function* strings(list: Buffer): Generator<Buffer> {
  for (const reader = new SshReader(list); !reader.done; ) yield reader.string();
}

function options(list: Buffer): ReadonlyMap<string, Buffer> {
  const found = new Map<string, Buffer>();
  for (const reader = new SshReader(list); !reader.done; ) found.set(reader.text(), reader.string());
  return found;
}

/** What a certificate is held against. */
export interface CertificateTerms {
  readonly user: string;
  /** The client's IP address. */
  readonly address: string;
  /** CAs that are trusted, as they are on the wire. */
  readonly authorities: readonly Buffer[];
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/**
 * Whether a certificate lets this user in here: CA and signature first, since nothing else in it means anything before.
 *
 * @throws GatewayError ERR_LOGIN with the reason
 */
export function checkCertificate(certificate: SshCertificate, { user, address, authorities, now }: CertificateTerms): void {
  const { authority, signed, signature, type, principals, validAfter, validBefore, criticalOptions } = certificate;
  if (!authorities.some((each) => each.equals(authority)))
    throw refused(`its CA ${sshFingerprint(authority)} is not among identity.ssh_cas of the gateway's configuration`);
  if (!verifySshSignature(authority, signature, signed)) throw refused("its CA's signature does not hold");
  if (type !== USER_CERTIFICATE) throw refused('it is a host certificate: sign in with one for users');
  const seconds = BigInt(Math.floor(now / 1_000));
  if (seconds < validAfter) throw refused(`it is not valid before ${timeOf(validAfter)}`);
  if (seconds >= validBefore) throw refused(`it expired at ${timeOf(validBefore)}: get a new one`);
  if (!principals.includes(user))
    throw refused(`${user} is not among its principals (${principals.join(', ') || 'it names none, which would let anybody in'})`);
  for (const [name, value] of criticalOptions) checkOption(name, value, address);
}

/** An option that is critical and not understood forbids the certificate: that is what the word means. */
function checkOption(name: string, value: Buffer, address: string): void {
  if (name !== 'source-address') throw refused(`it carries the critical option ${name}, which the gateway does not support`);
  const ranges = new SshReader(value).text().split(',');
  if (!inRanges(address, ranges)) throw refused(`it is only good from ${ranges.join(', ')}, and you come from ${address}`);
}

function inRanges(address: string, ranges: readonly string[]): boolean {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  return ranges.some((range) => {
    const [net = '', bits] = range.trim().split('/');
    const family = isIPv6(net) ? 'ipv6' : 'ipv4';
    const list = new BlockList();
    try {
      list.addSubnet(net, bits === undefined ? (family === 'ipv6' ? 128 : 32) : Number(bits), family);
      return list.check(plain, isIPv6(plain) ? 'ipv6' : 'ipv4');
    } catch {
      return false;
    }
  });
}

/** The moment from which it is no longer valid, in milliseconds since the epoch. */
export function certificateEnd({ validBefore }: SshCertificate): number {
  return validBefore === FOREVER || validBefore > 253_402_300_799n ? NEVER : Number(validBefore) * 1_000;
}

/** 9999-12-31: later than any record is kept. */
export const NEVER = 253_402_300_799_000;

function timeOf(seconds: bigint): string {
  return seconds > 253_402_300_799n ? 'never' : new Date(Number(seconds) * 1_000).toISOString();
}

function refused(why: string): GatewayError {
  return new GatewayError('ERR_LOGIN', `This SSH certificate is refused: ${why}.`);
}
