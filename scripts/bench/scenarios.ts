import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Route } from './routes.ts';

export interface Scenario {
  readonly name: string;
  readonly unit: 'transactions/s' | 'MB/s';
  readonly clients: number;
  /** pgbench's options besides clients and time. */
  readonly options: readonly string[];
  /** How much of the unit one transaction is worth. */
  readonly worth: number;
}

const ROWS = 100_000;
const PAD = 100;
const ROWS_FILE = join(import.meta.dirname, 'rows.sql');

/** Wire bytes of the answer to rows.sql: DataRow header 7, two column lengths 4 each, digits, padding. */
function rowsMegabytes(): number {
  let digits = 0;
  for (let i = 1; i <= ROWS; i += 1) digits += String(i).length;
  return (ROWS * (7 + 8 + PAD) + digits) / 1e6;
}

export const SCENARIOS: readonly Scenario[] = [
  ...[8, 32].flatMap((clients) =>
    ['simple', 'prepared'].map(
      (mode): Scenario => ({ name: `select, ${mode}`, unit: 'transactions/s', clients, options: ['-S', '-M', mode], worth: 1 }),
    ),
  ),
  { name: 'rows, 12 MB each', unit: 'MB/s', clients: 1, options: ['-f', ROWS_FILE], worth: rowsMegabytes() },
];

/** @throws Error with pgbench's own words when a client was cut off */
export async function measure(scenario: Scenario, route: Route, seconds: number): Promise<number> {
  const { clients, options, worth } = scenario;
  const args = ['-n', '-c', String(clients), '-j', String(Math.min(clients, 2)), '-T', String(seconds), ...options];
  const { stdout } = await promisify(execFile)('pgbench', args, { env: { ...process.env, ...route.env } });
  const rate = /^tps = ([\d.]+)/m.exec(stdout)?.[1];
  if (rate === undefined) throw new Error(`pgbench told no rate for ${scenario.name} by ${route.name}:\n${stdout}`);
  return Number(rate) * worth;
}
