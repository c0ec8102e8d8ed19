/**
 * Measures SSH: throughput, connection set-up, the echo of a key and memory, through the gateway, through a bare proxy of
 * ssh2's and directly, in interleaved rounds, and writes the table into docs/performance.md:
 *
 *   node scripts/bench/ssh.ts [--rounds 5] [--megabytes 200] [--dry]
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { freePort } from '../../test-fixtures/servers/postgres.ts';
import { startSshGateway } from '../../test-fixtures/servers/ssh-gateway.ts';
import { type SshdServer, startSshd } from '../../test-fixtures/servers/sshd.ts';
import { median, withTable } from './report.ts';
import { machine } from './routes.ts';
import { type Idle, openIdle, pressKeys, type SshRoute, stall } from './ssh-clients.ts';
import { processorSeconds, resident } from './ssh-process.ts';

const DOCUMENT = join(import.meta.dirname, '..', '..', 'docs', 'performance.md');
const RULES = [{ name: 'a tester may do everything', match: { class: ['write', 'admin'] }, action: 'allow' }];
const MASKING = [{ name: 'secrets anywhere', detect: ['aws-key', 'github-token', 'jwt', 'private-key'], method: 'redact' }];
const SETUPS = 10;
const KEYS = 300;
const IDLE = 100;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    megabytes: { type: 'string', default: '200' },
    dry: { type: 'boolean', default: false },
  },
});
const [rounds, megabytes] = [Number(values.rounds), Number(values.megabytes)];

interface Scenario {
  readonly name: string;
  readonly unit: string;
  measure(route: SshRoute): Promise<readonly number[]>;
}

/** MB/s, and µs of the middle's processor time for each MB. */
async function transfer(route: SshRoute, command: string, from: string): Promise<readonly number[]> {
  const [before, began] = [processorSeconds(route.pid), performance.now()];
  await ssh(route, `${command} ${from}`);
  const seconds = (performance.now() - began) / 1000;
  return [megabytes / seconds, ((processorSeconds(route.pid) - before) * 1e6) / megabytes];
}

/** Runs OpenSSH's client in a shell, its output thrown away. */
async function ssh({ port, user, keyFile }: SshRoute, command: string): Promise<void> {
  const options = 'BatchMode=yes IdentitiesOnly=yes StrictHostKeyChecking=no UserKnownHostsFile=/dev/null LogLevel=ERROR'.split(' ');
  const flags = ['-F', '/dev/null', '-p', String(port), '-i', keyFile, ...options.flatMap((option) => ['-o', option])].join(' ');
  const child = spawn('sh', ['-c', `ssh ${flags} ${user}@127.0.0.1 ${command}`], { stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`ssh through ${port} ended with ${code}.`);
}

async function setups(route: SshRoute): Promise<readonly number[]> {
  const took: number[] = [];
  for (let each = 0; each < SETUPS; each += 1) {
    const began = performance.now();
    await ssh(route, 'true');
    took.push(performance.now() - began);
  }
  return [median(took), Number.NaN];
}

await using stack = new AsyncDisposableStack();
const folder = await mkdtemp(join(tmpdir(), 'sallyport-bench-'));
stack.defer(() => rm(folder, { recursive: true, force: true }));
const file = join(folder, 'content');
execFileSync('sh', [
  '-c',
  `openssl enc -aes-128-ctr -nosalt -pass pass:x -in /dev/zero 2>/dev/null | head -c ${megabytes}000000 >'${file}'`,
]);
const server = await startSshd();
stack.defer(() => server.stop());
const routes = await startRoutes(server);

const SCENARIOS: readonly Scenario[] = [
  { name: 'from the target', unit: 'MB/s', measure: (route) => transfer(route, `cat ${file}`, '') },
  { name: 'to the target', unit: 'MB/s', measure: (route) => transfer(route, "'cat >/dev/null'", `<${file}`) },
  { name: 'connection, sign-in and a command', unit: 'ms', measure: setups },
  { name: 'echo of a key, p50', unit: 'ms', measure: async (route) => [at(await pressKeys(route, KEYS), 0.5), Number.NaN] },
  { name: 'echo of a key, p99', unit: 'ms', measure: async (route) => [at(await pressKeys(route, KEYS), 0.99), Number.NaN] },
];

const load = loadavg()[0]?.toFixed(1);
const found = new Map(SCENARIOS.flatMap(({ name }) => routes.map((route) => [`${name} ${route.name}`, [] as (readonly number[])[]])));
for (let round = 1; round <= rounds; round += 1) {
  for (const scenario of SCENARIOS) {
    for (const route of routes) {
      const numbers = await scenario.measure(route);
      found.get(`${scenario.name} ${route.name}`)?.push(numbers);
      console.error(`round ${round}: ${scenario.name}, ${route.name}: ${numbers.map((each) => each.toFixed(2)).join(', ')}`);
    }
  }
}
const text = [table(), await memory(), words()].join('\n\n');
console.log(text);
if (!values.dry) await writeFile(DOCUMENT, withTable(await readFile(DOCUMENT, 'utf8'), text, 'measured-ssh'));

async function startRoutes({ port, user, keyFile }: SshdServer): Promise<readonly SshRoute[]> {
  const own = await freePort();
  const program = join(import.meta.dirname, 'ssh-proxy.ts');
  const proxy = spawn(process.execPath, [program, String(own), String(port), user, keyFile], { stdio: ['ignore', 'ignore', 'inherit'] });
  stack.defer(() => ended(proxy));
  const named: SshRoute[] = [
    { name: 'direct', port, user, keyFile },
    { name: 'ssh2 proxy', port: own, user, keyFile, pid: proxy.pid },
  ];
  for (const masking of [[], MASKING]) {
    const gateway = await startSshGateway({ target: server, durability: 'fast', rules: RULES, masking });
    stack.defer(() => gateway.stop());
    named.push({ ...gateway, name: masking.length > 0 ? 'sallyport, masks' : 'sallyport' });
  }
  return named;
}

async function ended(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

function at(numbers: readonly number[], share: number): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length * share)] ?? Number.NaN;
}

function table(): string {
  const head = ['what', 'unit', ...routes.map(({ name }) => name)];
  const lines = [head, head.map((_, column) => (column < 2 ? '---' : '--:'))];
  const cell = (name: string, route: string, column: 0 | 1): number =>
    median((found.get(`${name} ${route}`) ?? []).map((numbers) => numbers[column] ?? Number.NaN));
  for (const { name, unit } of SCENARIOS) {
    const reference = cell(name, 'ssh2 proxy', 0);
    const shown = routes.map((route) => {
      const value = cell(name, route.name, 0);
      return unit === 'MB/s'
        ? `${value.toFixed(0)} (${(value / reference).toFixed(2)})`
        : value.toFixed(unit === 'ms' && value < 10 ? 2 : 0);
    });
    lines.push([name, unit, ...shown]);
    if (unit === 'MB/s')
      lines.push([
        name,
        'µs of the middle for each MB',
        ...routes.map(({ name: route, pid }) => (pid === undefined ? '–' : cell(name, route, 1).toFixed(0))),
      ]);
  }
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** The gateway's memory while a client reads nothing of a gigabyte, and with clients that are signed in and say nothing. */
async function memory(): Promise<string> {
  const gateway = routes.find(({ name }) => name === 'sallyport');
  if (gateway === undefined) return '';
  const before = resident(gateway.pid);
  const stalled = await stall(gateway, 'head -c 1000000000 /dev/zero');
  const during = resident(gateway.pid);
  stalled.end();
  await delay(1_000);
  const idle: Idle[] = [];
  const quiet = resident(gateway.pid);
  for (let each = 0; each < IDLE; each += 1) idle.push(await openIdle(gateway));
  await delay(1_000);
  const many = resident(gateway.pid);
  for (const client of idle) client.end();
  return `A client that does not read 1 GB: ${before.toFixed(0)} MiB before, ${during.toFixed(0)} MiB meanwhile. ${IDLE} idle sessions: ${(((many - quiet) * 1024) / IDLE).toFixed(0)} KiB each.`;
}

function words(): string {
  return `${rounds} interleaved rounds of ${megabytes} MB, ${SETUPS} connections and ${KEYS} keys, medians, in brackets the ratio to the proxy. ${machine(['sh', '-c', 'ssh -V 2>&1'])}. Load average before the start: ${load}, at the end: ${loadavg()[0]?.toFixed(1)}.`;
}
