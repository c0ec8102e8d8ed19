/**
 * Measures every route to one database with public tools, in interleaved rounds so that a busy
 * machine disturbs all alike, and writes the table into docs/performance.md:
 *
 *   node scripts/bench/run.ts [--rounds 5] [--seconds 5] [--only TEXT] [--dry]
 *
 * `--only` takes the scenarios whose name contains a text. The single rates go to scripts/bench/.cache/results.json. `--dry` leaves the document alone.
 */
import { execFileSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startPostgres } from '../../test-fixtures/servers/postgres.ts';
import { costTable, type Result, table, withTable } from './report.ts';
import { machine, type Route, startRoutes, TLS } from './routes.ts';
import { measure, PREPARE, SCENARIOS } from './scenarios.ts';

const DOCUMENT = join(import.meta.dirname, '..', '..', 'docs', 'performance.md');
const CACHE = join(import.meta.dirname, '.cache');

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '5' },
    only: { type: 'string', default: '' },
    dry: { type: 'boolean', default: false },
  },
});

async function measureAll(routes: readonly Route[], rounds: number, seconds: number): Promise<readonly Result[]> {
  const results = SCENARIOS.filter(({ name }) => name.includes(values.only)).flatMap((scenario) =>
    routes.map((route) => ({ scenario, route: route.name, rates: [] as number[], costs: [] as number[] })),
  );
  for (let round = 0; round <= rounds; round += 1) {
    for (const result of results) {
      const route = routes.find(({ name }) => name === result.route);
      if (route === undefined) continue;
      const { rate, cost } = await measure(result.scenario, route, seconds);
      if (round > 0) {
        result.rates.push(rate);
        result.costs.push(cost);
      } // the first one is for the compilers
      console.error(`round ${round}: ${result.scenario.name}, ${result.scenario.clients} clients, ${route.name}: ${Math.round(rate)}`);
    }
  }
  return results;
}

const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)];

// Other people's work shows in the rates, so the document says how much of it there was.
const load = loadavg()[0]?.toFixed(1);

await using stack = new AsyncDisposableStack();
const database = await startPostgres({ version: 15, config: { max_connections: '200' }, tls: TLS });
stack.defer(() => database.stop());
const routes = await startRoutes(database, stack);
execFileSync('pgbench', ['-i', '-q', '-s', '10', database.connectionString], { stdio: 'ignore' });
execFileSync('psql', ['-X', '-q', '-c', PREPARE, database.connectionString], { stdio: 'ignore' });

const results = await measureAll(routes, rounds, seconds);
const words = `${rounds} interleaved rounds of ${seconds} s after one that does not count, medians, in brackets the ratio to a plain Node.js pipe. ${machine(['pgbench', '--version'], ['/usr/sbin/haproxy', '-v'], ['/usr/sbin/pgbouncer', '--version'])}. Load average before the start: ${load}, at the end: ${loadavg()[0]?.toFixed(1)}.`;
const text = `${table(results)}\n\n${costTable(results)}\n\n${words}`;
console.log(text);
await mkdir(CACHE, { recursive: true });
await writeFile(join(CACHE, 'results.json'), `${JSON.stringify({ words, results }, undefined, 2)}\n`);
if (!values.dry) await writeFile(DOCUMENT, withTable(await readFile(DOCUMENT, 'utf8'), text));
