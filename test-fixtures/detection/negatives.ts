import { eanDigit, ibanDigits, luhnDigit } from './check-digits.ts';
import { BASE62, BASE64, BASE64URL, LOWER, type Random, UPPER } from './random.ts';

const two = (number: number) => String(number).padStart(2, '0');
const date = (random: Random) => `${random.between(1970, 2035)}-${two(random.between(1, 12))}-${two(random.between(1, 28))}`;
const time = (random: Random) => `${two(random.below(24))}:${two(random.below(60))}:${two(random.below(60))}`;
const uuid = (random: Random) =>
  `${random.hex(8)}-${random.hex(4)}-4${random.hex(3)}-${random.pick(['8', '9', 'a', 'b'])}${random.hex(3)}-${random.hex(12)}`;
const word = (random: Random) =>
  random.pick('order user total count item value index shop state width node cache queue model token secret password key name'.split(' '));
const name = (random: Random) => `${word(random)}${random.pick(['', '_id', 'Id', '_at', 'Count', '_url', 'Name', 'Path', 'Type'])}`;
const notLuhn = (digits: string) => digits + ((luhnDigit(digits) + 1 + (Number(digits.slice(-1)) % 8)) % 10);

/** Makes texts of a kind that look like something sensitive and are not. */
export const NEGATIVES = {
  date: (random) =>
    random.pick([
      date(random),
      date(random).replaceAll('-', '/'),
      date(random).replaceAll('-', '.'),
      date(random).split('-').reverse().join('-'),
      date(random).replaceAll('-', ''),
    ]),
  timestamp: (random) =>
    random.pick([
      `${date(random)} ${time(random)}`,
      `${date(random)}T${time(random)}Z`,
      `${date(random)} ${time(random)}.${random.digits(6)}+00`,
      `${date(random)}T${time(random)}.${random.digits(3)}+0${random.below(10)}:00`,
      `${date(random)} ${time(random)} +0200`,
      `${date(random)}T${time(random)}-05:00[America/New_York]`,
      `${date(random)}${time(random)}${random.digits(3)}`.replaceAll(/\D/g, ''),
      `${date(random).replaceAll('-', '')}T${time(random).replaceAll(':', '')}Z`,
    ]),
  'unix time': (random) => `1${random.between(5, 9)}${random.digits(random.pick([8, 11, 14, 17]))}`,
  uuid: (random) =>
    random.pick([
      uuid(random),
      uuid(random).toUpperCase(),
      `{${uuid(random)}}`,
      `urn:uuid:${uuid(random)}`,
      `00000000-0000-0000-0000-0000${random.digits(8)}`,
    ]),
  hash: (random) =>
    random.pick([
      random.hex(7),
      random.hex(32),
      random.hex(40),
      random.hex(64),
      random.hex(128),
      `sha256:${random.hex(64)}`,
      `md5=${random.hex(32)}`,
      random.hex(40).toUpperCase(),
      `sha512-${random.text(BASE64, 86)}==`,
    ]),
  version: (random) =>
    random.pick([
      `${random.below(30)}.${random.below(40)}.${random.below(200)}`,
      `v${random.below(9)}.${random.below(40)}.${random.below(200)}-rc.${random.below(9)}`,
      `react-dom@${random.below(30)}.${random.below(40)}.${random.below(99)}`,
      `@scope/pkg@${random.below(9)}.0.0-beta.alpha`,
      `pkg@${random.below(9)}.${random.below(9)}.${random.below(9)}-next.canary`,
      `linux-image-6.1.0-${random.below(60)}-amd64_6.1.${random.below(200)}-1_amd64.deb`,
      `1:2.${random.below(60)}.1+dfsg-${random.below(9)}+deb12u${random.below(9)}`,
      `node:24.${random.below(20)}.0-alpine3.2${random.below(9)}@sha256:${random.hex(64)}`,
    ]),
  address: (random) => {
    const octet = () => random.below(256);
    const ip = `${octet()}.${octet()}.${octet()}.${octet()}`;
    return random.pick([
      ip,
      `${ip}:${random.between(1024, 65535)}`,
      `${ip}/24`,
      `2001:db8:${random.hex(4)}::${random.hex(4)}`,
      Array.from({ length: 6 }, () => random.hex(2)).join(':'),
      `fe80::${random.hex(4)}:${random.hex(4)}%eth0`,
    ]);
  },
  'order id': (random) =>
    random.pick([
      `ORD-${date(random)}-${random.digits(6)}`,
      `INV${random.digits(10)}`,
      `#${random.digits(9)}`,
      `PO-${random.digits(4)}-${random.digits(4)}`,
      `${random.text(UPPER, 2)}${random.digits(9)}${random.text(UPPER, 2)}`,
      `1Z${random.text(`${UPPER}0123456789`, 16)}`,
      `${random.digits(3)}-${random.digits(7)}-${random.digits(7)}`,
      `DE${random.digits(9)}`,
      random.digits(12),
    ]),
  product: (random) => {
    const ean = random.pick(['400', '978', '4', '50', '84', '590']);
    const digits = ean + random.digits(12 - ean.length);
    const isbn = `978-3-${random.digits(2)}-${random.digits(6)}-`;
    const gtin = `1${random.digits(12)}`;
    return random.pick([
      digits + eanDigit(digits),
      digits + eanDigit(digits),
      `${isbn}${eanDigit(isbn.replaceAll('-', ''))}`,
      gtin + eanDigit(gtin),
      `ISBN 3-${random.digits(3)}-${random.digits(5)}-X`,
    ]);
  },
  device: (random) => {
    const imei = `35${random.digits(12)}`;
    const sim = `8949${random.digits(14)}`;
    return random.pick([
      imei + luhnDigit(imei),
      sim + luhnDigit(sim),
      `${imei.slice(0, 2)}-${imei.slice(2, 8)}-${imei.slice(8)}-${luhnDigit(imei)}`,
      `SN${random.text(`${UPPER}0123456789`, 10)}`,
      random.text('ABCDEFGHJKLMNPRSTUVWXYZ0123456789', 17),
    ]);
  },
  'no card': (random) => {
    const length = random.between(13, 19);
    const digits = notLuhn(`${random.pick(['4', '51', '37', '6011', '2221', '35', '36'])}${random.digits(length)}`.slice(0, length - 1));
    return random.pick([digits, digits.replaceAll(/(.{4})(?=.)/g, '$1 '), digits.replaceAll(/(.{4})(?=.)/g, '$1-')]);
  },
  'long number': (random) =>
    random.pick([
      random.digits(random.between(20, 40)),
      `0.${random.digits(random.between(13, 17))}`,
      `${random.digits(5)}.${random.digits(14)}`,
      `1${random.between(0, 9)}${random.digits(17)}`,
      `${random.digits(20)} ${random.digits(20)}`,
      `3.14159265358979${random.digits(20)}`,
    ]),
  'numbers in a row': (random) =>
    Array.from({ length: random.between(4, 20) }, () => random.below(10 ** random.between(1, 5))).join(
      random.pick([' ', ',', ', ', '\t', ';', ' | ']),
    ),
  'no ssn': (random) =>
    random.pick([
      `000-${random.digits(2)}-${random.digits(4)}`,
      `666-12-${random.digits(4)}`,
      `9${random.digits(2)}-${random.digits(2)}-${random.digits(4)}`,
      `123-00-${random.digits(4)}`,
      `123-45-0000`,
      `${random.digits(4)}-${random.digits(2)}-${random.digits(4)}`,
      `${random.digits(3)}-${random.digits(2)}-${random.digits(5)}`,
      random.digits(9),
      `${random.between(100, 800)}-45-6789-${random.digits(2)}`,
    ]),
  'no iban': (random) => {
    const account = random.digits(18);
    const right = Number(ibanDigits('DE', account));
    return random.pick([
      `DE${two((right + 1) % 97)}${account}`,
      `DE${two(right)}${account.slice(1)}`,
      `ZZ${two(right)}${account}`,
      `GB${random.digits(2)}`,
      `${random.text(UPPER, 2)}${random.digits(random.between(2, 8))}`,
      `De${two(right)}${account}`,
    ]);
  },
  'no phone': (random) =>
    random.pick([
      `+${random.between(1, 999)}`,
      `+${random.between(1, 99)}.${random.digits(2)}%`,
      `UTC+0${random.below(10)}:00`,
      `@@ -${random.digits(3)},7 +${random.digits(3)},8 @@`,
      `555-${random.digits(4)}`,
      `${random.digits(4)}-${random.digits(4)}`,
      `(${random.digits(3)})`,
      `f(${random.digits(3)}, ${random.digits(3)})`,
      `1+${random.digits(6)}`,
      `${random.between(2, 9)}00.${random.digits(3)}.${random.digits(3)}.${random.digits(3)}`,
      `112-${random.digits(3)}-${random.digits(4)}`,
      `7732-18-${random.below(10)}`,
      `$${random.digits(3)}.${random.digits(2)}`,
      `+${random.digits(1)}e${random.digits(2)}`,
    ]),
  'no address of mail': (random) =>
    random.pick([
      `user@host`,
      `@${word(random)}`,
      `${word(random)}@2x.png`,
      `logo@3x.webp`,
      `git@github.com:${word(random)}/${word(random)}.git`,
      `${word(random)}@localhost`,
      `getty@tty${random.below(9)}.service`,
      `@Override`,
      `a @ b.com`,
      `@media (min-width: ${random.digits(3)}px)`,
      `user@10.0.0.${random.below(256)}`,
      `@types/${word(random)}`,
      `${word(random)}@`,
      `@dataclass(frozen=True)`,
      `SELECT @@version.x`,
      `ssh ${word(random)}@${word(random)}`,
    ]),
  'public key': (random) =>
    random.pick([
      `-----BEGIN CERTIFICATE-----\nMII${random.text(BASE64, 60)}\n-----END CERTIFICATE-----`,
      `-----BEGIN PUBLIC KEY-----\nMIIB${random.text(BASE64, 60)}\n-----END PUBLIC KEY-----`,
      `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${random.text(BASE64, 43)}`,
      `if (pem.includes('-----BEGIN PRIVATE KEY-----')) return;`,
      '-----BEGIN RSA PRIVATE KEY-----',
      `-----BEGIN PGP SIGNATURE-----\n\n${random.text(BASE64, 64)}\n`,
      '----- begin of the private key section -----',
    ]),
  'base64 data': (random) =>
    random.pick([
      `data:image/png;base64,iVBORw0KGgo${random.text(BASE64, 200)}`,
      random.text(BASE64, random.between(40, 300)),
      `"${random.text(BASE64URL, 60)}"`,
      `eyJ${random.text(BASE64URL, 40)}`,
      `etag: W/"${random.text(BASE64URL, 27)}"`,
      Buffer.from(`{"page":${random.digits(3)},"after":"${random.digits(8)}"}`).toString('base64url'),
    ]),
  'no token': (random) =>
    random.pick([
      `ghp_short`,
      `gh_${random.text(BASE62, 36)}`,
      `xoxo-hugs-and-kisses`,
      `xoxb-`,
      `glpat-example`,
      `AKIA`,
      `AKIAshort`,
      `akia${random.text(LOWER, 16)}`,
      `MAKIA${random.text(UPPER, 16)}`,
      `arn:aws:iam::${random.digits(12)}:role/${word(random)}`,
      `ami-${random.hex(17)}`,
      `i-${random.hex(17)}`,
      `AROA${random.text(UPPER, 16)}`,
      `ghp_${random.text(BASE62, 20)}`,
      `pk_live_${random.text(BASE62, 24)}`,
    ]),
  'named without a secret': (random) =>
    random.pick([
      `password: string;`,
      'password=${DB_PASSWORD}',
      'token: null',
      `"password": "********"`,
      `secret_name = production-database-${random.below(9)}`,
      `token = request.headers.get("authorization")`,
      `const accessToken = await getAccessToken(user.id, ${random.below(99)});`,
      `api_key=YOUR_API_KEY`,
      `password = process.env.DATABASE_PASSWORD_2`,
      `"token": {"type": "string"}`,
      `secretKey: config.get('aws.secretKey')`,
      `max_token: ${random.digits(4)}`,
      `csrf_token=<%= form_authenticity_token %>`,
      `password_reset_at: ${date(random)}T${time(random)}Z`,
      `token_type: bearer`,
      `api_key: ${word(random)}`,
      `PASSWORD=changeme`,
      `secret: ${random.pick(['kubernetes', 'my-tls-secret', 'regcred', 'prod-db-credentials-v2'])}`,
      `primary_key: ${random.digits(12)}`,
      `foreign_key = orders_customer_id_fkey${random.below(9)}`,
      `cache_key: user-${random.digits(6)}-profile`,
      `Token::new("identifier", ${random.below(9)})`,
      `if (token == SyntaxKind.OpenBraceToken) return`,
    ]),
  url: (random) =>
    random.pick([
      `http://localhost:${random.digits(4)}/${word(random)}`,
      `https://example.com/a@b/${word(random)}`,
      `https://user@example.com/x`,
      `ssh://git@example.com:22/${word(random)}.git`,
      `https://example.com:8443/?q=a:b@c`,
      'postgres://app:${PGPASSWORD}@db/shop',
      'mysql://root:****@db/x',
      `http://[::1]:${random.digits(4)}/`,
      `file:///etc/${word(random)}`,
      `https://medium.example/@${word(random)}/${random.hex(12)}`,
      `mailto:`,
      `tel:`,
      `https://maps.example/@52.5200${random.digits(3)},13.4050${random.digits(3)},15z`,
    ]),
  price: (random) =>
    random.pick([
      `€ ${random.digits(2)}.${random.digits(3)},${random.digits(2)}`,
      `$${random.digits(3)},${random.digits(3)}.${random.digits(2)}`,
      `${random.digits(2)}.${random.digits(2)} USD`,
      `${random.digits(3)} 000 000`,
      `1 234 567 ${random.digits(3)}.00`,
    ]),
  coordinates: (random) =>
    random.pick([
      `${random.below(90)}.${random.digits(6)}, ${random.below(180)}.${random.digits(6)}`,
      `52°31'12.${random.digits(2)}"N 13°24'18"E`,
      `[${random.below(90)}.${random.digits(14)},-${random.below(180)}.${random.digits(14)}]`,
      `POINT(${random.below(90)}.${random.digits(15)} ${random.below(90)}.${random.digits(15)})`,
    ]),
  log: (random) =>
    random.pick([
      `${date(random)} ${time(random)},${random.digits(3)} INFO [pool-${random.below(9)}-thread-${random.below(99)}] c.e.s.${word(random)}Service - took ${random.digits(4)} ms`,
      `10.0.${random.below(256)}.${random.below(256)} - - [12/Oct/2025:${time(random)} +0000] "GET /${word(random)}/${random.digits(6)} HTTP/1.1" 200 ${random.digits(5)}`,
      `Oct 12 ${time(random)} host kernel: [${random.digits(6)}.${random.digits(6)}] usb 1-1: new device ${random.hex(4)}:${random.hex(4)}`,
      `level=info ts=${date(random)}T${time(random)}.${random.digits(9)}Z caller=main.go:${random.digits(3)} trace_id=${random.hex(32)} span_id=${random.hex(16)}`,
      `LOG:  duration: ${random.digits(2)}.${random.digits(3)} ms  execute S_${random.below(99)}: SELECT ${name(random)} FROM ${word(random)}s WHERE id = $1`,
    ]),
  sql: (random) =>
    random.pick([
      `SELECT ${name(random)}, count(*) FROM ${word(random)}s WHERE created_at > '${date(random)}' GROUP BY 1`,
      `INSERT INTO ${word(random)}s VALUES (${random.digits(6)}, '${uuid(random)}', ${random.digits(2)}.${random.digits(2)}, '${date(random)} ${time(random)}+00');`,
      `CREATE UNIQUE INDEX ${name(random)}_idx ON ${word(random)}s USING btree (${name(random)});`,
      `SELECT $1::text[] @> ARRAY['a'], a @@ b, data->>'${name(random)}' FROM t`,
      `UPDATE pgbench_accounts SET abalance = abalance + ${random.digits(4)} WHERE aid = ${random.digits(7)};`,
    ]),
  source: (random) =>
    random.pick([
      `export function ${name(random)}(${word(random)}: Map<string, number>): number { return ${word(random)}.size * ${random.digits(3)}; }`,
      `import { ${name(random)} } from '@scope/${word(random)}';`,
      `@app.route("/${word(random)}/<int:${name(random)}>", methods=["GET"])`,
      `!function(e,t){"object"==typeof exports?t(exports):(e=e||self).${word(random)}=t()}(this,function(e){var n=${random.digits(5)},r=0x${random.hex(8)};`,
      `.${word(random)}{margin:0 ${random.digits(2)}px;color:#${random.hex(6)};background:url(img@2x.png)}`,
      `const ${name(random)} = [0x${random.hex(8)}, 0x${random.hex(8)}, ${random.digits(9)}];`,
      `integrity sha512-${random.text(BASE64, 86)}==`,
      `  "resolved": "https://registry.example/${word(random)}/-/${word(random)}-${random.below(9)}.${random.below(20)}.0.tgz#${random.hex(40)}",`,
      `assert ${word(random)}.token == lexer.Token.Name, f"{${word(random)}!r}"`,
    ]),
  identifier: (random) =>
    random.pick([
      random.text(LOWER, 24),
      `01${random.text('0123456789ABCDEFGHJKMNPQRSTVWXYZ', 24)}`,
      random.text(BASE64URL, 21),
      `cus_${random.text(BASE62, 14)}`,
      `${random.text(LOWER, 8)}-${random.hex(10)}-${random.text(LOWER, 5)}`,
      random.text(BASE62, 32),
      `${random.digits(3)}.${random.digits(3)}.${random.digits(3)}-${random.digits(2)}`,
    ]),
} as const satisfies Readonly<Record<string, (random: Random) => string>>;
