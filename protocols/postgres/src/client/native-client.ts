import type { Endpoint, NativeClient } from '@sallyport/core';

/**
 * psql, signed in at the gateway and checking its certificate. The environment is enough by itself, for clients that one
 * starts oneself; the arguments say the same again, because a PGSERVICE of one's own would come before the environment.
 * The token is in the environment alone. https://www.postgresql.org/docs/current/libpq-envars.html
 */
export function nativeClient({ target, host, port, user, token, database = target, caFile }: Endpoint): NativeClient {
  const query = new URLSearchParams({ sslmode: 'verify-full', sslrootcert: caFile });
  const name = host.includes(':') ? `[${host}]` : host;
  return {
    program: 'psql',
    args: ['-h', host, '-p', String(port), '-U', user, '-d', database],
    env: {
      PGHOST: host,
      PGPORT: String(port),
      PGUSER: user,
      PGDATABASE: database, // the target's name stands for the database that is usual there
      PGPASSWORD: token,
      PGSSLMODE: 'verify-full',
      PGSSLROOTCERT: caFile,
    },
    dsn: `postgresql://${encodeURIComponent(user)}@${name}:${port}/${encodeURIComponent(database)}?${query}`,
  };
}
