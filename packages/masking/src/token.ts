import { hkdfSync } from 'node:crypto';
import { Siv } from './siv.ts';

const PREFIX = 'mt_';
const TAG_LENGTH = 6;

/** What the tokens of one domain begin with, and how they are made and read. */
export interface TokenDomain {
  /** The value's token: `mt_`, six hexadecimal digits of the domain, `_`, and `4/3 * (16 + bytes)` characters of base64url. */
  seal(value: string): string;
  /** The value behind a token of this domain; undefined for every other text. */
  open(token: string): string | undefined;
}

/**
 * Tokens are the value itself, encrypted: whoever has the key reads it, and no table is kept. Within a
 * domain equal values have equal tokens, so that joins work; between domains nothing is equal.
 *
 * @param masterKey secret of the gateway; each domain has a key derived from it by HKDF-SHA256.
 */
export function tokenDomain(masterKey: Buffer, domain: string): TokenDomain {
  const key = Buffer.from(hkdfSync('sha256', masterKey, '', `sallyport mask token ${domain}`, 64));
  const siv = new Siv(key, Buffer.from(domain));
  const tag = Buffer.from(hkdfSync('sha256', key, '', 'sallyport mask token tag', TAG_LENGTH / 2)).toString('hex');
  const head = `${PREFIX}${tag}_`;
  return {
    seal: (value) => head + siv.seal(Buffer.from(value)).toString('base64url'),
    open(token) {
      if (!token.startsWith(head)) return undefined;
      const sealed = Buffer.from(token.slice(head.length), 'base64url');
      // One way of writing it only: base64url has bits to spare, and readers skip what is none of it.
      if (sealed.toString('base64url') !== token.slice(head.length)) return undefined;
      return siv.open(sealed)?.toString();
    },
  };
}
