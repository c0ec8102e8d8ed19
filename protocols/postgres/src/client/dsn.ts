import { type Dsn, GatewayError } from '@sallyport/core';

type Words = ReadonlyMap<string, string>;

/** libpq's environment variables. https://www.postgresql.org/docs/current/libpq-envars.html */
const VARIABLES = {
  host: 'PGHOST',
  port: 'PGPORT',
  user: 'PGUSER',
  password: 'PGPASSWORD',
  dbname: 'PGDATABASE',
  sslmode: 'PGSSLMODE',
  sslrootcert: 'PGSSLROOTCERT',
} as const;

/** `prefer` and `allow` ask for nothing: they take what there is. */
const TLS_MODES: Readonly<Record<string, Dsn['tls']>> = {
  disable: 'disable',
  require: 'require',
  'verify-ca': 'verify-full',
  'verify-full': 'verify-full',
};

/**
 * A connection URI (`postgresql://user@host:5432/database?sslmode=require`) or a string of keywords
 * (`host=db.internal dbname=shop`), with libpq's environment variables for what it leaves out.
 * https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING
 *
 * @returns undefined for a text that is neither.
 * @throws GatewayError ERR_CONFIG
 */
export function readDsn(text: string | undefined, env: Readonly<Record<string, string | undefined>>): Dsn | undefined {
  const words = text === undefined ? new Map<string, string>() : readWords(text);
  if (words === undefined) return undefined;
  const said = (keyword: keyof typeof VARIABLES): string | undefined => words.get(keyword) || env[VARIABLES[keyword]] || undefined;
  const host = said('host') ?? words.get('hostaddr');
  const port = said('port');
  if (host?.startsWith('/')) throw refusal(`"${host}" is a Unix socket: the gateway reaches targets over TCP, so name a host.`);
  if (host?.includes(',') || port?.includes(',')) throw refusal('Several hosts are named: a target is one server, so name one of them.');
  const caFile = said('sslrootcert');
  return {
    ...given('host', host),
    ...(port !== undefined && { port: portNumber(port) }),
    ...given('username', said('user')),
    ...given('password', said('password')),
    ...given('database', said('dbname')),
    ...given('tls', TLS_MODES[said('sslmode') ?? '']),
    ...given('caFile', caFile === 'system' ? undefined : caFile),
  };
}

function readWords(text: string): Words | undefined {
  if (/^postgres(ql)?:\/\//i.test(text)) return fromUri(text);
  return /^\s*[a-z_]+\s*=/i.test(text) ? fromKeywords(text) : undefined;
}

function fromUri(text: string): Words {
  try {
    const url = new URL(text.replace(/^[a-z]+:/i, 'postgresql:'));
    const decoded = (part: string): string => decodeURIComponent(part);
    return new Map([
      ['host', decoded(url.hostname).replace(/^\[|\]$/g, '')],
      ['port', url.port],
      ['user', decoded(url.username)],
      ['password', decoded(url.password)],
      ['dbname', decoded(url.pathname.slice(1))],
      ...url.searchParams,
    ]);
  } catch {
    // No cause: it would quote the URI, and with it the password.
    const mend = 'write postgresql://USER@HOST:PORT/DATABASE, with %-escapes for characters such as @ / # % in a password';
    throw refusal(`The connection URI cannot be read: ${mend}.`);
  }
}

/** `keyword = value`, where a value with spaces stands in single quotes and a backslash takes the next character as it is. */
function fromKeywords(text: string): Words {
  const words = new Map<string, string>();
  const pair = /\s*([a-z_]+)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|((?:[^\s'\\]|\\.)*))(?=\s|$)/giy;
  while (text.slice(pair.lastIndex).trim() !== '') {
    const at = pair.lastIndex;
    const [, keyword, quoted, plain = ''] = pair.exec(text) ?? [];
    if (keyword === undefined) throw refusal(`The connection string cannot be read from character ${at + 1} on: write host=… dbname=… .`);
    words.set(keyword.toLowerCase(), (quoted ?? plain).replace(/\\(.)/gs, '$1'));
  }
  return words;
}

function portNumber(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw refusal(`"${text}" is no port: write a number from 1 to 65535.`);
}

function given<K extends keyof Dsn>(key: K, value: Dsn[K] | undefined): Partial<Pick<Dsn, K>> {
  return value === undefined ? {} : ({ [key]: value } as Partial<Pick<Dsn, K>>);
}

function refusal(message: string): GatewayError {
  return new GatewayError('ERR_CONFIG', message);
}
