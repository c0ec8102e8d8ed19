import { spawnSync } from 'node:child_process';
import type { Endpoint, NativeClient } from '@sallyport/core';

/**
 * The command-line client that is installed here, MySQL's or MariaDB's, signed in at the gateway and checking its
 * certificate; each has its own word for that. The token is in the environment alone.
 * https://dev.mysql.com/doc/refman/8.4/en/environment-variables.html
 */
export function nativeClient({ host, port, user, token, database, caFile }: Endpoint): NativeClient {
  const name = host.includes(':') ? `[${host}]` : host;
  const { program, check } = installed();
  return {
    program,
    args: [
      `--host=${host}`,
      `--port=${port}`,
      '--protocol=TCP',
      `--user=${user}`,
      `--ssl-ca=${caFile}`,
      check,
      ...(database === undefined ? [] : [`--database=${database}`]),
    ],
    env: { MYSQL_HOST: host, MYSQL_TCP_PORT: String(port), MYSQL_PWD: token },
    dsn: `mysql://${encodeURIComponent(user)}@${name}:${port}/${encodeURIComponent(database ?? '')}`,
  };
}

/** Newer MariaDBs come without the name `mysql`; elsewhere it may be either's. */
function installed(): { readonly program: string; readonly check: string } {
  for (const program of ['mysql', 'mariadb']) {
    const { stdout } = spawnSync(program, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], timeout: VERSION_MS });
    if (stdout) return { program, check: /mariadb/i.test(stdout) ? '--ssl-verify-server-cert' : '--ssl-mode=VERIFY_IDENTITY' };
  }
  return { program: 'mysql', check: '--ssl-mode=VERIFY_IDENTITY' };
}

const VERSION_MS = 5_000;
