import { ibanDigits, luhnDigit } from './check-digits.ts';
import { BASE62, BASE64, BASE64URL, LOWER, type Random, UPPER } from './random.ts';

/** Makes one sensitive text of a form, and what of it is the secret (absent: all of it). */
export type Make = (random: Random) => string | { readonly text: string; readonly secret: string };

const NAMES = 'alice bob.brown carol_c dave-d eve+news frank99 g.h.i o.k j_k.l%m info no-reply first.last x'.split(' ');
const DOMAINS =
  'example.com mail.example.org example.co.uk 163.com shop.example.de a.b.c.example.net xn--bcher-kva.example corp.internal host.local uni-bonn.example museum.travel qq.com x.io'.split(
    ' ',
  );
const COUNTRIES: Readonly<Record<string, readonly number[]>> = {
  '44': [10],
  '49': [9, 10, 11],
  '33': [9],
  '39': [9, 10],
  '34': [9],
  '31': [9],
  '41': [9],
  '43': [10, 11],
  '46': [9],
  '47': [8],
  '48': [9],
  '61': [9],
  '81': [10],
  '82': [9, 10],
  '86': [11],
  '91': [10],
  '55': [10, 11],
  '52': [10],
  '27': [9],
  '353': [9],
  '351': [9],
  '420': [9],
  '380': [9],
  '971': [9],
};
const ISSUERS: readonly (readonly [prefix: string, length: number])[] = [
  ['4', 16],
  ['4', 16],
  ['4', 13],
  ['4', 19],
  ['51', 16],
  ['52', 16],
  ['55', 16],
  ['2221', 16],
  ['2720', 16],
  ['34', 15],
  ['37', 15],
  ['6011', 16],
  ['65', 16],
  ['644', 16],
  ['3530', 16],
  ['3589', 16],
  ['36', 14],
  ['300', 14],
  ['38', 14],
  ['62', 16],
  ['62', 19],
  ['6304', 16],
  ['2204', 16],
  ['5018', 16],
];
/** Country and the form of its account: letters (a), digits (n), either (c). */
const BANKS =
  'DE18n GB4a14n FR10n11c2n NL4a10n ES20n IT1a10n12c CH5n12c AT16n BE12n PL24n SE20n NO11n DK14n FI14n PT21n IE4a14n CZ20n HU24n RO4a16c MT4a5n18c SA2n18c TR6n16c BR23n1a1c LU3n13c GR7n16c'.split(
    ' ',
  );
const SECRET_NAMES =
  'api_key API_KEY apiKey x-api-key client_secret clientSecret access_token accessToken auth_token secret_key SECRET_KEY password DB_PASSWORD passwd dbPassword secret aws_secret_access_key private_key AccountKey refresh_token signing_key encryption-key'.split(
    ' ',
  );

export const POSITIVES = {
  email: (random) => `${random.pick(NAMES)}${random.below(3) === 0 ? random.digits(2) : ''}@${random.pick(DOMAINS)}`,
  phone: (random) => (random.below(3) === 0 ? northAmerican(random) : international(random)),
  card: (random) => {
    const [prefix, length] = random.pick(ISSUERS);
    const digits = prefix + random.digits(length - prefix.length - 1);
    return printed(random, digits + luhnDigit(digits));
  },
  iban: (random) => {
    const form = random.pick(BANKS);
    const country = form.slice(0, 2);
    const account = Array.from(form.slice(2).matchAll(/(\d+)([anc])/g), ([, count, kind]) =>
      random.text(kind === 'n' ? '0123456789' : kind === 'a' ? UPPER : `${UPPER}0123456789`, Number(count)),
    ).join('');
    const iban = `${country}${ibanDigits(country, account)}${account}`;
    const way = random.below(4);
    return way === 0 ? iban.replaceAll(/(.{4})(?=.)/g, '$1 ') : way === 1 ? iban.toLowerCase() : iban;
  },
  'us-ssn': (random) => {
    const area = random.between(1, 898);
    return `${String(area === 666 ? 665 : area).padStart(3, '0')}-${String(random.between(1, 99)).padStart(2, '0')}-${String(random.between(1, 9999)).padStart(4, '0')}`;
  },
  'aws-key': (random) => random.pick(['AKIA', 'AKIA', 'ASIA', 'ABIA', 'ACCA']) + random.text(`${UPPER}234567`, 16),
  'github-token': (random) =>
    random.below(3) === 0
      ? `github_pat_${random.text(BASE62, 22)}_${random.text(BASE62, 59)}`
      : `gh${random.pick(['p', 'o', 'u', 's', 'r'])}_${random.text(BASE62, 36)}`,
  'gitlab-token': (random) =>
    `${random.pick(['glpat', 'glpat', 'gldt', 'glrt', 'glptt', 'glft', 'glsoat'])}-${random.text(BASE64URL, random.pick([20, 20, 26]))}`,
  'slack-token': (random) => {
    if (random.below(4) > 0)
      return `${random.pick(['xoxb', 'xoxp', 'xoxa', 'xoxs'])}-${random.digits(12)}-${random.digits(13)}-${random.text(BASE62, 24)}`;
    if (random.below(2) > 0) return `xapp-1-A${random.text(`${UPPER}0123456789`, 10)}-${random.digits(13)}-${random.hex(64)}`;
    const secret = `T${random.text(`${UPPER}0123456789`, 8)}/B${random.text(`${UPPER}0123456789`, 10)}/${random.text(BASE62, 24)}`;
    return { text: `https://hooks.slack.com/services/${secret}`, secret };
  },
  jwt: (random) => {
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const header = random.pick([
      { alg: 'HS256', typ: 'JWT' },
      { typ: 'JWT', alg: 'RS256' },
      { kid: random.hex(16), alg: 'ES256' },
      { alg: 'none' },
    ]);
    const payload = { sub: random.digits(10), iat: random.between(1_600_000_000, 1_900_000_000), scope: random.text(LOWER, 12) };
    return `${part(header)}.${part(payload)}.${random.text(BASE64URL, random.pick([43, 86, 342]))}`;
  },
  'private-key': (random) => {
    const label = random.pick(['', '', 'RSA ', 'EC ', 'OPENSSH ', 'ENCRYPTED ', 'DSA ']);
    const headers =
      label === 'RSA ' && random.below(2) === 0 ? `Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,${random.hex(32).toUpperCase()}\n\n` : '';
    const body = random.text(BASE64, random.pick([120, 160, 1190, 1620, 3240])).replaceAll(/(.{64})/g, '$1\n');
    const pem = `-----BEGIN ${label}PRIVATE KEY-----\n${headers}MII${body}==\n-----END ${label}PRIVATE KEY-----`;
    const way = random.below(4);
    return way === 0 ? pem.replaceAll('\n', '\\n') : way === 1 ? pem.replaceAll('\n', '\r\n') : pem;
  },
  'api-key': (random) => {
    const secret = random.pick([
      () => random.text(BASE62, random.between(20, 40)),
      () => random.hex(random.pick([32, 40, 64])),
      () => `${random.text(BASE64, 43)}=`,
      () => `sk_live_${random.text(BASE62, 24)}`,
      () => random.text(`${BASE62}!@#$%^*?`, random.between(14, 20)),
    ])();
    const name = random.pick(SECRET_NAMES);
    const written = [
      `${name}=${secret}`,
      `${name}: ${secret}`,
      `"${name}": "${secret}"`,
      `${name} = '${secret}'`,
      `${name}="${secret}"`,
      `\\"${name}\\":\\"${secret}\\"`,
      `'${name}' => '${secret}'`,
      `Authorization: Bearer ${secret}`,
    ];
    return { text: random.pick(written), secret };
  },
  'url-password': (random) => {
    const secret = random.pick([
      random.text(BASE62, random.between(6, 24)),
      `${random.text(LOWER, 6)}%40${random.digits(3)}`,
      `p${random.text(`${BASE62}!$&*+,;=._~-`, 12)}z`,
    ]);
    const scheme = random.pick(['postgres', 'postgresql', 'mysql', 'https', 'redis', 'amqp', 'mongodb+srv', 'jdbc:postgresql']);
    const user = random.pick(['app', 'svc_user', 'root', 'first.last', scheme === 'redis' ? '' : 'admin']);
    return {
      text: `${scheme}://${user}:${secret}@${random.pick(['db.internal:5432/shop', 'localhost', '10.0.0.5/x', 'cache.example.com:6379/0'])}`,
      secret,
    };
  },
} as const satisfies Readonly<Record<string, Make>>;

/** Calling codes and lengths of national numbers: {@link https://www.itu.int/oth/T0202.aspx?parent=T0202 ITU, national numbering plans}. */
function international(random: Random): string {
  const country = random.pick(Object.keys(COUNTRIES));
  const length = random.pick(COUNTRIES[country] ?? [9]);
  const national = `${random.between(1, 9)}${random.digits(length - 1)}`;
  const sign = random.pick([' ', '-', '.']);
  switch (random.below(4)) {
    case 0:
      return `+${country}${national}`;
    case 1:
      return `+${country} ${national.slice(0, 3)} ${national.slice(3)}`;
    case 2:
      return `+${country} (0)${national.slice(0, 3)} ${national.slice(3)}`;
    default:
      return `+${country}${sign}${national.slice(0, 2)}${sign}${national.slice(2, 5)}${sign}${national.slice(5)}`;
  }
}

function northAmerican(random: Random): string {
  const group = () => `${random.between(2, 9)}${random.pick(['02', '15', '34', '46', '58', '60', '77', '83', '90'])}`;
  const [area, exchange, line] = [group(), group(), random.digits(4)];
  return random.pick([
    `(${area}) ${exchange}-${line}`,
    `${area}-${exchange}-${line}`,
    `${area}.${exchange}.${line}`,
    `+1 ${area} ${exchange} ${line}`,
    `+1${area}${exchange}${line}`,
    `+1 (${area}) ${exchange}-${line}`,
    `1-${area}-${exchange}-${line}`,
  ]);
}

function printed(random: Random, digits: string): string {
  const sign = random.pick(['', '', ' ', '-']);
  if (digits.length === 15) return `${digits.slice(0, 4)}${sign}${digits.slice(4, 10)}${sign}${digits.slice(10)}`;
  if (digits.length === 14) return `${digits.slice(0, 4)}${sign}${digits.slice(4, 10)}${sign}${digits.slice(10)}`;
  if (digits.length === 13) return digits;
  return digits.replaceAll(/(.{4})(?=.)/g, `$1${sign}`);
}
