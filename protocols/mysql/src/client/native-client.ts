import type { Endpoint, NativeClient } from '@sallyport/core';

/**
 * The mysql client, MySQL's or MariaDB's, signed in at the gateway and checking its certificate. Both know `--ssl-ca`;
 * that alone makes MySQL's check the certificate, and MariaDB's with `--ssl-verify-server-cert`, which MySQL's no longer
 * takes: so the option files' `loose-` keeps it for whom it is meant. The token is in the environment alone.
 * https://dev.mysql.com/doc/refman/8.4/en/environment-variables.html
 */
export function nativeClient({ host, port, user, token, database, caFile }: Endpoint): NativeClient {
  const name = host.includes(':') ? `[${host}]` : host;
  return {
    program: 'mysql',
    args: [
      `--host=${host}`,
      `--port=${port}`,
      '--protocol=TCP',
      `--user=${user}`,
      `--ssl-ca=${caFile}`,
      '--loose-ssl-verify-server-cert',
      '--loose-ssl-mode=VERIFY_IDENTITY',
      ...(database === undefined ? [] : [`--database=${database}`]),
    ],
    env: { MYSQL_PWD: token },
    dsn: `mysql://${encodeURIComponent(user)}@${name}:${port}/${encodeURIComponent(database ?? '')}`,
  };
}
