/**
 * The same for MySQL: measures every route to one MariaDB with sysbench, in interleaved rounds, and
 * writes the table into docs/performance.md:
 *
 *   node scripts/bench/mysql.ts [--rounds 5] [--seconds 5] [--only TEXT] [--dry]
 */
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { startGateway } from '../../test-fixtures/servers/gateway.ts';
import { type MariadbServer, startMariadb } from '../../test-fixtures/servers/mariadb.ts';
import { costTable, type Result, table, withTable } from './report.ts';
import { machine, startPipe } from './routes.ts';
import { type Measured, processorTime, type Scenario } from './scenarios.ts';

const DOCUMENT = join(import.meta.dirname, '..', '..', 'docs', 'performance.md');
const TABLE_ROWS = 100_000;
const [WIDE_ROWS, COLUMNS, WIDE_BYTES] = [20_000, 8, 64];
/** Wire bytes of the answer: packet header 4, a length of one byte for each value. */
const WIDE_MEGABYTES = (WIDE_ROWS * (4 + COLUMNS * (1 + WIDE_BYTES))) / 1e6;
const MASKED = ['shop.bench_rows.c3', 'shop.bench_rows.c7'];
const run = promisify(execFile);

const SCENARIOS: readonly Scenario[] = [
  ...[8, 32].map(
    (clients): Scenario => ({
      name: 'point select, prepared',
      unit: 'transactions/s',
      clients,
      options: ['oltp_point_select', '--skip-trx=on'],
      worth: 1,
    }),
  ),
  { name: 'read only, prepared, 16 statements each', unit: 'transactions/s', clients: 8, options: ['oltp_read_only'], worth: 1 },
  {
    name: 'rows, 2 of 8 columns masked',
    unit: 'MB/s',
    clients: 1,
    options: [join(import.meta.dirname, 'masked-rows.lua')],
    worth: WIDE_MEGABYTES,
  },
];

interface MysqlRoute {
  readonly name: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly pid?: number | undefined;
}

async function startRoutes(database: MariadbServer, stack: AsyncDisposableStack): Promise<readonly MysqlRoute[]> {
  const { port, user, password } = database;
  const routes: MysqlRoute[] = [
    { name: 'direct', port, user, password },
    { name: 'node pipe', ...(await startPipe(port, stack)), user, password },
  ];
  for (const durability of ['fast', 'strict'] as const) {
    const gateway = await startGateway({ target: database, protocol: 'mysql', durability, masked: MASKED });
    stack.defer(() => gateway.stop());
    routes.push({ ...gateway, name: `sallyport ${durability}` });
  }
  return routes;
}

async function sysbench(route: MysqlRoute, ...args: readonly string[]): Promise<string> {
  const [script = '', ...options] = args;
  const place = [
    '--mysql-host=127.0.0.1',
    `--mysql-port=${route.port}`,
    `--mysql-user=${route.user}`,
    `--mysql-password=${route.password}`,
  ];
  const { stdout } = await run('sysbench', [script, ...place, '--mysql-db=shop', `--table-size=${TABLE_ROWS}`, ...options]);
  return stdout;
}

/** sysbench takes options of the script's own only where the script declares them. */
async function measure({ clients, options, worth }: Scenario, route: MysqlRoute, seconds: number): Promise<Measured> {
  const before = processorTime(route.pid);
  const stdout = await sysbench(route, ...options, `--threads=${clients}`, `--time=${seconds}`, 'run');
  const [, count, rate] = /transactions: +(\d+) +\(([\d.]+) per sec/.exec(stdout) ?? [];
  return { rate: Number(rate) * worth, cost: (processorTime(route.pid) - before) / (Number(count) * worth) };
}

async function prepare(database: MariadbServer): Promise<void> {
  await sysbench({ ...database, name: 'direct' }, 'oltp_read_only', 'prepare');
  const columns = Array.from(
    { length: COLUMNS },
    (_, column) => `LEFT(REPEAT(MD5(seq * ${column + 1}), 2), ${WIDE_BYTES}) AS c${column + 1}`,
  );
  const sql = `CREATE TABLE bench_rows AS SELECT ${columns.join(', ')} FROM seq_1_to_${WIDE_ROWS}`;
  const place = ['-h', database.host, '-P', String(database.port), '-u', database.user, `-p${database.password}`];
  await run('mariadb', [...place, database.database, '-e', sql]);
}

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '5' },
    only: { type: 'string', default: '' },
    dry: { type: 'boolean', default: false },
  },
});
const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)];
const load = loadavg()[0]?.toFixed(1);

await using stack = new AsyncDisposableStack();
const database = await startMariadb();
stack.defer(() => database.stop());
await prepare(database);
const routes = await startRoutes(database, stack);
const wanted = SCENARIOS.filter(({ name }) => name.includes(values.only));
const measured = wanted.flatMap((scenario) => routes.map((route) => ({ scenario, route, rates: [] as number[], costs: [] as number[] })));
for (let round = 0; round <= rounds; round += 1) {
  for (const { scenario, route, rates, costs } of measured) {
    const { rate, cost } = await measure(scenario, route, seconds);
    if (round > 0) {
      rates.push(rate);
      costs.push(cost);
    } // the first one is for the compilers
    console.error(`round ${round}: ${scenario.name}, ${scenario.clients} clients, ${route.name}: ${Math.round(rate)}`);
  }
}
const results = measured.map((one): Result => ({ ...one, route: one.route.name }));
const words = `${rounds} interleaved rounds of ${seconds} s after one that does not count, medians. ${machine(['sysbench', '--version'], ['/usr/sbin/mariadbd', '--version'])}. Load average before the start: ${load}, at the end: ${loadavg()[0]?.toFixed(1)}.`;
const text = `${table(results)}\n\n${costTable(results)}\n\n${words}`;
console.log(text);
if (!values.dry) await writeFile(DOCUMENT, withTable(await readFile(DOCUMENT, 'utf8'), text, 'measured-mysql'));
