import { type Dsn, GatewayError } from '@sallyport/core';

/**
 * `https://user:password@host:port`, or `http://` for a server without TLS; a path is none of it.
 *
 * @returns undefined for another text.
 * @throws GatewayError ERR_CONFIG
 */
export function readDsn(text: string | undefined): Dsn | undefined {
  if (text === undefined) return {};
  if (!/^https?:\/\//i.test(text)) return undefined;
  try {
    const { protocol, hostname, port, username, password } = new URL(text);
    const plain = protocol === 'http:';
    return {
      host: hostname.replace(/^\[|\]$/g, ''),
      port: port === '' ? (plain ? 80 : 443) : Number(port),
      tls: plain ? 'disable' : 'verify-full',
      ...(username !== '' && { username: decodeURIComponent(username) }),
      ...(password !== '' && { password: decodeURIComponent(password) }),
    };
  } catch {
    // No cause: it would quote the URL, and with it the password.
    throw new GatewayError('ERR_CONFIG', 'The address cannot be read: write https://HOST:PORT.');
  }
}
