/**
 * Runs other people's test-suites directly and through the gateway, and compares: a test that fails
 * in one way and not in the other is a difference, and none is allowed. The last line counts them.
 * Exit code 1 when there are any.
 *
 *   node scripts/conformance/run.ts [SUITE...]
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startGateway } from '../../test-fixtures/servers/gateway.ts';
import { type PostgresServer, startPostgres } from '../../test-fixtures/servers/postgres.ts';
import { pgx } from './pgx.ts';
import type { Suite, Verdicts } from './suite.ts';

const SUITES: readonly Suite[] = [pgx];

// The newest server, since what it speaks the gateway speaks; and a client of the same name on both ways.
const VERSION = 18;
const USER = 'postgres';

/** A fresh server for each run: a test may leave things behind that fail the next run. */
async function inFreshDatabase(suite: Suite, work: (server: PostgresServer) => Promise<Verdicts>): Promise<Verdicts> {
  const server = await startPostgres({ version: VERSION });
  try {
    const psql = (database: string, sql: string) =>
      promisify(execFile)('psql', ['-X', '-q', '-v', 'ON_ERROR_STOP=1', `${server.connectionString.replace(/\w+$/, database)}`, '-c', sql]);
    await psql('postgres', `CREATE DATABASE ${suite.database}`);
    for (const sql of suite.setup) await psql(suite.database, sql);
    return await work(server);
  } finally {
    await server.stop();
  }
}

async function throughGateway(suite: Suite, server: PostgresServer): Promise<Verdicts> {
  const gateway = await startGateway({ target: server, databases: [suite.database], user: USER });
  try {
    return await suite.run(gateway);
  } finally {
    await gateway.stop();
  }
}

/** Tests that did not end in the same way directly and through the gateway. */
function differences(direct: Verdicts, through: Verdicts): readonly string[] {
  const tests = [...new Set([...direct.keys(), ...through.keys()])].sort();
  return tests.filter((test) => direct.get(test) !== through.get(test));
}

const count = (verdicts: Verdicts, verdict: string): number => [...verdicts.values()].filter((one) => one === verdict).length;
const summary = (verdicts: Verdicts): string =>
  ['pass', 'fail', 'skip'].map((verdict) => `${count(verdicts, verdict)} ${verdict}`).join(', ');

/** Prints what differs; whether nothing does. */
function judge(suite: Suite, direct: Verdicts, through: Verdicts): boolean {
  const different = differences(direct, through);
  for (const test of different)
    console.log(`  ${test}: ${direct.get(test) ?? 'not run'} directly, ${through.get(test) ?? 'not run'} through the gateway`);
  const failed = `direct ${count(direct, 'fail')} failed, gateway ${count(through, 'fail')} failed`;
  console.log(`${suite.name}: ${failed}, differences ${different.length}`);
  return direct.size > 0 && different.length === 0;
}

let equal = true;
const asked = process.argv.slice(2);
for (const suite of SUITES.filter(({ name }) => asked.length === 0 || asked.includes(name))) {
  const missing = suite.needs.find(
    (program) => !(process.env['PATH'] ?? '').split(':').some((folder) => existsSync(join(folder, program))),
  );
  if (missing !== undefined) {
    console.log(`${suite.name}: not run, ${missing} is not installed here`);
    continue;
  }
  await suite.prepare();
  const direct = await inFreshDatabase(suite, (server) => suite.run(server));
  console.log(`${suite.name} directly: ${summary(direct)}`);
  const through = await inFreshDatabase(suite, (server) => throughGateway(suite, server));
  console.log(`${suite.name} through the gateway: ${summary(through)}`);
  equal = judge(suite, direct, through) && equal;
}
process.exitCode = equal ? 0 : 1;
