import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Route } from './routes.ts';

export interface Scenario {
  readonly name: string;
  readonly unit: 'transactions/s' | 'MB/s';
  readonly clients: number;
  /** pgbench's or sysbench's options besides clients and time. */
  readonly options: readonly string[];
  /** How much of the unit one transaction is worth. */
  readonly worth: number;
  /** libpq's sslmode. Default: disable. */
  readonly tls?: boolean;
}

const ROWS = 100_000;
const PAD = 100;
const file = (name: string): string => join(import.meta.dirname, name);

/** Columns of bench_rows, two of which the gateway masks. */
export const MASKED_COLUMNS = ['public.bench_rows.c3', 'public.bench_rows.c7'];
const COLUMNS = 8;
const WIDE_ROWS = 20_000;
const WIDE_BYTES = 64;
export const PREPARE = `CREATE TABLE bench_rows AS SELECT ${Array.from(
  { length: COLUMNS },
  (_, column) => `left(repeat(md5((i * ${column + 1})::text), 2), ${WIDE_BYTES}) AS c${column + 1}`,
).join(', ')} FROM generate_series(1, ${WIDE_ROWS}) i`;

/** Wire bytes of the answer to rows.sql: DataRow header 7, two column lengths 4 each, digits, padding. */
function rowsMegabytes(): number {
  let digits = 0;
  for (let i = 1; i <= ROWS; i += 1) digits += String(i).length;
  return (ROWS * (7 + 8 + PAD) + digits) / 1e6;
}

const WIDE_MEGABYTES = (WIDE_ROWS * (7 + COLUMNS * (4 + WIDE_BYTES))) / 1e6;

export const SCENARIOS: readonly Scenario[] = [
  ...[8, 32].flatMap((clients) =>
    ['simple', 'prepared'].map(
      (mode): Scenario => ({ name: `select, ${mode}`, unit: 'transactions/s', clients, options: ['-S', '-M', mode], worth: 1 }),
    ),
  ),
  { name: 'select, prepared, TLS', unit: 'transactions/s', clients: 8, options: ['-S', '-M', 'prepared'], worth: 1, tls: true },
  { name: 'rows, 12 MB each', unit: 'MB/s', clients: 1, options: ['-f', file('rows.sql')], worth: rowsMegabytes() },
  { name: 'rows, 2 of 8 columns masked', unit: 'MB/s', clients: 1, options: ['-f', file('masked-rows.sql')], worth: WIDE_MEGABYTES },
];

export interface Measured {
  /** In the scenario's unit. */
  readonly rate: number;
  /** Microseconds of processor time that the process in the middle took for each transaction or MB; NaN for none. */
  readonly cost: number;
}

/** @throws Error with pgbench's own words when a client was cut off */
export async function measure(scenario: Scenario, route: Route, seconds: number): Promise<Measured> {
  const { clients, options, worth, tls = false } = scenario;
  const args = ['-n', '-c', String(clients), '-j', String(Math.min(clients, 2)), '-T', String(seconds), ...options];
  const before = processorTime(route.pid);
  const { stdout } = await promisify(execFile)('pgbench', args, {
    env: { ...process.env, ...route.env, PGSSLMODE: tls ? 'require' : 'disable' },
  });
  const done = Number(/actually processed: (\d+)/.exec(stdout)?.[1] ?? 0) * worth;
  const rate = Number(/^tps = ([\d.]+)/m.exec(stdout)?.[1] ?? 0) * worth;
  return { rate, cost: done === 0 ? Number.NaN : (processorTime(route.pid) - before) / done };
}

/** Microseconds that a process and its threads have used so far, by the kernel's clock of 100 Hz. */
export function processorTime(pid: number | undefined): number {
  if (pid === undefined) return Number.NaN;
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13);
  return (Number(user) + Number(system)) * 10_000;
}
