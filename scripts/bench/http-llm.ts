/**
 * Measures what the gateway adds to the time until a language model's streamed answer begins to show:
 *
 *   node scripts/bench/http-llm.ts [--requests 400] [--clients 4] [--pause 10]
 *
 * The model is the demo's stand-in, in this process, with `--pause` ms between two tokens. Requests go directly, through
 * a bare proxy of node:http and undici, through a gateway, and through one that masks, in turns; each client keeps its connection.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startLanguageModel } from '../../packages/cli/src/demo/language-model/language-model.ts';
import { startHttpGateway } from '../../test-fixtures/servers/http-gateway.ts';
import { freePort } from '../../test-fixtures/servers/postgres.ts';
import { machine } from './routes.ts';

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '400' },
    clients: { type: 'string', default: '4' },
    pause: { type: 'string', default: '10' },
  },
});
const [requests, clients, pauseMs] = [Number(values.requests), Number(values.clients), Number(values.pause)];
const KEY = 'target-secret';
const MASKING = [
  { name: 'personal data and keys', detect: ['email', 'phone', 'card', 'iban', 'aws-key', 'github-token', 'jwt'], method: 'redact' },
];
const BODY = JSON.stringify({ model: 'm', stream: true, messages: [{ role: 'user', content: 'Who is our customer? '.repeat(500) }] });
/** A chunk that shows something. */
const TEXT = /"content":"[^"]/;

interface Route {
  readonly name: string;
  readonly port: number;
  readonly token: string;
  readonly agent: Agent;
}

/** Milliseconds from the request. */
interface Took {
  readonly event: number;
  readonly text: number;
  readonly end: number;
}

await using stack = new AsyncDisposableStack();
const model = await startLanguageModel({ key: KEY, pauseMs });
stack.defer(() => model.stop());
const routes: Route[] = [route('direct', model.port, KEY), route('bare proxy', await startProxy(), KEY)];
for (const [name, durability, masking] of [
  ['sallyport fast', 'fast', []],
  ['sallyport strict', 'strict', []],
  ['sallyport strict, masks', 'strict', MASKING],
] as const) {
  const gateway = await startHttpGateway({ target: { address: `127.0.0.1:${model.port}`, llm: true }, durability, masking });
  stack.defer(() => gateway.stop());
  routes.push(route(name, gateway.port, gateway.token));
}

const load = loadavg()[0]?.toFixed(1);
for (const each of routes) await Promise.all(Array.from({ length: clients * 5 }, () => ask(each)));
const found = new Map<Route, Took[]>(routes.map((each) => [each, []]));
for (let done = 0; done < requests; done += clients) {
  for (const each of routes) found.get(each)?.push(...(await Promise.all(Array.from({ length: clients }, () => ask(each)))));
}
for (const { agent } of routes) agent.destroy();
console.log(table());
console.log(
  `\n${requests} requests of ${(BODY.length / 1024).toFixed(0)} KiB on each way, ${clients} at a time, ${pauseMs} ms between two tokens; in brackets what is added. ${machine()}. Load average before the start: ${load}, at the end: ${loadavg()[0]?.toFixed(1)}.`,
);

async function startProxy(): Promise<number> {
  const port = await freePort();
  const args = [join(import.meta.dirname, 'http-proxy.ts'), String(port), String(model.port)];
  const proxy = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  stack.defer(async () => {
    const exit = once(proxy, 'exit');
    proxy.kill('SIGKILL');
    await exit;
  });
  for (let tries = 0; tries < 100; tries += 1) {
    await delay(100);
    const answered = await fetch(`http://127.0.0.1:${port}/v1/models`).then(
      () => true,
      () => false,
    );
    if (answered) return port;
  }
  throw new Error('The bare proxy did not start.');
}

function route(name: string, port: number, token: string): Route {
  return { name, port, token, agent: new Agent({ keepAlive: true, maxSockets: clients }) };
}

function ask({ port, token, agent }: Route): Promise<Took> {
  const { promise, resolve, reject } = Promise.withResolvers<Took>();
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'content-length': Buffer.byteLength(BODY) };
  const began = performance.now();
  const outgoing = request({ host: '127.0.0.1', port, agent, method: 'POST', path: '/v1/chat/completions', headers }, (response) => {
    let [event, text] = [0, 0];
    if (response.statusCode !== 200) reject(new Error(`The way by port ${port} answered ${response.statusCode}.`));
    response.setEncoding('utf8').on('data', (chunk: string) => {
      event ||= performance.now() - began;
      if (text === 0 && TEXT.test(chunk)) text = performance.now() - began;
    });
    response.on('end', () => resolve({ event, text, end: performance.now() - began }));
  });
  outgoing.on('error', reject).end(BODY);
  return promise;
}

function table(): string {
  const lines = [
    ['', ...routes.map(({ name }) => name)],
    ['---', ...routes.map(() => '--:')],
  ];
  for (const [what, label] of [
    ['event', 'first event'],
    ['text', 'first text'],
    ['end', 'whole answer'],
  ] as const) {
    for (const share of [0.5, 0.99]) {
      const at = routes.map((each) =>
        percentile(
          (found.get(each) ?? []).map((took) => took[what]),
          share,
        ),
      );
      const cells = at.map((ms, index) => (index === 0 ? ms.toFixed(2) : `${ms.toFixed(2)} (${(ms - (at[0] ?? 0)).toFixed(2)})`));
      lines.push([`${label}, p${share * 100}, ms`, ...cells]);
    }
  }
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function percentile(numbers: readonly number[], share: number): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length * share)] ?? Number.NaN;
}
