import { createHash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

/**
 * A token as text: `sp_`, 43 characters for 256 random bits, 6 for the CRC-32 of those 43; both
 * numbers in base 62, most significant digit first, padded with zeros. 52 characters in all: ssh,
 * libmysqlclient and others cut long passwords.
 */
const PREFIX = 'sp_';
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const RANDOM_DIGITS = 43;
const CHECK_DIGITS = 6;
const SHAPE = /^sp_[0-9A-Za-z]{49}$/;

/** A new secret token. */
export function randomToken(): string {
  const random = base62(BigInt(`0x${randomBytes(32).toString('hex')}`), RANDOM_DIGITS);
  return PREFIX + random + checksum(random);
}

/** What is wrong with a text that should be a token, judged by its form alone; undefined: nothing. */
export function tokenFault(text: string): string | undefined {
  if (!text.startsWith(PREFIX)) return 'This is no gateway token: tokens begin with "sp_".';
  const random = text.slice(PREFIX.length, PREFIX.length + RANDOM_DIGITS);
  if (SHAPE.test(text) && text.endsWith(checksum(random))) return undefined;
  return 'The gateway token is mistyped or cut: its checksum does not fit.';
}

/** How the store finds a token. No salt is needed: nobody can list 256 random bits. */
export function tokenHash(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

function checksum(random: string): string {
  return base62(BigInt(crc32(random)), CHECK_DIGITS);
}

function base62(value: bigint, length: number): string {
  let text = '';
  for (let rest = value; rest > 0n; rest /= 62n) text = DIGITS[Number(rest % 62n)] + text;
  return text.padStart(length, '0');
}
