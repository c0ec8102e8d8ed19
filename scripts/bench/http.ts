/**
 * Measures HTTP: requests per second, a large download and upload, the first token of a stream and memory, through the
 * gateway, through a bare proxy of node:http and undici, through nginx where it is installed, and directly, in interleaved
 * rounds, and writes the table into docs/performance.md. The load is wrk's (Debian: `apt-get install wrk`) and curl's.
 *
 *   node scripts/bench/http.ts [--rounds 5] [--seconds 3] [--megabytes 1000] [--dry]
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs, promisify } from 'node:util';
import { startHttpGateway } from '../../test-fixtures/servers/http-gateway.ts';
import { freePort } from '../../test-fixtures/servers/postgres.ts';
import { median, withTable } from './report.ts';
import { machine } from './routes.ts';
import { processorSeconds, resident } from './ssh-process.ts';

const DOCUMENT = join(import.meta.dirname, '..', '..', 'docs', 'performance.md');
const RULES = [{ name: 'nothing is deleted', match: { verb: 'DELETE' }, action: 'deny' }];
const MASKING = [{ name: 'secrets anywhere', detect: ['email', 'aws-key', 'github-token', 'jwt', 'private-key'], method: 'redact' }];
const CONNECTIONS = 16;
const STREAMS = 100;
const run = promisify(execFile);

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    megabytes: { type: 'string', default: '1000' },
    dry: { type: 'boolean', default: false },
  },
});
const [rounds, seconds, megabytes] = [Number(values.rounds), Number(values.seconds), Number(values.megabytes)];

interface HttpRoute {
  readonly name: string;
  readonly url: string;
  readonly authorization: string;
  /** Of the process in the middle; undefined: there is none, or there are several. */
  readonly pid?: number | undefined;
}

interface Scenario {
  readonly name: string;
  readonly unit: 'requests/s' | 'MB/s' | 'ms';
  /** The figure, and the processor time in the middle in µs for each request or MB. */
  measure(route: HttpRoute): Promise<readonly [number, number]>;
}

/** @param amount of what the cost is divided by */
async function costed(route: HttpRoute, work: () => Promise<{ figure: number; amount: number }>): Promise<readonly [number, number]> {
  const before = processorSeconds(route.pid);
  const { figure, amount } = await work();
  return [figure, ((processorSeconds(route.pid) - before) * 1e6) / amount];
}

function requests(path: string): Scenario['measure'] {
  return (route) =>
    costed(route, async () => {
      const flags = ['-t1', `-c${CONNECTIONS}`, `-d${seconds}s`, '-H', `Authorization: ${route.authorization}`, `${route.url}${path}`];
      const { stdout } = await run('wrk', flags);
      const figure = Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]);
      return { figure, amount: Number(/(\d+) requests in/.exec(stdout)?.[1]) };
    });
}

function transfer(...flags: readonly string[]): Scenario['measure'] {
  return (route) =>
    costed(route, async () => {
      const began = performance.now();
      const url = flags.length > 0 ? `${route.url}/upload` : `${route.url}/large?bytes=${megabytes * 1e6}`;
      const args = ['-sS', '-o', '/dev/null', '-w', '%{http_code}', '-H', `Authorization: ${route.authorization}`, ...flags, url];
      const { stdout } = await run('curl', args);
      if (stdout !== '200') throw new Error(`curl through ${route.name}: ${stdout}`);
      return { figure: megabytes / ((performance.now() - began) / 1_000), amount: megabytes };
    });
}

/** Milliseconds from the request to the first token, of streams one after the other over one connection. */
async function firstTokens({ url, authorization }: HttpRoute): Promise<number[]> {
  const took: number[] = [];
  const body = JSON.stringify({ model: 'm', stream: true, messages: [{ role: 'user', content: 'Who bought the most?' }] });
  for (let each = 0; each < STREAMS; each += 1) {
    const began = performance.now();
    const headers = { authorization, 'content-type': 'application/json' };
    const response = await fetch(`${url}/v1/chat/completions`, { method: 'POST', headers, body });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    took.push(performance.now() - began);
    await reader.cancel();
  }
  return took;
}

const SCENARIOS: readonly Scenario[] = [
  { name: 'GET of 800 bytes of JSON', unit: 'requests/s', measure: requests('/customers/7') },
  { name: 'download', unit: 'MB/s', measure: transfer() },
  { name: 'upload', unit: 'MB/s', measure: transfer('-T', join(tmpdir(), 'sallyport-bench-upload')) },
  { name: 'first token, p50', unit: 'ms', measure: async (route) => [at(await firstTokens(route), 0.5), Number.NaN] },
  { name: 'first token, p99', unit: 'ms', measure: async (route) => [at(await firstTokens(route), 0.99), Number.NaN] },
];

await using stack = new AsyncDisposableStack();
const upload = join(tmpdir(), 'sallyport-bench-upload');
await writeFile(upload, Buffer.alloc(megabytes * 1e6, 'a'));
stack.defer(() => rm(upload));
const routes = await startRoutes();

const load = loadavg()[0]?.toFixed(1);
const found = new Map(SCENARIOS.flatMap(({ name }) => routes.map((route) => [`${name} ${route.name}`, [] as (readonly number[])[]])));
for (let round = 0; round <= rounds; round += 1) {
  for (const scenario of SCENARIOS) {
    for (const route of routes) {
      const numbers = await scenario.measure(route);
      if (round > 0) found.get(`${scenario.name} ${route.name}`)?.push(numbers); // the first one is for the compilers
      console.error(`round ${round}: ${scenario.name}, ${route.name}: ${numbers.map((each) => each.toFixed(2)).join(', ')}`);
    }
  }
}
const text = [table(), await memory(), words()].join('\n\n');
console.log(text);
if (!values.dry) await writeFile(DOCUMENT, withTable(await readFile(DOCUMENT, 'utf8'), text, 'measured-http'));

async function startRoutes(): Promise<readonly HttpRoute[]> {
  const [target, proxy] = [await freePort(), await freePort()];
  start('http-target.ts', target);
  const bare = start('http-proxy.ts', proxy, target);
  const named: HttpRoute[] = [
    { name: 'direct', url: `http://127.0.0.1:${target}`, authorization: 'none' },
    { name: 'undici proxy', url: `http://127.0.0.1:${proxy}`, authorization: 'none', pid: bare.pid },
  ];
  const nginx = await startNginx(target);
  if (nginx === undefined) console.error('nginx is not installed: its column is missing (Debian: apt-get install nginx-light).');
  else named.push({ name: 'nginx', url: nginx, authorization: 'none' });
  for (const [name, masking, durability] of [
    ['sallyport, fast', [], 'fast'],
    ['sallyport, strict', [], 'strict'],
    ['sallyport, fast, masks', MASKING, 'fast'],
  ] as const) {
    const gateway = await startHttpGateway({ target: { address: `127.0.0.1:${target}` }, durability, rules: RULES, masking });
    stack.defer(() => gateway.stop());
    named.push({ name, url: gateway.url, authorization: `Bearer ${gateway.token}`, pid: gateway.pid });
  }
  await delay(1_000);
  return named;
}

function start(program: string, ...args: readonly number[]): ChildProcess {
  const child = spawn(process.execPath, [join(import.meta.dirname, program), ...args.map(String)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  stack.defer(() => ended(child));
  return child;
}

/** One worker, as the others have one thread that moves bytes. */
async function startNginx(target: number): Promise<string | undefined> {
  if ((await run('sh', ['-c', 'command -v nginx || command -v /usr/sbin/nginx']).catch(() => undefined)) === undefined) return undefined;
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-nginx-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const port = await freePort();
  const server = `server { listen 127.0.0.1:${port}; client_max_body_size 0; location / { proxy_pass http://target; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; proxy_request_buffering off; } }`;
  const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((each) => `${each}_temp_path ${folder};`).join(' ');
  await writeFile(
    join(folder, 'nginx.conf'),
    `daemon off; master_process off; worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log; events { worker_connections 1024; }
http { access_log ${folder}/access.log; ${places} keepalive_requests 1000000000; upstream target { server 127.0.0.1:${target}; keepalive 64; keepalive_requests 1000000000; } ${server} }`,
  );
  const child = spawn('nginx', ['-c', join(folder, 'nginx.conf')], {
    stdio: 'ignore',
    env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin` },
  });
  stack.defer(() => ended(child));
  return `http://127.0.0.1:${port}`;
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
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
    const reference = cell(name, 'undici proxy', 0);
    const shown = routes.map(({ name: route }) => {
      const value = cell(name, route, 0);
      if (unit === 'ms') return value.toFixed(2);
      return `${Math.round(value).toLocaleString('en-US')} (${(value / reference).toFixed(2)})`;
    });
    lines.push([name, unit, ...shown]);
    const cost = routes.map(({ name: route, pid }) => (pid === undefined ? '–' : cell(name, route, 1).toFixed(0)));
    if (unit !== 'ms') lines.push([name, `µs of the middle for each ${unit === 'MB/s' ? 'MB' : 'request'}`, ...cost]);
  }
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** The gateway's memory while a client reads nothing of a gigabyte. */
async function memory(): Promise<string> {
  const gateway = routes.find(({ name }) => name === 'sallyport, fast');
  if (gateway === undefined) return '';
  const before = resident(gateway.pid);
  const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
  socket.write(`GET /large?bytes=1000000000 HTTP/1.1\r\nHost: x\r\nAuthorization: ${gateway.authorization}\r\n\r\n`);
  await delay(5_000);
  const during = resident(gateway.pid);
  socket.destroy();
  return `A client that does not read 1 GB: ${before.toFixed(0)} MiB before, ${during.toFixed(0)} MiB meanwhile.`;
}

function words(): string {
  return `${rounds} interleaved rounds after one that does not count, ${CONNECTIONS} connections for ${seconds} s, ${megabytes} MB, ${STREAMS} streams; medians, in brackets the ratio to the proxy. ${machine()}. Load average before the start: ${load}, at the end: ${loadavg()[0]?.toFixed(1)}.`;
}
