import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { type AddressInfo, createServer as createTcp, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../../test-fixtures/servers/postgres.ts';
import { type Outcome, serveSite, type TestSite } from './site.ts';

/** Where the certificates of the servers behind the gateway lie. */
const CERTIFICATES = fileURLToPath(new URL('../../../test-fixtures/certificates', import.meta.url));

/** What the HTTPS server says that it was asked. */
export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: number;
}

/** A served forward proxy with servers of several kinds behind it. */
export interface ForwardSite extends TestSite {
  /** The forward CA. */
  readonly ca: string;
  readonly token: TestSite['token'];
  /** Ports of the servers: HTTPS, HTTPS with a certificate that nobody knows, HTTP, bytes that come back in capitals. */
  readonly ports: Readonly<Record<'https' | 'unknown' | 'http' | 'echo', number>>;
  /** What reached the servers, in order. */
  readonly reached: string[];
  /** `http://alice:TOKEN@127.0.0.1:PORT` */
  proxy(token: string): string;
  program(program: string, args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Outcome>;
  /** All sessions of a target that have ended, as `sessions show --json` gives them. */
  sessions(target: string): Promise<readonly ShownSession[]>;
}

interface ShownSession {
  readonly id: string;
  readonly state: string;
  readonly sealed: boolean;
  readonly facts: Readonly<Record<string, string>>;
  readonly events: readonly Readonly<Record<string, unknown>>[];
}

/** @param rules `rules:` and whatever stands behind it, as YAML */
export async function startForwardSite(rules = ''): Promise<ForwardSite> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-forward-'));
  const reached: string[] = [];
  const read = (name: string): Promise<string> => readFile(join(CERTIFICATES, name), 'utf8');
  const answer = (request: IncomingMessage, response: ServerResponse): void => void tell(request, response, reached);
  const servers: Server[] = [
    createHttps({ key: await read('localhost.key'), cert: await read('localhost.pem') }, answer),
    createHttps({ key: await read('self-signed.key'), cert: await read('self-signed.pem') }, answer),
    createHttp(answer),
    createTcp({ allowHalfOpen: true }, (socket) => {
      reached.push('bytes');
      socket.on('error', () => undefined);
      socket.on('data', (data) => void socket.write(data.toString().toUpperCase()));
      socket.on('end', () => socket.end());
    }),
  ];
  const [https = 0, unknown = 0, http = 0, echo = 0] = await Promise.all(servers.map(listen));
  const ports = { https, unknown, http, echo };
  const [port, adminPort] = [await freePort(), await freePort()];
  const stopTarget = async (): Promise<void> => {
    for (const server of servers) {
      (server as Partial<ReturnType<typeof createHttp>>).closeAllConnections?.();
      server.close();
    }
  };
  const env = { SERVICE_TOKEN: 'the-service-token' };
  const site = await serveSite({ folder, text: configuration(port, adminPort, ports, rules), port, adminPort, env, stopTarget });
  const ca = join(folder, 'forward-ca.pem');
  await writeFile(ca, (await site.run(['ca', 'forward'])).stdout);
  return {
    ...{ ...site, ca, ports, reached },
    proxy: (token) => `http://alice:${token}@127.0.0.1:${port}`,
    program: runProgram,
    sessions: (target) => endedSessions(site, target),
  };
}

async function tell(request: IncomingMessage, response: ServerResponse, reached: string[]): Promise<void> {
  reached.push(`${request.method} ${request.url}`);
  let body = 0;
  for await (const chunk of request) body += (chunk as Buffer).length;
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ method: request.method, url: request.url, headers: request.headers, body }));
}

async function listen(server: Server): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return (server.address() as AddressInfo).port;
}

function configuration(port: number, adminPort: number, { https, unknown, http, echo }: ForwardSite['ports'], rules: string): string {
  const ca = join(CERTIFICATES, 'ca.pem');
  const listening = `protocol: http, listen: "127.0.0.1:${port}"`;
  return `
data_dir: ./data
admin: { listen: 127.0.0.1:${adminPort} }
identity:
  users:
    alice: { groups: [developers] }
    dana: { groups: [leads] }
targets:
  service: { ${listening}, address: "localhost:${https}", forward: true, hosts: ["127.0.0.1:${https}", "api.invalid:${https}"], ca: ${ca}, credentials: { token: "\${env:SERVICE_TOKEN}" } }
  unproven: { ${listening}, address: "localhost:${unknown}", forward: true }
  plain: { ${listening}, address: "localhost:${http}", tls: disable, forward: true }
  bytes: { ${listening}, address: "localhost:${echo}", tls: disable, forward: tunnel }
  rest: { ${listening}, address: "rest.invalid", forward: tunnel, hosts: ["*", "*:${echo}", "localhost:${port}", "localhost:1"] }
access:
  - { groups: [developers], targets: "*" }
recording: { durability: fast }
${rules}`;
}

async function runProgram(program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Outcome> {
  const child = spawn(program, args, { env: { ...process.env, ...env } });
  const said = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said.stderr += text;
  });
  child.stdin.end();
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...said };
}

/** Waits until no session of the target is live. */
async function endedSessions(site: TestSite, target: string): Promise<readonly ShownSession[]> {
  for (;;) {
    const listed = JSON.parse((await site.run(['sessions', 'list', '--json'])).stdout) as { id: string; target: string; state: string }[];
    const own = listed.filter((session) => session.target === target);
    if (own.every(({ state }) => state !== 'live')) {
      const shown = own.map(async ({ id }) => JSON.parse((await site.run(['sessions', 'show', id, '--json'])).stdout) as ShownSession);
      return Promise.all(shown);
    }
  }
}
