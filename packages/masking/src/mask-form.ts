import { REDACTED } from './method.ts';

/** A hash stands alone: `h_` and 128 bits in base64url. */
const HASH = /(?<![\w-])h_[\w-]{22}(?![\w-])/;
/** `mt_`, the domain's tag and at least a synthetic IV in base64url: see `token.ts`. */
const TOKEN = /mt_[0-9a-f]{6}_[\w-]{22}/;
/** `****` with at most four characters, or a card number whose last digits are left. */
const PARTIAL = /^(?:\*{4}[^*]{0,4}|(?:\*[ -]?){8,17}(?:\d[ -]?){1,4})$/u;
/** Nothing longer can be the whole of a partial mask: 19 digits with a sign between each. */
const PARTIAL_LENGTH = 37;

/**
 * Whether a text is a mask, or carries one. Hashes, tokens and `[redacted]` are found anywhere in it;
 * partial masks only where they are the whole of it, because stars are common in texts.
 */
export function isMask(text: string): boolean {
  if (text.includes(REDACTED)) return true;
  if (text.includes('h_') && HASH.test(text)) return true;
  if (text.includes('mt_') && TOKEN.test(text)) return true;
  return text.startsWith('*') && text.length <= PARTIAL_LENGTH && PARTIAL.test(text);
}
