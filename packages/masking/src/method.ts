import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { GatewayError, type Mask } from '@sallyport/core';
import type { MaskRule } from './rule.ts';
import { tokenDomain } from './token.ts';

/** What stands in place of a redacted value. The same for every rule: it tells nothing. */
export const REDACTED = '[redacted]';

const STAR = '*';
const SHOWN_AT_MOST = 4;
/** At most one character in this many is shown. */
const SHOWN_ONE_IN = 4;
/** Payment cards and the like: digits in groups, parted by single spaces or hyphens. */
const CARD = /^(?:\d[ -]?){11,18}\d$/;
/** The longest text that {@link CARD} can match: 19 digits with a sign between each. */
const CARD_LENGTH = 37;
/** 128 bits in base64url. */
const HASH_LENGTH = 22;

/** Secrets of the gateway, of 16 bytes at least. */
export interface MaskKeys {
  /** Of `hash`: whoever has it can test guesses against hashes. */
  readonly hashKey: Buffer;
  /** Of `token`: whoever has it can read every token. */
  readonly tokenKey: Buffer;
}

/** @throws GatewayError ERR_CONFIG for a method that is none, and a token without its domain. */
export function makeMask({ name: rule, method, domain }: Pick<MaskRule, 'name' | 'method' | 'domain'>, keys: MaskKeys): Mask {
  switch (method) {
    case 'null':
      return { rule, method, apply: () => null, fixed: null };
    case 'redact':
      return { rule, method, apply: () => REDACTED, fixed: REDACTED };
    case 'hash': {
      const key = createSecretKey(keys.hashKey);
      return { rule, method, apply: (value) => hash(value, key, rule) };
    }
    case 'partial':
      return { rule, method, apply: partial };
    case 'token': {
      if (domain === undefined) throw new GatewayError('ERR_CONFIG', `The masking rule "${rule}" makes tokens of no domain.`);
      const tokens = tokenDomain(keys.tokenKey, domain);
      return { rule, method, domain, apply: tokens.seal, original: tokens.open };
    }
    default:
      throw new GatewayError('ERR_CONFIG', `The masking rule "${rule}" has the method "${method satisfies never}", which is none.`);
  }
}

/** `h_` and the first 128 bits of HMAC-SHA256 over rule and value. */
function hash(value: string, key: KeyObject, rule: string): string {
  const mac = createHmac('sha256', key)
    .update(`${Buffer.byteLength(rule)}:${rule}`)
    .update(value)
    .digest('base64url');
  return `h_${mac.slice(0, HASH_LENGTH)}`;
}

/**
 * The last characters of a value: four at most, and never more than a quarter of it. A card number
 * keeps its length and separators; of everything else the length stays hidden too.
 */
function partial(value: string): string {
  if (value.length <= CARD_LENGTH && CARD.test(value)) return partialDigits(value);
  // A huge value is not walked: so many UTF-16 units end in four code points at least, all of them whole.
  const long = value.length > 2 * SHOWN_AT_MOST * SHOWN_ONE_IN;
  const points = Array.from(long ? value.slice(-2 * SHOWN_AT_MOST) : value);
  const shown = long ? SHOWN_AT_MOST : quarter(points.length);
  return STAR.repeat(4) + points.slice(points.length - shown).join('');
}

function partialDigits(value: string): string {
  const digits = value.replaceAll(/\D/g, '').length;
  let hidden = digits - quarter(digits);
  return value.replaceAll(/\d/g, (digit) => (hidden-- > 0 ? STAR : digit));
}

function quarter(length: number): number {
  return Math.min(SHOWN_AT_MOST, Math.floor(length / SHOWN_ONE_IN));
}
