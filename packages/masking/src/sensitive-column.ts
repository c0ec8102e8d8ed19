import type { Mask, TextMask } from '@sallyport/core';
import { REDACTED } from './method.ts';
import type { MaskRule } from './rule.ts';
import type { DetectorName } from './text/detectors.ts';
import { RulesMask } from './text/text-mask.ts';

/** What a column seems to hold, and how to mask it unless somebody knows better. */
export interface SensitiveKind {
  /** `e-mail addresses`: good as a rule's name. */
  readonly name: string;
  readonly method: MaskRule['method'];
}

const KINDS = {
  email: { name: 'e-mail addresses', method: 'hash' },
  phone: { name: 'phone numbers', method: 'partial' },
  card: { name: 'card numbers', method: 'partial' },
  account: { name: 'bank accounts', method: 'partial' },
  identity: { name: 'identity numbers', method: 'redact' },
  birth: { name: 'dates of birth', method: 'null' },
  secret: { name: 'secrets', method: 'redact' },
} as const satisfies Readonly<Record<string, SensitiveKind>>;

type Kind = keyof typeof KINDS;

/** Within the words of a name, joined by `_`. The first that is found counts. */
const NAMES: readonly (readonly [Kind, RegExp])[] = [
  ['secret', /(^|_)(passwords?|passwd|pwd|passphrase|passcode|secrets?|tokens?|jwt|otp|pin|cvv2?|cvc2?|salt|credentials?)(_|$)/],
  ['secret', /(^|_)(api|private|access|secret|encryption|signing)_?keys?(_|$)/],
  ['email', /(^|_)(e_?mails?|mail)(_|$)/],
  ['phone', /(^|_)(phones?|telephone|tel|mobile|cell|fax|msisdn)(_|$)/],
  ['card', /(^|_)(credit_?card|card_?(no|nr|num|number)|cc_?(no|num|number)|pan)(_|$)|^card$/],
  ['account', /(^|_)(iban|bank_?account|account_?(no|nr|num|number)|routing_number|sort_code)(_|$)/],
  [
    'identity',
    /(^|_)(ssn|sin|nin|nino|social_?security|passport|national_?id|tax_?(id|no|number)|driving_licen[cs]e|drivers?_licen[cs]e|personnummer|cpf)(_|$)/,
  ],
  ['birth', /(^|_)(birth|births|birthday|birthdate|born|dob|date_of_birth)(_|$)/],
];

/** A name that ends or begins so speaks about such a value and does not hold it: `email_verified_at`, `token_count`. */
const ABOUT =
  /_(at|on|by|type|kind|count|status|state|verified|confirmed|enabled|sent|valid|expires|expiry|ttl|length|brand)$|^(is|has|num|count)_/;

const VALUES: readonly (readonly [Kind, readonly DetectorName[]])[] = [
  ['email', ['email']],
  ['account', ['iban']],
  ['card', ['card']],
  ['identity', ['us-ssn']],
  ['secret', ['aws-key', 'github-token', 'gitlab-token', 'slack-token', 'jwt', 'private-key', 'api-key', 'url-password']],
  ['phone', ['phone']],
];

/** Of a column's values, so many must look alike; longer ones are not looked at. */
const LIKELY = 0.6;
const LONGEST = 200;

/** What a column holds, going by its name. */
export function guessByName(name: string): SensitiveKind | undefined {
  const words = name
    .replace(/([a-z\d])([A-Z])/g, '$1_$2')
    .replace(/[^A-Za-z\d]+/g, '_')
    .toLowerCase();
  if (ABOUT.test(words)) return undefined;
  const found = NAMES.find(([, pattern]) => pattern.test(words));
  return found === undefined ? undefined : KINDS[found[0]];
}

/** What a column holds, going by some of its values. */
export function guessByValues(values: readonly string[]): SensitiveKind | undefined {
  const filled = values.map((value) => value.trim()).filter((value) => value !== '' && value.length <= LONGEST);
  if (filled.length === 0) return undefined;
  const found = VALUES.find(([, detectors]) => {
    const text = new RulesMask([{ mask: WHOLE, detectors, patterns: [] }]);
    return filled.filter((value) => isWhole(text, value)).length / filled.length >= LIKELY;
  });
  return found === undefined ? undefined : KINDS[found[0]];
}

const WHOLE: Mask = { rule: '', method: 'redact', apply: () => REDACTED };

/** The value is such a text, and does not merely hold one. */
function isWhole(text: TextMask, value: string): boolean {
  const bytes = Buffer.from(value);
  return text.value(bytes, 0, bytes.length, () => undefined)?.toString() === REDACTED;
}
