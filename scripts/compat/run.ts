/**
 * Tries every client directly and through the gateway, with nothing but host, port, user, password
 * and database, and prints what it found:
 *
 *   node scripts/compat/run.ts [--direct] [CLIENT...]
 *
 * Exit code 1 when a check fails through the gateway.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startGateway } from '../../test-fixtures/servers/gateway.ts';
import { type PostgresServer, startPostgres } from '../../test-fixtures/servers/postgres.ts';
import { CLIENTS, type Client, makeCache, missingProgram } from './clients.ts';

/** A way to the database. */
interface Route {
  readonly name: string;
  readonly env: Readonly<Record<string, string>>;
  readonly masked: boolean;
}

/** What one client found on one route: check → why it failed, or undefined. */
type Findings = ReadonlyMap<string, string | undefined>;

/** Checks that do not count where masks are configured, by design, and why. The ids are those of docs/limitations.md. */
const NOT_WITH_MASKS: ReadonlyMap<string, string> = new Map([
  ['notify', "a notification's payload has no column, so it arrives empty (L-17)"],
]);
const TABLES = 'CREATE TABLE protected (secret text); CREATE TABLE kept (id int PRIMARY KEY); CREATE TABLE copied (id int, word text)';
const CLIENT_MS = 300_000;
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

async function tryClient(client: Client, route: Route): Promise<Findings> {
  const [program, ...args] = client.command;
  const env = { ...process.env, ...route.env, NODE_NO_WARNINGS: '1' };
  await run('psql', ['-X', '-q', '-d', `${route.env['DIRECT']}/postgres`, '-c', 'TRUNCATE kept, copied']);
  const output = await run(program, args, { env, timeout: CLIENT_MS, maxBuffer: 1 << 24 }).catch((error: Error & { stdout?: string }) => ({
    stdout: `${error.stdout ?? ''}failed to end well: ${error.message.split('\n').at(-1)}`,
  }));
  const findings = new Map<string, string | undefined>();
  for (const line of output.stdout.split('\n')) {
    const [, verdict, check, why] = /^(ok|failed) ([\w ]+?)(?:: (.*))?$/.exec(line) ?? [];
    if (check !== undefined) findings.set(check, verdict === 'ok' ? undefined : (why ?? 'no reason given'));
  }
  if ([...findings.values()].some((why) => why !== undefined)) findings.delete('to end well');
  if (route.masked) for (const check of NOT_WITH_MASKS.keys()) findings.delete(check);
  if (findings.size === 0) findings.set('start', 'it printed nothing');
  return findings;
}

async function tryRoutes(client: Client, routes: readonly Route[]): Promise<number[]> {
  const missing = missingProgram(client);
  if (missing !== undefined) {
    console.log(`${client.name.padEnd(14)} not tried: ${missing} is not installed here`);
    return [0, 0];
  }
  client.prepare?.();
  const cells: string[] = [];
  const reasons: string[] = [];
  let [passed, failed] = [0, 0];
  for (const route of routes) {
    const findings = await tryClient(client, route);
    const bad = [...findings].filter(([, why]) => why !== undefined);
    passed += findings.size - bad.length;
    failed += bad.length;
    cells.push(`${findings.size - bad.length}/${findings.size}`.padEnd(12));
    reasons.push(...bad.map(([check, why]) => `  ${route.name}, ${check}: ${why}`));
  }
  console.log([client.name.padEnd(14), ...cells].join(' '));
  for (const reason of reasons) console.log(reason);
  return [passed, failed];
}

const asked = process.argv.slice(2);
const names = asked.filter((word) => !word.startsWith('--'));
const clients = CLIENTS.filter(({ name }) => names.length === 0 || names.includes(name));
if (clients.length === 0) throw new Error(`No such client. Known: ${CLIENTS.map(({ name }) => name).join(', ')}.`);

makeCache();
await using stack = new AsyncDisposableStack();
const database = await startPostgres({ version: 15 });
stack.defer(() => database.stop());
await seed(database);
const DIRECT = `postgresql://${database.user}:${database.password}@${database.host}:${database.port}`;
const routes: Route[] = [{ name: 'direct', env: { ...settings(database, 'postgres'), DIRECT }, masked: false }];
if (!asked.includes('--direct')) {
  for (const masked of [[], ['public.protected.secret']]) {
    const gateway = await startGateway({ target: database, databases: ['source', 'copy'], ...(masked.length > 0 && { masked }) });
    stack.defer(() => gateway.stop());
    routes.push({
      name: masked.length > 0 ? 'with masks' : 'gateway',
      env: { ...settings(gateway, 'postgres'), DIRECT },
      masked: masked.length > 0,
    });
  }
}

console.log(['client'.padEnd(14), ...routes.map(({ name }) => name.padEnd(12))].join(' '));
let [passed, failed] = [0, 0];
for (const client of clients) {
  const [good = 0, bad = 0] = await tryRoutes(client, routes);
  passed += good;
  failed += bad;
}
if (routes.some(({ masked }) => masked)) {
  for (const [check, why] of NOT_WITH_MASKS) console.log(`not asked with masks, ${check}: ${why}`);
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
