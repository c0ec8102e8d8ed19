import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Store } from '@sallyport/core';
import { mintToken, openKeys } from '@sallyport/identity';
import { describeSession } from '@sallyport/recording';
import { openStore } from '@sallyport/store';
import { pino } from 'pino';
import { Gateway, loadConfig } from '../src/index.ts';
import { lineProtocol } from './line-protocol.ts';

const protocols = [lineProtocol()];
export let folder: string;
export let file: string;
let echo: Server;
export let store: Store;
export let gateway: Gateway;
export let ports: { readonly listen: number; readonly admin: number };
/** What the target heard. */
export const reached: string[] = [];
/** What the gateway logged, from warnings on. */
export const logged: string[] = [];
/** The gateway’s connections to the target. */
export const connections = new Set<Socket>();

/** A gateway with an echo behind it for each test of the file that calls this. */
export function serveEach(): void {
  beforeEach(begin);
  afterEach(end);
}

async function begin(): Promise<void> {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-gateway-'));
  file = join(folder, 'sallyport.yaml');
  reached.length = 0;
  logged.length = 0;
  connections.clear();
  echo = createServer((socket) => {
    connections.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      reached.push(data.toString().trim());
      socket.write(`ok ${data.toString()}`);
    });
  });
  await once(echo.listen(0, '127.0.0.1'), 'listening');
  ports = { listen: await freePort(), admin: await freePort() };
  await writeFile(file, yaml());
  store = await openStore({ dataDir: join(folder, 'data'), mode: 'serve' });
  await restart();
}

/** Starts the gateway, after a drain or the first time. @param instead the store from then on */
export async function restart(instead: Store = store): Promise<void> {
  store = instead;
  gateway = await start();
}

async function start(): Promise<Gateway> {
  const load = () => loadConfig(file, protocols);
  const made = await Gateway.create({
    config: await load(),
    loadConfig: load,
    store,
    protocols,
    log: pino({ level: 'warn' }, { write: (line) => void logged.push(line) }),
    version: 'test',
  });
  await made.start();
  return made;
}

async function end(): Promise<void> {
  await gateway.drain(0);
  await store.close();
  echo.close();
  await rm(folder, { recursive: true });
}

export function yaml(): string {
  return `
data_dir: ./data
demo: true
admin: { listen: 127.0.0.1:${ports.admin} }
identity:
  users:
    alice: { groups: [developers] }
    dana: { groups: [dba] }
    mallory: { groups: [guests] }
targets:
  echo:
    protocol: lines
    listen: 127.0.0.1:${ports.listen}
    address: 127.0.0.1:${(echo.address() as AddressInfo).port}
    tls: disable
    credentials: { username: app, password: demo }
access:
  - { groups: [developers], targets: ["*"] }
rules:
  - name: schema changes need a DBA
    match: { class: [ddl] }
    action: hold
    approval: { groups: [dba, developers], timeout: 1m }
`;
}

export function entry(type: string) {
  return { type, at: Date.now(), session: null, body: JSON.stringify({ type, at: Date.now() }), signature: Buffer.alloc(0) };
}

export async function token(user: string, can: 'approve'[] = []): Promise<string> {
  const keys = await openKeys(join(folder, 'data'));
  const minted = await mintToken({ user, ttl: 3_600_000, can }, keys, Date.now());
  await store.tokens.insert(minted.row, entry('token.minted'));
  return minted.token;
}

/** @param user '' to say nothing yet. */
export async function dial(user: string, secret: string) {
  const socket = connect(ports.listen, '127.0.0.1');
  const lines = createInterface(socket)[Symbol.asyncIterator]();
  const line = async (): Promise<string> => String((await lines.next()).value);
  if (user !== '') socket.write(`${user} ${secret}\n`);
  return {
    line,
    reset: () => void socket.resetAndDestroy(),
    say(text: string): Promise<string> {
      socket.write(`${text}\n`);
      return line();
    },
    async leave(): Promise<void> {
      if (!socket.closed) {
        const closed = once(socket, 'close');
        socket.end();
        await closed;
      }
      // The seal is written after the client has been let go.
      await new Promise((resolve) => setTimeout(resolve, 100));
    },
  };
}

export async function signIn(user: string, secret: string) {
  const client = await dial(user, secret);
  expect(await client.line()).toBe('welcome');
  return client;
}

export async function api(path: string, bearer: string, body: unknown) {
  const response = await fetch(`http://127.0.0.1:${ports.admin}/api/v1${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as unknown };
}

export async function get(path: string, bearer: string): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${ports.admin}/api/v1${path}`, { headers: { authorization: `Bearer ${bearer}` } });
  return response.json();
}

export async function decide(id: string, bearer: string, verdict = 'approve', reason = '') {
  const { status, body } = await api(`/approvals/${id}`, bearer, { verdict, reason });
  return { status, code: (body as { error?: { code: string } }).error?.code };
}

/** The session there was. Its client is gone, so it is being sealed if it is not yet. */
export async function endedSession() {
  for (;;) {
    const session = await onlySession();
    if (session.sealed) return session;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

export async function onlySession() {
  const [row] = await store.sessions.list({});
  const session = await describeSession(store, row?.id ?? '');
  if (session === undefined) throw new Error('no session');
  return session;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
