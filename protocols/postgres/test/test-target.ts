import type { Target } from '@sallyport/core';
import type { PostgresServer } from '../../../test-fixtures/servers/postgres.ts';

/** A test server as a target, with what the test wants otherwise. */
export function targetAt(server: Pick<PostgresServer, 'host' | 'port' | 'user' | 'password'>, other: Partial<Target> = {}): Target {
  return {
    name: 'shop-db',
    protocol: 'postgres',
    host: server.host,
    port: server.port,
    tls: { mode: 'disable' },
    credentials: { username: server.user, password: server.password },
    labels: {},
    options: {},
    ...other,
  };
}
