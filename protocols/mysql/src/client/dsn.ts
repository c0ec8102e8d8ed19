import { type Dsn, GatewayError } from '@sallyport/core';

/** MySQL's `ssl-mode`; `preferred` asks for nothing. */
const TLS_MODES: Readonly<Record<string, Dsn['tls']>> = {
  disabled: 'disable',
  required: 'require',
  verify_ca: 'verify-full',
  verify_identity: 'verify-full',
};

/**
 * A connection URI (`mysql://user@host:3306/database?ssl-mode=REQUIRED`), with the variables that MySQL's clients know for
 * what it leaves out. https://dev.mysql.com/doc/refman/8.4/en/connecting-using-uri-or-key-value-pairs.html
 *
 * @returns undefined for another text.
 * @throws GatewayError ERR_CONFIG
 */
export function readDsn(text: string | undefined, env: Readonly<Record<string, string | undefined>>): Dsn | undefined {
  const url = text === undefined ? undefined : parse(text);
  if (text !== undefined && url === undefined) return undefined;
  const decoded = (part: string | undefined): string | undefined => (part ? decodeURIComponent(part) : undefined);
  const query = (name: string): string | undefined => url?.searchParams.get(name) ?? undefined;
  const port = url?.port || env['MYSQL_TCP_PORT'];
  const parts: Record<string, unknown> = {
    host: decoded(url?.hostname)?.replace(/^\[|\]$/g, '') ?? env['MYSQL_HOST'],
    port: port ? portNumber(port) : undefined,
    username: decoded(url?.username),
    password: decoded(url?.password) ?? env['MYSQL_PWD'],
    database: decoded(url?.pathname.slice(1)),
    tls: TLS_MODES[(query('ssl-mode') ?? query('sslmode') ?? '').toLowerCase().replace('-', '_')],
    caFile: query('ssl-ca'),
  };
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined && value !== ''));
}

function parse(text: string): URL | undefined {
  if (!/^(mysql|mysqlx|mariadb):\/\//i.test(text)) return undefined;
  try {
    const url = new URL(text.replace(/^[a-z]+:/i, 'mysql:'));
    for (const part of [url.hostname, url.username, url.password, url.pathname]) decodeURIComponent(part);
    return url;
  } catch {
    // No cause: it would quote the URI, and with it the password.
    throw new GatewayError(
      'ERR_CONFIG',
      'The connection URI cannot be read: write mysql://USER@HOST:PORT/DATABASE, with %-escapes for characters such as @ / # % in a password.',
    );
  }
}

function portNumber(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new GatewayError('ERR_CONFIG', `"${text}" is no port: write a number from 1 to 65535.`);
}
