import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startGateway } from '../../test-fixtures/servers/gateway.ts';
import { type PostgresServer, startPostgres } from '../../test-fixtures/servers/postgres.ts';
import { CLIENTS } from './clients.ts';
import { type Route, type Tally, tryAll } from './trial.ts';

const NOT_WITH_MASKS: ReadonlyMap<string, string> = new Map([
  ['notify', "a notification's payload has no column, so it arrives empty (L-17)"],
]);
/** A dump that is restored makes functions, which might store what masks hide: with masks somebody has to say that it may. */
const RULES = [{ name: 'restores', match: { launders: true }, action: 'allow' }];
const TABLES = 'CREATE TABLE protected (secret text); CREATE TABLE kept (id int PRIMARY KEY); CREATE TABLE copied (id int, word text)';
const run = promisify(execFile);

async function seed(server: PostgresServer): Promise<void> {
  const env = { ...process.env, ...settings(server, 'postgres') };
  const psql = (...args: readonly string[]) => run('psql', ['-X', '-q', '-v', 'ON_ERROR_STOP=1', ...args], { env });
  await psql('-c', 'CREATE DATABASE source', '-c', TABLES);
  await psql('-d', 'source', '-f', join(import.meta.dirname, 'clients', 'all-types.sql'));
  await run('pgbench', ['-i', '-q'], { env });
}

function settings(
  server: { readonly host: string; readonly port: number; readonly user: string; readonly password: string },
  database: string,
) {
  return { PGHOST: server.host, PGPORT: String(server.port), PGUSER: server.user, PGPASSWORD: server.password, PGDATABASE: database };
}

/** Clients of PostgreSQL with a PostgreSQL 15. @param names of clients; none: all. */
export async function tryPostgres(names: readonly string[], directOnly: boolean): Promise<Tally> {
  const clients = CLIENTS.filter(({ name }) => names.length === 0 || names.includes(name));
  if (clients.length === 0) return { passed: 0, failed: 0 };
  await using stack = new AsyncDisposableStack();
  const database = await startPostgres({ version: 15 });
  stack.defer(() => database.stop());
  await seed(database);
  const DIRECT = `postgresql://${database.user}:${database.password}@${database.host}:${database.port}`;
  const routes: Route[] = [{ name: 'direct', env: { ...settings(database, 'postgres'), DIRECT }, masked: false }];
  for (const masked of directOnly ? [] : [[], ['public.protected.secret']]) {
    const gateway = await startGateway({
      target: database,
      databases: ['source', 'copy'],
      ...(masked.length > 0 && { masked, rules: RULES }),
    });
    stack.defer(() => gateway.stop());
    routes.push({
      name: masked.length > 0 ? 'with masks' : 'gateway',
      env: { ...settings(gateway, 'postgres'), DIRECT },
      masked: masked.length > 0,
    });
  }
  const reset = () => run('psql', ['-X', '-q', '-d', `${DIRECT}/postgres`, '-c', 'TRUNCATE kept, copied']);
  return await tryAll({ title: 'PostgreSQL 15', clients, routes, reset, notWithMasks: NOT_WITH_MASKS });
}
