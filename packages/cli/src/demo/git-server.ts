import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CliError } from '../exit.ts';

export interface GitServerOptions {
  /** Where the repositories are. */
  readonly folder: string;
  /** What a client has to sign in with. */
  readonly username: string;
  readonly password: string;
  /** Default: a free one. */
  readonly port?: number;
  /** Told of each request that was let in. */
  readonly onRequest?: (request: IncomingMessage) => void;
}

export interface GitServer {
  readonly port: number;
  stop(): Promise<void>;
}

const HEAD_END = '\r\n\r\n';
/** What a CGI program may say before its body. */
const LONGEST_HEAD = 64 * 1024;

/**
 * Serves Git repositories over HTTP on a port of the loopback interface, with git's own CGI program.
 * https://git-scm.com/docs/git-http-backend
 */
export async function startGitServer(options: GitServerOptions): Promise<GitServer> {
  const server = createServer((request, response) => {
    serveGit(request, response, options).catch(() => response.destroy());
  });
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Answers one request of Git's. */
export async function serveGit(request: IncomingMessage, response: ServerResponse, options: GitServerOptions): Promise<void> {
  if (!signedIn(request, options)) {
    request.resume();
    response.writeHead(401, { 'www-authenticate': 'Basic realm="git"', 'content-type': 'text/plain' }).end('Sign in.\n');
    return;
  }
  options.onRequest?.(request);
  const backend = spawn('git', ['http-backend'], { env: environment(request, options) });
  response.once('close', () => backend.kill());
  backend.stdin.on('error', () => undefined); // it may leave before it has read everything
  backend.stderr.resume();
  request.pipe(backend.stdin);
  await answer(backend, response);
}

function signedIn({ headers }: IncomingMessage, { username, password }: GitServerOptions): boolean {
  const wanted = Buffer.from(`Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`);
  const shown = Buffer.from(headers.authorization ?? '');
  return shown.length === wanted.length && timingSafeEqual(shown, wanted);
}

/** https://www.rfc-editor.org/rfc/rfc3875#section-4.1 */
function environment({ headers, method, url }: IncomingMessage, { folder, username }: GitServerOptions): Record<string, string> {
  const [path = '', query = ''] = (url ?? '').split('?', 2);
  const given = {
    CONTENT_TYPE: headers['content-type'],
    CONTENT_LENGTH: headers['content-length'],
    HTTP_CONTENT_ENCODING: headers['content-encoding'],
    GIT_PROTOCOL: headers['git-protocol']?.toString(),
  };
  return {
    PATH: process.env['PATH'] ?? '',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_PROJECT_ROOT: folder,
    GIT_HTTP_EXPORT_ALL: '1',
    GATEWAY_INTERFACE: 'CGI/1.1',
    REMOTE_USER: username,
    REMOTE_ADDR: '127.0.0.1',
    REQUEST_METHOD: method ?? '',
    PATH_INFO: decodeURIComponent(path),
    QUERY_STRING: query,
    ...Object.fromEntries(Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))),
  };
}

async function answer(backend: ChildProcessWithoutNullStreams, response: ServerResponse): Promise<void> {
  let head = Buffer.alloc(0);
  for await (const chunk of backend.stdout as AsyncIterable<Buffer>) {
    if (response.headersSent) {
      await write(response, chunk);
      continue;
    }
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf(HEAD_END);
    if (end < 0 && head.length > LONGEST_HEAD) throw new CliError('git http-backend answered without an end of its head.');
    if (end < 0) continue;
    writeHead(response, head.toString('latin1', 0, end));
    await write(response, head.subarray(end + HEAD_END.length));
  }
  if (!response.headersSent) response.writeHead(502);
  response.end();
}

/** https://www.rfc-editor.org/rfc/rfc3875#section-6.3 */
function writeHead(response: ServerResponse, head: string): void {
  for (const line of head.split('\r\n')) {
    const [, name = '', value = ''] = /^([^:]+): *(.*)$/.exec(line) ?? [];
    if (name.toLowerCase() === 'status') response.statusCode = Number.parseInt(value, 10);
    else response.setHeader(name, value);
  }
  response.flushHeaders();
}

/** @returns a promise where the next piece must wait. */
function write(response: ServerResponse, chunk: Buffer): Promise<void> | undefined {
  if (response.write(chunk) || response.destroyed) return undefined;
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.on('drain', done).on('close', done);
  });
}
