import type { Target } from '@sallyport/core';
import type { MariadbServer } from '../../../test-fixtures/servers/mariadb.ts';

/** A test server as a target, with what the test wants otherwise. */
export function targetAt(
  server: Pick<Target, 'host' | 'port'> & Pick<MariadbServer, 'user' | 'password'>,
  other: Partial<Target> = {},
): Target {
  return {
    name: 'shop-db',
    protocol: 'mysql',
    host: server.host,
    port: server.port,
    tls: { mode: 'disable' },
    credentials: { username: server.user, password: server.password },
    labels: {},
    options: { database: 'shop', databases: ['*'] },
    ...other,
  };
}
