/**
 * Tries test-fixtures/postgres/evasion.sql with pgjdbc, directly and through a gateway with masks:
 *
 *   node scripts/compat/evasion.ts
 *
 * Exit code 1 when an attempt shows the secret through the gateway.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startGateway } from '../../test-fixtures/servers/gateway.ts';
import { startPostgres } from '../../test-fixtures/servers/postgres.ts';
import { CLIENTS, javaProgram, makeCache, missingProgram } from './clients.ts';

const run = promisify(execFile);
const fixture = (name: string): string => fileURLToPath(new URL(`../../test-fixtures/postgres/${name}`, import.meta.url));

const pgjdbc = CLIENTS.find(({ name }) => name === 'pgjdbc');
const missing = pgjdbc && missingProgram(pgjdbc);
if (pgjdbc === undefined || missing !== undefined) throw new Error(`Not tried: ${missing} is not installed here.`);
makeCache();
pgjdbc.prepare?.();

await using stack = new AsyncDisposableStack();
const database = await startPostgres({ version: 15 });
stack.defer(() => database.stop());
const { host, user, password } = database;
const environment = (port: number, name: string, secret: string) => ({
  ...process.env,
  ...{ PGHOST: host, PGPORT: String(port), PGUSER: name, PGPASSWORD: secret, PGDATABASE: 'postgres' },
});
const direct = environment(database.port, user, password);
await run('psql', ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', fixture('evasion-seed.sql')], { env: direct });
const gateway = await startGateway({ target: database, masked: ['*.card'] });
stack.defer(() => gateway.stop());

const [program, ...args] = javaProgram('Evasion');
async function shown(env: NodeJS.ProcessEnv): Promise<string> {
  return (await run(program, [...args, fixture('evasion.sql')], { env, maxBuffer: 1 << 26 })).stdout.trim();
}
console.log(`direct: ${(await shown(direct)).split('\n').at(-1)}`);
const through = await shown(environment(gateway.port, gateway.user, gateway.password));
console.log(`gateway: ${through}`);
if (!through.startsWith('0 of ')) process.exitCode = 1;
