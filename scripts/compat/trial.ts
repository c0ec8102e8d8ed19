import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type Client, missingProgram } from './clients.ts';

/** A way to the database. */
export interface Route {
  readonly name: string;
  readonly env: Readonly<Record<string, string>>;
  readonly masked: boolean;
}

/** What a table of clients and routes is made of. */
export interface Trial {
  /** Over its first column. */
  readonly title: string;
  readonly clients: readonly Client[];
  readonly routes: readonly Route[];
  /** Makes the database as it was, before each client on each route. */
  readonly reset: () => Promise<unknown>;
  /** Checks that do not count where masks are configured, by design, and why. The ids are those of docs/limitations.md. */
  readonly notWithMasks: ReadonlyMap<string, string>;
}

export interface Tally {
  readonly passed: number;
  readonly failed: number;
}

/** What one client found on one route: check → why it failed, or undefined. */
type Findings = ReadonlyMap<string, string | undefined>;

const CLIENT_MS = 300_000;
const NAME_WIDTH = 18;
const run = promisify(execFile);

/** Tries every client on every route and prints a table of what they found. */
export async function tryAll(trial: Trial): Promise<Tally> {
  const { title, clients, routes, notWithMasks } = trial;
  console.log([title.padEnd(NAME_WIDTH), ...routes.map(({ name }) => name.padEnd(12))].join(' '));
  let [passed, failed] = [0, 0];
  for (const client of clients) {
    const tally = await tryRoutes(client, trial);
    passed += tally.passed;
    failed += tally.failed;
  }
  if (routes.some(({ masked }) => masked)) {
    for (const [check, why] of notWithMasks) console.log(`not asked with masks, ${check}: ${why}`);
  }
  return { passed, failed };
}

async function tryRoutes(client: Client, trial: Trial): Promise<Tally> {
  const missing = missingProgram(client);
  if (missing !== undefined) {
    console.log(`${client.name.padEnd(NAME_WIDTH)} not tried: ${missing} is not installed here`);
    return { passed: 0, failed: 0 };
  }
  client.prepare?.();
  const unable = client.unable?.title === trial.title ? client.unable : undefined;
  const cells: string[] = [];
  const reasons: string[] = [];
  let [passed, failed] = [0, 0];
  for (const route of trial.routes) {
    if (unable?.routes === 'all' || (unable !== undefined && route.name === 'direct')) {
      cells.push('-'.padEnd(12));
      continue;
    }
    const findings = await tryClient(client, route, trial);
    const bad = [...findings].filter(([, why]) => why !== undefined);
    passed += findings.size - bad.length;
    failed += bad.length;
    cells.push(`${findings.size - bad.length}/${findings.size}`.padEnd(12));
    reasons.push(...bad.map(([check, why]) => `  ${route.name}, ${check}: ${why}`));
  }
  if (unable !== undefined) reasons.push(`  - not asked: ${unable.why}`);
  console.log([client.name.padEnd(NAME_WIDTH), ...cells].join(' '));
  for (const reason of reasons) console.log(reason);
  return { passed, failed };
}

async function tryClient(client: Client, route: Route, { reset, notWithMasks }: Trial): Promise<Findings> {
  const [program, ...args] = client.command;
  const env = { ...process.env, ...route.env, NODE_NO_WARNINGS: '1' };
  await reset();
  const output = await run(program, args, { env, timeout: CLIENT_MS, maxBuffer: 1 << 24 }).catch((error: Error & { stdout?: string }) => ({
    stdout: `${error.stdout ?? ''}failed to end well: ${error.message.split('\n').at(-1)}`,
  }));
  const findings = new Map<string, string | undefined>();
  for (const line of output.stdout.split('\n')) {
    const [, verdict, check, why] = /^(ok|failed) ([\w ]+?)(?:: (.*))?$/.exec(line) ?? [];
    if (check !== undefined) findings.set(check, verdict === 'ok' ? undefined : (why ?? 'no reason given'));
  }
  if ([...findings.values()].some((why) => why !== undefined)) findings.delete('to end well');
  if (route.masked) for (const check of notWithMasks.keys()) findings.delete(check);
  if (findings.size === 0) findings.set('start', 'it printed nothing');
  return findings;
}
