import { type Dsn, GatewayError } from '@sallyport/core';

/**
 * `ssh://user@host:port`. https://datatracker.ietf.org/doc/html/draft-ietf-secsh-scp-sftp-ssh-uri
 *
 * @returns undefined for another text.
 * @throws GatewayError ERR_CONFIG
 */
export function readDsn(text: string | undefined): Dsn | undefined {
  if (text === undefined || !/^ssh:\/\//i.test(text)) return text === undefined ? {} : undefined;
  try {
    const { hostname, port, username, password } = new URL(text.replace(/^ssh:/i, 'https:'));
    const decoded = {
      host: hostname.replace(/^\[|\]$/g, ''),
      username: decodeURIComponent(username),
      password: decodeURIComponent(password),
    };
    const given = Object.entries(decoded).filter(([, value]) => value !== '');
    return { ...Object.fromEntries(given), ...(port !== '' && { port: Number(port) }) };
  } catch {
    // No cause: it would quote the URL, and with it the password.
    throw new GatewayError('ERR_CONFIG', 'The address cannot be read: write ssh://USER@HOST:PORT.');
  }
}
