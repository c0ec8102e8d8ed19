import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { createServer as createHttp, type IncomingMessage, request as requestHttp, type ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { type AddressInfo, connect as connectTcp, createServer as createTcp, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freePort } from '../../../test-fixtures/servers/postgres.ts';
import { startGitServer } from '../src/demo/git-server.ts';
import { type Outcome, serveSite, type TestSite } from './site.ts';

/** Where the certificates of the servers behind the gateway lie. */
const CERTIFICATES = fileURLToPath(new URL('../../../test-fixtures/certificates', import.meta.url));

/** What the HTTPS server says that it was asked. */
export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: number;
  /** With the gateway's credential. */
  readonly signedIn: boolean;
}

/** A CONNECT on its way. */
interface Asking {
  readonly socket: Socket;
  readonly answered: Promise<Connected>;
}

/** What the proxy answered to a CONNECT. */
interface Connected {
  readonly status: number;
  readonly head: string;
  /** Where all goes on, if the tunnel is open. */
  readonly socket: Socket;
  /** Everything until the other side has ended. */
  rest(): Promise<string>;
}

/** A served forward proxy with servers of several kinds behind it. */
export interface ForwardSite extends TestSite {
  /** The forward CA. */
  readonly ca: string;
  readonly token: TestSite['token'];
  /** Ports of the servers: HTTPS, HTTPS with a certificate that nobody knows, HTTP, bytes that come back in capitals, git over HTTPS. */
  readonly ports: Readonly<Record<'https' | 'unknown' | 'http' | 'echo' | 'git', number>>;
  /** What reached the servers, in order. */
  readonly reached: string[];
  /** `http://alice:TOKEN@127.0.0.1:PORT` */
  proxy(token: string): string;
  /** Asks for a tunnel. @param behind bytes that go out with the request */
  connect(authority: string, login: string, behind?: string): Promise<Connected>;
  /** The same, without waiting for the answer. */
  asking(authority: string, login: string): Asking;
  /** Asks until it is so. */
  until(so: () => Promise<boolean>): Promise<void>;
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

/**
 * alice may open tunnels, carol needs dana's approval for them, bob may not.
 */
export async function startForwardSite(): Promise<ForwardSite> {
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
  await promisify(execFile)('git', ['init', '-q', '--bare', join(folder, 'repositories', 'repository.git')]);
  await promisify(execFile)('git', ['-C', join(folder, 'repositories', 'repository.git'), 'config', 'http.receivepack', 'true']);
  const repositories = await startGitServer({ folder: join(folder, 'repositories'), username: 'gateway', password: 'the-git-password' });
  servers.push(
    createHttps({ key: await read('localhost.key'), cert: await read('localhost.pem') }, (request, response) => {
      const { method, url, headers } = request;
      const inner = requestHttp({ port: repositories.port, host: '127.0.0.1', method, path: url, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
      });
      request.pipe(inner);
    }),
  );
  const [https = 0, unknown = 0, http = 0, echo = 0, git = 0] = await Promise.all(servers.map(listen));
  const ports = { https, unknown, http, echo, git };
  const [port, adminPort] = [await freePort(), await freePort()];
  const stopTarget = async (): Promise<void> => {
    for (const server of servers) {
      (server as Partial<ReturnType<typeof createHttp>>).closeAllConnections?.();
      server.close();
    }
    await repositories.stop();
  };
  const env = { SERVICE_TOKEN: 'the-service-token', GIT_PASSWORD: 'the-git-password' };
  const site = await serveSite({ folder, text: configuration(port, adminPort, ports), port, adminPort, env, stopTarget });
  const ca = join(folder, 'forward-ca.pem');
  await writeFile(ca, (await site.run(['ca', 'forward'])).stdout);
  return {
    ...{ ...site, ca, ports, reached },
    proxy: (token) => `http://alice:${token}@127.0.0.1:${port}`,
    connect: (authority, login, behind) => ask(port, authority, login, behind).answered,
    asking: (authority, login) => ask(port, authority, login),
    async until(so) {
      const giveUp = Date.now() + 30_000;
      while (!(await so())) if (Date.now() > giveUp) throw new Error('it did not become so');
    },
    program: runProgram,
    sessions: (target) => endedSessions(site, target),
  };
}

function ask(port: number, authority: string, login: string, behind = ''): Asking {
  const socket = connectTcp({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => undefined);
  const proof = Buffer.from(login).toString('base64');
  socket.write(`CONNECT ${authority} HTTP/1.1\r\nhost: ${authority}\r\nproxy-authorization: Basic ${proof}\r\n\r\n${behind}`);
  return { socket, answered: answerOn(socket) };
}

async function answerOn(socket: Socket): Promise<Connected> {
  let read = Buffer.alloc(0);
  while (!read.includes('\r\n\r\n')) {
    const part = socket.read() as Buffer | null;
    if (part !== null) read = Buffer.concat([read, part]);
    else if (socket.readableEnded || socket.destroyed) break;
    else await Promise.race([once(socket, 'readable'), once(socket, 'end'), once(socket, 'close')]);
  }
  const end = read.indexOf('\r\n\r\n') + 4;
  if (read.length > end) socket.unshift(read.subarray(end));
  const head = read.subarray(0, end).toString();
  const rest = async (): Promise<string> => {
    const parts: Buffer[] = [];
    for await (const part of socket.iterator({ destroyOnReturn: false })) parts.push(part as Buffer);
    return Buffer.concat(parts).toString();
  };
  return { status: Number(head.split(' ')[1]), head, socket, rest };
}

async function tell(request: IncomingMessage, response: ServerResponse, reached: string[]): Promise<void> {
  reached.push(`${request.method} ${request.url}`);
  let body = 0;
  for await (const chunk of request) body += (chunk as Buffer).length;
  response.setHeader('content-type', 'application/json');
  const signedIn = request.headers.authorization === 'Bearer the-service-token';
  response.end(JSON.stringify({ method: request.method, url: request.url, headers: request.headers, body, signedIn }));
}

async function listen(server: Server): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return (server.address() as AddressInfo).port;
}

function configuration(port: number, adminPort: number, { https, unknown, http, echo, git }: ForwardSite['ports']): string {
  const ca = join(CERTIFICATES, 'ca.pem');
  const listening = `protocol: http, listen: "127.0.0.1:${port}"`;
  return `
data_dir: ./data
admin: { listen: 127.0.0.1:${adminPort} }
identity:
  users:
    alice: { groups: [developers] }
    bob: { groups: [developers] }
    carol: { groups: [developers] }
    dana: { groups: [leads] }
targets:
  service: { ${listening}, address: "localhost:${https}", forward: true, hosts: ["127.0.0.1:${https}", "api.invalid:${https}"], ca: ${ca}, credentials: { token: "\${env:SERVICE_TOKEN}" } }
  unproven: { ${listening}, address: "localhost:${unknown}", forward: true }
  plain: { ${listening}, address: "localhost:${http}", tls: disable, forward: true }
  bytes: { ${listening}, address: "localhost:${echo}", tls: disable, forward: tunnel }
  later: { ${listening}, address: "127.0.0.1:${echo}", tls: disable, forward: tunnel, hold_seconds: 0 }
  repositories: { ${listening}, address: "localhost:${git}", forward: true, ca: ${ca}, credentials: { username: gateway, password: "\${env:GIT_PASSWORD}" } }
  rest: { ${listening}, address: "rest.invalid", forward: tunnel, hosts: ["*", "*:${echo}", "localhost:${port}", "localhost:1"] }
access:
  - { groups: [developers], targets: "*" }
rules:
  - { name: tunnels, match: { verb: CONNECT, users: alice }, action: allow }
  - { name: asked for, match: { verb: CONNECT, users: carol }, action: hold, approval: { groups: [leads] } }
  - { name: no deletes, match: { verb: DELETE }, action: deny, message: nothing is deleted here }
recording: { durability: fast }
`;
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
